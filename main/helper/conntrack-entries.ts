import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { ConntrackFlow } from './node-protocol.ts';

const PROTOCOLS: Record<string, ConntrackFlow['protocol']> = { udp: 'udp', sctp: 'sctp', tcp: 'tcp' };

/**
 * Reads what `conntrack -L` prints: a line an entry, the original direction's `src= dst= sport= dport=`
 * first, the reply's after it. Lines without ports are passed over. Gives at most so many.
 */
export function parseConntrack(
  text: string,
  family: IPFamily,
  most = Number.POSITIVE_INFINITY,
): ConntrackFlow[] {
  const flows: ConntrackFlow[] = [];
  for (const line of text.split('\n')) {
    if (flows.length >= most) break;
    const protocol = PROTOCOLS[line.trim().split(/\s+/)[0] ?? ''];
    const tuples = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
    const [original, reply] = tuples;
    if (!protocol || !original || !reply) continue;
    flows.push({
      family,
      protocol,
      source: original[1] ?? '',
      destination: original[2] ?? '',
      sourcePort: Number(original[3]),
      destinationPort: Number(original[4]),
      replySource: reply[1] ?? '',
      replySourcePort: Number(reply[3]),
    });
  }
  return flows;
}

/** How many entries `conntrack -L` printed, those without ports included. */
export function entriesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
