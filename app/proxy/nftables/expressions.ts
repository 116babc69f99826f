/** What rules of the nftables mode say, in the words that nft prints. */
import type { LocalDetector } from '../detect-local.ts';
import type { NftablesContext } from './context.ts';

type Words = Pick<NftablesContext, 'ip' | 'masqueradeMark'>;

/** Marks a packet to be masqueraded when it leaves. */
export function markForMasquerade({ masqueradeMark }: Words): string {
  return `meta mark set meta mark | ${masqueradeMark}`;
}

/** Looks an address, protocol and port up in a verdict map. */
export function lookUpService({ ip }: Words, map: string): string {
  return `${ip} daddr . meta l4proto . th dport vmap @${map}`;
}

/** Looks a protocol and port up in a verdict map. */
export function lookUpNodePort(map: string): string {
  return `meta l4proto . th dport vmap @${map}`;
}

/** Not to the node's loopback addresses, where node ports do not answer in this mode. */
export function notToLoopback({ ip }: Words): string {
  return ip === 'ip' ? 'ip daddr != 127.0.0.0/8' : 'ip6 daddr != ::1';
}

/** From this node's pods, or not from them. */
export function fromPods({ ip }: Words, detector: LocalDetector, negated: boolean): string {
  const not = negated ? '!= ' : '';
  switch (detector.kind) {
    case 'cidr':
      return `${ip} saddr ${not}${detector.cidr}`;
    case 'interface':
      return `iifname ${not}"${detector.name}"`;
    case 'interface-prefix':
      return `iifname ${not}"${detector.prefix}*"`;
  }
}

/** Maps 0, 1, … to one of these values, as often to each. */
export function atRandom(kind: 'map' | 'vmap', values: readonly string[]): string {
  const elements = values.map((value, index) => `${index} : ${value}`).join(', ');
  return `numgen random mod ${values.length} ${kind} { ${elements} }`;
}

/** nft takes comments of this length at most. */
const LONGEST_COMMENT = 128;

/** A comment that nft takes; kube-proxy's own are refused when names make them too long. */
export function shortened(comment: string): string {
  return comment.length > LONGEST_COMMENT ? `${comment.slice(0, LONGEST_COMMENT - 3)}...` : comment;
}
