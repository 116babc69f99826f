/** Rules of a node as the interface shows them: a line each, with the Service and field they come from. */
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import type { Ruleset } from '../../../app/ruleset/model.ts';
import type { KnownRules } from './known-rules.ts';
import { shownIptables } from './shown-iptables.ts';
import { shownNftables } from './shown-nftables.ts';

/**
 * The chains of a ruleset in the order their tool lists them.
 *
 * @param known what is known of rules that were read from a node; without it the ruleset knows itself
 */
export function shownChains(ruleset: Ruleset, known?: KnownRules): ShownChain[] {
  return ruleset.kind === 'iptables' ? shownIptables(ruleset, known) : shownNftables(ruleset, known);
}
