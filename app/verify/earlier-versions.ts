/** What earlier versions of kube-proxy, from 1.20 on, wrote otherwise than today's: no hand has changed it. */
import type { IptablesRule } from '../ruleset/model.ts';

/** Added to the words of a finding. */
export const OF_EARLIER_VERSION = ', of an earlier kube-proxy';

/** To 1.23 one chain did what KUBE-EXT and KUBE-SVL do now. */
export function isEarlierChain(chain: string): boolean {
  return chain.startsWith('KUBE-XLB-');
}

const EARLIER_COMMENTS: readonly RegExp[] = [
  /^kubernetes forwarding conntrack pod (?:source|destination) rule$/,
  /^Redirect pods trying to reach external loadbalancer VIP to clusterIP$/,
  /^(?:masquerade|route) LOCAL traffic for \S+ LB IP/,
  /^Balancing rule \d+ for /,
];

/** Whether today's kube-proxy writes no such rule into the chain, and an earlier one did. */
export function isEarlierRule(chain: string, { matches, target }: IptablesRule): boolean {
  const next = target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : undefined;
  if (next !== undefined && (next === 'KUBE-MARK-DROP' || isEarlierChain(next))) return true;
  // Now the Services' own chains mark.
  if (next === 'KUBE-MARK-MASQ' && (chain === 'KUBE-SERVICES' || chain === 'KUBE-NODEPORTS')) return true;
  return matches.some(
    (match) => match.kind === 'comment' && EARLIER_COMMENTS.some((comment) => comment.test(match.text)),
  );
}
