/** Rules of a node as the interface shows them: a line each, with the Service and field they come from. */
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import type { NftablesRuleset, NftablesTable, Ruleset } from '../../../app/ruleset/model.ts';
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

const ofWritten = new WeakMap<object, ShownChain>();

/** As `shownChains`, of a ruleset that the engine wrote: a chain that is the same object is shown as the same one. */
export function shownAsWritten(ruleset: Ruleset): ShownChain[] {
  return chainsAlone(ruleset).flatMap(([chain, alone]) => {
    const shown = ofWritten.get(chain) ?? shownChains(alone)[0];
    if (!shown) return [];
    ofWritten.set(chain, shown);
    return shown;
  });
}

/** Each chain, set and map, and a ruleset of it alone. */
function chainsAlone(ruleset: Ruleset): [object, Ruleset][] {
  if (ruleset.kind === 'iptables') {
    return ruleset.tables.flatMap((table) =>
      table.chains.map((chain): [object, Ruleset] => [
        chain,
        { ...ruleset, tables: [{ ...table, chains: [chain] }] },
      ]),
    );
  }
  return ruleset.tables.flatMap((table) => {
    const empty = { ...table, chains: [], sets: [], maps: [] };
    return [
      ...table.chains.map((chain): [object, Ruleset] => [chain, alone({ ...empty, chains: [chain] })]),
      ...table.sets.map((set): [object, Ruleset] => [set, alone({ ...empty, sets: [set] })]),
      ...table.maps.map((map): [object, Ruleset] => [map, alone({ ...empty, maps: [map] })]),
    ];
  });

  function alone(table: NftablesTable): Ruleset {
    return { ...(ruleset as NftablesRuleset), tables: [table] };
  }
}
