/**
 * How the rules on a node differ from the wanted ones, chain by chain, in terms of Services and rules.
 *
 * Only what is kube-proxy's is compared (see ownership.ts). Chains that all Services share are compared as
 * sets; in all others order counts.
 */
import { printRuleBody } from './iptables-print.ts';
import type { IptablesChain, IptablesRule, IptablesRuleset } from './model.ts';
import {
  isLocalnetProtection,
  isOurChain,
  isOurJump,
  isSharedChain,
  isSharedWithKubelet,
  KUBELET_SHARED_CHAIN,
  mustBeLast,
} from './ownership.ts';

export interface ChainDifference {
  readonly table: string;
  readonly chain: string;
  /** Whether the chain is missing on the node, is there without reason, or differs in its rules. */
  readonly kind: 'missing' | 'unwanted' | 'different';
  readonly missing: readonly IptablesRule[];
  readonly unwanted: readonly IptablesRule[];
  /** The rules are the right ones in the wrong order. */
  readonly reordered: boolean;
  /** `namespace/name` of the Services whose rules differ, as far as the rules tell. */
  readonly services: readonly string[];
}

/** @returns nothing when the node has exactly the wanted rules. */
export function diffIptables(present: IptablesRuleset, wanted: IptablesRuleset): ChainDifference[] {
  const presentChains = ownChains(present);
  const wantedChains = ownChains(wanted);
  const keys = new Set([...wantedChains.keys(), ...presentChains.keys()]);
  return [...keys].flatMap((key) => {
    const difference = diffChain(presentChains.get(key), wantedChains.get(key));
    return difference ? [difference] : [];
  });
}

/** One line per rule, `+` for what is missing and `-` for what is unwanted, under its table and chain. */
export function formatDifference(difference: ChainDifference): string {
  const { table, chain, kind, missing, unwanted, reordered, services } = difference;
  const about = services.length > 0 ? ` (${services.join(', ')})` : '';
  const words = { missing: 'is missing', unwanted: 'should not be there', different: 'differs' };
  return [
    `${table} ${chain} ${words[kind]}${about}`,
    ...unwanted.map((rule) => `- ${printRuleBody(rule)}`),
    ...missing.map((rule) => `+ ${printRuleBody(rule)}`),
    ...(reordered ? ['  the same rules in another order'] : []),
  ].join('\n');
}

interface OwnChain {
  readonly table: string;
  readonly chain: IptablesChain;
  /** Only those that are ours. */
  readonly rules: readonly IptablesRule[];
  readonly isBuiltIn: boolean;
}

function ownChains(ruleset: IptablesRuleset): Map<string, OwnChain> {
  const chains = new Map<string, OwnChain>();
  for (const { name: table, chains: all } of ruleset.tables) {
    for (const chain of all) {
      const isBuiltIn = chain.policy !== undefined;
      const isKubelets = chain.name === KUBELET_SHARED_CHAIN;
      if (!isBuiltIn && !isKubelets && !isOurChain(chain.name)) continue;
      const isOurs = isBuiltIn ? isOurJump : isKubelets ? isLocalnetProtection : () => true;
      const rules = chain.rules.filter(isOurs);
      if (isBuiltIn && rules.length === 0) continue;
      chains.set(`${table} ${chain.name}`, { table, chain, rules, isBuiltIn });
    }
  }
  return chains;
}

function diffChain(present: OwnChain | undefined, wanted: OwnChain | undefined): ChainDifference | undefined {
  const either = wanted ?? present;
  if (either === undefined) return undefined;
  // Without a kube-proxy that wants it, it is the kubelet's alone.
  if (wanted === undefined && either.chain.name === KUBELET_SHARED_CHAIN) return undefined;
  const missing = without(wanted?.rules ?? [], present?.rules ?? []);
  const unwanted = without(present?.rules ?? [], wanted?.rules ?? []).filter(
    (rule) => !isSharedWithKubelet(rule),
  );
  const { table, chain, isBuiltIn } = either;
  const isWhole = !isBuiltIn && (present === undefined || wanted === undefined);
  const reordered = missing.length === 0 && unwanted.length === 0 && isReordered(present, wanted);
  if (!isWhole && missing.length === 0 && unwanted.length === 0 && !reordered) return undefined;
  return {
    table,
    chain: chain.name,
    kind: isWhole ? (present === undefined ? 'missing' : 'unwanted') : 'different',
    missing,
    unwanted,
    reordered,
    services: [...new Set([...missing, ...unwanted].flatMap(serviceOfRule))],
  };
}

/** The rules of one list that the other has not, each counted as often as it is there. */
function without(rules: readonly IptablesRule[], others: readonly IptablesRule[]): IptablesRule[] {
  const counts = new Map<string, number>();
  for (const rule of others) counts.set(printRuleBody(rule), (counts.get(printRuleBody(rule)) ?? 0) + 1);
  return rules.filter((rule) => {
    const body = printRuleBody(rule);
    const count = counts.get(body) ?? 0;
    counts.set(body, count - 1);
    return count <= 0;
  });
}

function isReordered(present: OwnChain | undefined, wanted: OwnChain | undefined): boolean {
  if (present === undefined || wanted === undefined) return false;
  const considered = isSharedChain(wanted.chain.name) ? (rule: IptablesRule) => mustBeLast(rule) : () => true;
  const inOrder = ({ rules, isBuiltIn }: OwnChain): readonly IptablesRule[] =>
    isBuiltIn ? rules.filter((rule) => !isSharedWithKubelet(rule)) : rules;
  const others = inOrder(present);
  return inOrder(wanted).some((rule, index) => {
    const other = others[index];
    return considered(rule) && (other === undefined || printRuleBody(rule) !== printRuleBody(other));
  });
}

/** The Service a rule is for: as it was built, else as its comment says. */
export function serviceOfRule(rule: IptablesRule): string[] {
  if (rule.service) return [`${rule.service.namespace}/${rule.service.name}`];
  for (const match of rule.matches) {
    if (match.kind !== 'comment') continue;
    const [, service] = /(?:^|\b(?:for|to) )([a-z0-9-]+\/[a-z0-9.-]+)/.exec(match.text) ?? [];
    if (service !== undefined) return [service];
  }
  return [];
}
