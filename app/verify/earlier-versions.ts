/** What earlier versions of kube-proxy, from 1.20 on, wrote otherwise than today's: no hand has changed it. */
import type { IptablesRule, NftablesRule } from '../ruleset/model.ts';

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

/** Of the nftables mode's first versions, from 1.29 on. */
const EARLIER_NFTABLES_CHAINS: ReadonlySet<string> = new Set([
  'mark-for-masquerade',
  'endpoints-check',
  'filter-prerouting',
  'filter-output-post-dnat',
]);

export function isEarlierNftablesChain(chain: string): boolean {
  return EARLIER_NFTABLES_CHAINS.has(chain);
}

/** By chain, and in any: what today's kube-proxy writes nowhere. */
const EARLIER_NFTABLES_RULES: readonly [chain: RegExp, expression: RegExp][] = [
  [/^/, /\bjump (?:mark-for-masquerade|endpoints-check)$/],
  // Each endpoint had a chain of its own.
  [/^(?:service|local)-/, /^numgen random mod \d+ vmap \{ 0 : goto endpoint-/],
  [/^masquerading$/, /^meta mark & 0x[0-9a-f]+ == 0x0+ return$/],
  [/^masquerading$/, /^meta mark set meta mark \^ 0x[0-9a-f]+$/],
  [/^masquerading$/, /^masquerade(?: fully-random)?$/],
  [/^filter-output$/, /^ct state new jump firewall-check$/],
];

export function isEarlierNftablesRule(chain: string, { expression }: NftablesRule): boolean {
  return EARLIER_NFTABLES_RULES.some(([place, text]) => place.test(chain) && text.test(expression));
}

/** What kube-proxy writes under another configuration, or for other networks of Services. */
const TO_NODE_PORTS = /\bvmap @(?:service-nodeports|no-endpoint-nodeports)$/;
const OTHER_CLUSTER_IPS = 'Drop traffic to unallocated ClusterIPs';

/** Whether kube-proxy, today's or an earlier one, writes such a rule into its own table. */
export function isKubeProxysNftablesRule(chain: string, rule: NftablesRule): boolean {
  return (
    isEarlierNftablesRule(chain, rule) ||
    TO_NODE_PORTS.test(rule.expression) ||
    rule.comment === OTHER_CLUSTER_IPS
  );
}
