/** The comparison of a node's rules with the wanted ones, whatever the mode. */
import type { Ruleset } from '../ruleset/model.ts';
import type { Finding } from './finding.ts';
import { verifyIptables } from './verify-iptables.ts';
import { verifyNftables } from './verify-nftables.ts';

/**
 * @param present what the node holds in one family, foreign rules included.
 * @param wanted what a kube-proxy writes, as `buildRuleset` makes it, in the same family and of the same kind.
 * @returns nothing when the node has exactly the wanted rules.
 */
export function verifyRules(present: Ruleset, wanted: Ruleset): Finding[] {
  if (present.kind === 'iptables' && wanted.kind === 'iptables') return verifyIptables(present, wanted);
  if (present.kind === 'nftables' && wanted.kind === 'nftables') return verifyNftables(present, wanted);
  throw new Error(`${present.kind} rules cannot be compared with ${wanted.kind} rules`);
}
