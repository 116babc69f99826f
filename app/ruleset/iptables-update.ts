/**
 * The smallest input of `iptables-restore --noflush` (`ip6tables-restore` for IPv6) that brings a node from
 * the rules it has to the wanted ones.
 *
 * Each table is one transaction: what goes and what comes change places at once, also when the mode or the
 * dialect changes. Nothing that is not kube-proxy's is touched (see ownership.ts).
 */
import { editForeignChain, editSharedChain } from './chain-edit.ts';
import { BUILT_IN_CHAINS, printRule, printRuleBody } from './iptables-print.ts';
import type { IptablesChain, IptablesRule, IptablesRuleset, IptablesTable } from './model.ts';
import {
  isLocalnetProtection,
  isOurChain,
  isOurJump,
  isSharedChain,
  KUBELET_SHARED_CHAIN,
} from './ownership.ts';

/**
 * @param present what the node holds, foreign chains and rules included, as parsed from iptables-save; or what
 * was written last, when nobody else is expected to have touched it.
 * @param wanted the complete ruleset that shall be there; no tables at all to take everything away.
 * @returns the empty string when nothing is to change.
 */
export function updateIptables(present: IptablesRuleset, wanted: IptablesRuleset): string {
  const names = TABLE_ORDER.filter((name) =>
    [...present.tables, ...wanted.tables].some((table) => table.name === name),
  );
  return names
    .map((name) => {
      const empty: IptablesTable = { name, chains: [] };
      const has = (table: IptablesTable): boolean => table.name === name;
      return updateTable(present.tables.find(has) ?? empty, wanted.tables.find(has) ?? empty);
    })
    .join('');
}

/** As kube-proxy writes them: when endpoints come, the filter table stops refusing before nat sends there. */
const TABLE_ORDER = ['mangle', 'filter', 'nat'];

/** The lines of one table, by what must come first. */
interface TableCommands {
  /** `:CHAIN - [0:0]`: makes a chain, or empties it. */
  readonly declarations: string[];
  readonly rules: string[];
  /** `-X CHAIN`, when nothing leads there any more. */
  readonly deletions: string[];
}

function updateTable(present: IptablesTable, wanted: IptablesTable): string {
  const commands: TableCommands = { declarations: [], rules: [], deletions: [] };
  const has = byName(present);
  const wants = byName(wanted);
  const builtIn = BUILT_IN_CHAINS[present.name] ?? [];
  for (const chain of wanted.chains) {
    const { name } = chain;
    if (isOurChain(name)) updateOwnChain(commands, has.get(name), chain);
    else if (name === KUBELET_SHARED_CHAIN) updateKubeletChain(commands, has.get(name), chain);
    else if (!builtIn.includes(name)) throw new Error(`chain ${name} is not one of kube-proxy's`);
  }
  const keepsKubeletChain =
    !wants.has(KUBELET_SHARED_CHAIN) && holdsForeignRules(has.get(KUBELET_SHARED_CHAIN));
  const isOurs = (rule: IptablesRule): boolean =>
    isOurJump(rule) && !(keepsKubeletChain && jumpsTo(rule, KUBELET_SHARED_CHAIN));
  for (const name of builtIn) {
    const jumps = wants.get(name)?.rules ?? [];
    commands.rules.push(...editForeignChain(name, has.get(name)?.rules ?? [], { wanted: jumps, isOurs }));
  }
  removeChains(commands, present, wants);
  const lines = [...commands.declarations, ...commands.rules, ...commands.deletions];
  return lines.length === 0 ? '' : `*${present.name}\n${lines.join('\n')}\nCOMMIT\n`;
}

type ChainsByName = Map<string, IptablesChain>;

function byName(table: IptablesTable): ChainsByName {
  return new Map(table.chains.map((chain) => [chain.name, chain]));
}

/** Above this share of changed rules a shared chain is written anew; below, line by line. */
const REWRITE_SHARE = 0.5;

function updateOwnChain(
  commands: TableCommands,
  present: IptablesChain | undefined,
  wanted: IptablesChain,
): void {
  if (present && sameRules(present.rules, wanted.rules)) return;
  if (present && isSharedChain(wanted.name)) {
    const edit = editSharedChain(wanted.name, present.rules, wanted.rules);
    if (edit && edit.length <= wanted.rules.length * REWRITE_SHARE) {
      commands.rules.push(...edit);
      return;
    }
  }
  declare(commands, wanted.name);
  commands.rules.push(...wanted.rules.map((rule) => printRule(wanted.name, rule)));
}

/** Only our one rule comes and goes in the kubelet's chain. */
function updateKubeletChain(
  commands: TableCommands,
  present: IptablesChain | undefined,
  wanted: IptablesChain,
): void {
  if (present === undefined) declare(commands, wanted.name);
  const edit = { wanted: wanted.rules, isOurs: isLocalnetProtection };
  commands.rules.push(...editForeignChain(wanted.name, present?.rules ?? [], edit));
}

/** Whether the kubelet's chain holds more than our rule, and so stays with its jumps when we go. */
function holdsForeignRules(chain: IptablesChain | undefined): boolean {
  return (chain?.rules ?? []).some((rule) => !isLocalnetProtection(rule));
}

/**
 * Deletes our chains that are not wanted any more. A chain that a foreign rule jumps to cannot be deleted:
 * it is emptied.
 */
function removeChains(commands: TableCommands, present: IptablesTable, wanted: ChainsByName): void {
  const unwanted = present.chains.filter(({ name }) => !wanted.has(name));
  const gone = unwanted.filter(({ name }) => isOurChain(name));
  const held = foreignDestinations(present);
  for (const { name, rules } of gone) {
    // Emptied even where it is deleted, lest a rule in it keep another chain from being deleted.
    if (rules.length > 0) declare(commands, name);
    if (!held.has(name)) commands.deletions.push(`-X ${name}`);
  }
  const kubelet = unwanted.find(({ name }) => name === KUBELET_SHARED_CHAIN);
  if (kubelet === undefined) return;
  const edit = { wanted: [], isOurs: isLocalnetProtection };
  commands.rules.push(...editForeignChain(kubelet.name, kubelet.rules, edit));
  if (!holdsForeignRules(kubelet) && !held.has(kubelet.name)) commands.deletions.push(`-X ${kubelet.name}`);
}

/** Chains that rules lead to which are not ours. */
function foreignDestinations(table: IptablesTable): Set<string> {
  const destinations = new Set<string>();
  for (const { name, policy, rules } of table.chains) {
    if (isOurChain(name)) continue;
    for (const rule of rules) {
      const leadsTo =
        rule.target?.kind === 'jump' || rule.target?.kind === 'goto' ? rule.target.chain : undefined;
      const isRemoved = policy !== undefined && isOurJump(rule);
      if (leadsTo !== undefined && !isRemoved) destinations.add(leadsTo);
    }
  }
  return destinations;
}

function declare(commands: TableCommands, chain: string): void {
  commands.declarations.push(`:${chain} - [0:0]`);
}

function jumpsTo(rule: IptablesRule, chain: string): boolean {
  return rule.target?.kind === 'jump' && rule.target.chain === chain;
}

function sameRules(a: readonly IptablesRule[], b: readonly IptablesRule[]): boolean {
  return (
    a.length === b.length &&
    a.every((rule, index) => {
      const other = b[index];
      return other !== undefined && (rule === other || printRuleBody(rule) === printRuleBody(other));
    })
  );
}
