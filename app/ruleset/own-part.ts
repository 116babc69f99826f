import { BUILT_IN_CHAINS } from './iptables-print.ts';
import type { IptablesChain, IptablesRuleset } from './model.ts';
import { isLocalnetProtection, isOurChain, isOurJump, KUBELET_SHARED_CHAIN } from './ownership.ts';

/** What of a node's rules is kube-proxy's: its chains, the jumps into them, its one rule in the kubelet's chain. */
export function ownPart(ruleset: IptablesRuleset): IptablesRuleset {
  const tables = ruleset.tables.map(({ name: table, chains }) => ({
    name: table,
    chains: chains.flatMap((chain): IptablesChain[] => {
      if (isOurChain(chain.name)) return [chain];
      const isBuiltIn = (BUILT_IN_CHAINS[table] ?? []).includes(chain.name);
      if (!isBuiltIn && chain.name !== KUBELET_SHARED_CHAIN) return [];
      const rules = chain.rules.filter(isBuiltIn ? isOurJump : isLocalnetProtection);
      // Jumps lead to the kubelet's chain, also where it is empty, as it is for IPv6: without it they would have nowhere to go.
      if (!isBuiltIn) return [{ ...chain, rules }];
      return rules.length > 0 ? [{ ...chain, rules }] : [];
    }),
  }));
  return { ...ruleset, tables };
}
