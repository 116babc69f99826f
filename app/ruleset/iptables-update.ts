/**
 * The smallest inputs of `iptables-restore --noflush` (`ip6tables-restore` for IPv6) that bring a node from
 * the rules it has to the wanted ones.
 *
 * Each table is one transaction: what goes and what comes change places at once, also when the mode or the
 * dialect changes. A change too large for that comes in steps (iptables-phases.ts). Nothing that is not
 * kube-proxy's is touched (see ownership.ts).
 */
import { editForeignChain, editSharedChain } from './chain-edit.ts';
import { declaration, type TableChanges, tableInput, updateInPhases } from './iptables-phases.ts';
import { BUILT_IN_CHAINS, printRule, printRuleBody } from './iptables-print.ts';
import type { IptablesChain, IptablesRule, IptablesRuleset, IptablesTable } from './model.ts';
import {
  isLocalnetProtection,
  isOurChain,
  isOurJump,
  isSharedChain,
  KUBELET_SHARED_CHAIN,
} from './ownership.ts';
import { iptablesLineSize, SMALL_TRANSACTION, totalSize } from './transaction-size.ts';

/**
 * @param present what the node holds, foreign chains and rules included, as parsed from iptables-save; or what
 * was written last, when nobody else is expected to have touched it.
 * @param wanted the complete ruleset that shall be there; no tables at all to take everything away.
 * @param limit how much one transaction may hold, see transaction-size.ts.
 * @returns the inputs in the order in which they are to be written: one, when no table's change is too large for
 * a transaction, and none when nothing is to change.
 */
export function updateIptables(
  present: IptablesRuleset,
  wanted: IptablesRuleset,
  limit = SMALL_TRANSACTION,
): string[] {
  const tables = TABLE_ORDER.flatMap((name): TableChanges[] => {
    const has = (table: IptablesTable): boolean => table.name === name;
    const [before, after] = [present.tables.find(has), wanted.tables.find(has)];
    if (before === undefined && after === undefined) return [];
    const empty: IptablesTable = { name, chains: [] };
    return [diffTable(before ?? empty, after ?? empty)];
  });
  const whole = tables.map((changes) => ({ name: changes.name, lines: tableLines(changes) }));
  if (whole.some(({ lines }) => totalSize(lines, iptablesLineSize) > limit)) {
    return updateInPhases(tables, limit);
  }
  const text = whole.map(({ name, lines }) => tableInput(name, lines)).join('');
  return text === '' ? [] : [text];
}

/** As kube-proxy writes them: when endpoints come, the filter table stops refusing before nat sends there. */
const TABLE_ORDER = ['mangle', 'filter', 'nat'];

/** Everything at once: chains first, because rules lead to them; deletions last, when nothing does any more. */
function tableLines({ chains, jumps, emptied, deleted }: TableChanges): string[] {
  return [
    ...chains.filter(({ isDeclared }) => isDeclared).map(({ name }) => declaration(name)),
    ...emptied.map(declaration),
    ...chains.flatMap(({ lines }) => lines),
    ...jumps,
    ...deleted.map((name) => `-X ${name}`),
  ];
}

function diffTable(present: IptablesTable, wanted: IptablesTable): TableChanges {
  const changes: TableChanges = { name: present.name, chains: [], jumps: [], emptied: [], deleted: [] };
  const has = byName(present);
  const wants = byName(wanted);
  const builtIn = BUILT_IN_CHAINS[present.name] ?? [];
  for (const chain of wanted.chains) {
    const { name } = chain;
    if (isOurChain(name)) updateOwnChain(changes, has.get(name), chain);
    else if (name === KUBELET_SHARED_CHAIN) updateKubeletChain(changes, has.get(name), chain);
    else if (!builtIn.includes(name)) throw new Error(`chain ${name} is not one of kube-proxy's`);
  }
  const keepsKubeletChain =
    !wants.has(KUBELET_SHARED_CHAIN) && holdsForeignRules(has.get(KUBELET_SHARED_CHAIN));
  const isOurs = (rule: IptablesRule): boolean =>
    isOurJump(rule) && !(keepsKubeletChain && jumpsTo(rule, KUBELET_SHARED_CHAIN));
  for (const name of builtIn) {
    const jumps = wants.get(name)?.rules ?? [];
    changes.jumps.push(...editForeignChain(name, has.get(name)?.rules ?? [], { wanted: jumps, isOurs }));
  }
  removeChains(changes, present, wants);
  return changes;
}

type ChainsByName = Map<string, IptablesChain>;

function byName(table: IptablesTable): ChainsByName {
  return new Map(table.chains.map((chain) => [chain.name, chain]));
}

/** Above this share of changed rules a shared chain is written anew; below, line by line. */
const REWRITE_SHARE = 0.5;

function updateOwnChain(
  { chains }: TableChanges,
  present: IptablesChain | undefined,
  { name, rules: wanted }: IptablesChain,
): void {
  if (present && (present.rules === wanted || sameRules(present.rules, wanted))) return;
  const before = present?.rules;
  if (before && isSharedChain(name)) {
    const edit = editSharedChain(name, before, wanted);
    if (edit && edit.length <= wanted.length * REWRITE_SHARE) {
      chains.push({ name, before, wanted, isDeclared: false, lines: edit });
      return;
    }
  }
  const lines = wanted.map((rule) => printRule(name, rule));
  chains.push({ name, before, wanted, isDeclared: true, lines });
}

/** Only our one rule comes and goes in the kubelet's chain. */
function updateKubeletChain(
  { chains }: TableChanges,
  present: IptablesChain | undefined,
  { name, rules: wanted }: IptablesChain,
): void {
  const before = present?.rules;
  const lines = editForeignChain(name, before ?? [], { wanted, isOurs: isLocalnetProtection });
  chains.push({ name, before, wanted, isDeclared: before === undefined, lines });
}

/** Whether the kubelet's chain holds more than our rule, and so stays with its jumps when we go. */
function holdsForeignRules(chain: IptablesChain | undefined): boolean {
  return (chain?.rules ?? []).some((rule) => !isLocalnetProtection(rule));
}

/**
 * Deletes our chains that are not wanted any more. A chain that a foreign rule jumps to cannot be deleted:
 * it is emptied.
 */
function removeChains(changes: TableChanges, present: IptablesTable, wanted: ChainsByName): void {
  const unwanted = present.chains.filter(({ name }) => !wanted.has(name));
  const gone = unwanted.filter(({ name }) => isOurChain(name));
  const held = foreignDestinations(present);
  for (const { name, rules } of gone) {
    // Emptied even where it is deleted, lest a rule in it keep another chain from being deleted.
    if (rules.length > 0) changes.emptied.push(name);
    if (!held.has(name)) changes.deleted.push(name);
  }
  const kubelet = unwanted.find(({ name }) => name === KUBELET_SHARED_CHAIN);
  if (kubelet === undefined) return;
  const edit = { wanted: [], isOurs: isLocalnetProtection };
  changes.jumps.push(...editForeignChain(kubelet.name, kubelet.rules, edit));
  if (!holdsForeignRules(kubelet) && !held.has(kubelet.name)) changes.deleted.push(kubelet.name);
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
