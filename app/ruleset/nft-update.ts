/**
 * The smallest input of `nft -f` that brings kube-proxy's table from what it is to what it should be: one
 * transaction, one command a line, nothing but the table named in it.
 *
 * Within the table everything is kube-proxy's: what is not wanted goes. What clients are noted in affinity sets
 * stays, because it is the kernel's and not ours.
 */
import type { NftablesChain, NftablesRule, NftablesRuleset, NftablesTable } from './model.ts';
import { canonicalRule } from './nft-canonical.ts';
import {
  addChain,
  addElement,
  addRule,
  addSetOrMap,
  deleteChain,
  deleteElement,
  deleteSetOrMap,
  deleteTable,
  flushChain,
} from './nft-commands.ts';
import { createTable } from './nft-print.ts';
import { diffSets, type SetChanges } from './nft-update-sets.ts';

export interface NftUpdateOptions {
  /**
   * Kernels before 6.2 do not let go of a chain in the transaction that takes away the last map element that
   * leads there. `flush` empties such chains and leaves them to the next update; `delete`, the default, does not
   * wait.
   */
  readonly staleChains?: 'delete' | 'flush';
}

const TABLE_NAME = 'kube-proxy';

/**
 * @param present what the node holds, as parsed from `nft list`, tables of others included; or what was written
 * last, when nobody else is expected to have touched it.
 * @param wanted the complete ruleset of the same family; no tables at all to take everything away.
 * @returns the empty string when nothing is to change.
 */
export function updateNftables(
  present: NftablesRuleset,
  wanted: NftablesRuleset,
  options: NftUpdateOptions = {},
): string {
  const family = wanted.family === 'IPv4' ? 'ip' : 'ip6';
  const find = ({ tables }: NftablesRuleset): NftablesTable | undefined =>
    tables.find((table) => table.family === family && table.name === TABLE_NAME);
  const commands = updateTable(find(present), find(wanted), options);
  return commands.map((command) => `${command}\n`).join('');
}

function updateTable(
  present: NftablesTable | undefined,
  wanted: NftablesTable | undefined,
  options: NftUpdateOptions,
): string[] {
  if (wanted === undefined) return present === undefined ? [] : [deleteTable(present)];
  if (present === undefined) return createTable(wanted);
  // Another kube-proxy's table may use a name for something else, which rules of both may refer to.
  if (namesOtherThings(present, wanted)) return [deleteTable(present), ...createTable(wanted)];
  return editTable({ present, wanted, sets: diffSets(present, wanted), options });
}

function namesOtherThings(present: NftablesTable, wanted: NftablesTable): boolean {
  const chains = byName(wanted.chains);
  const isOther = present.chains.some(({ name, base }) => {
    const other = chains.get(name);
    return other !== undefined && (base === undefined) !== (other.base === undefined);
  });
  const sets = new Set(wanted.sets.map(({ name }) => name));
  const maps = new Set(wanted.maps.map(({ name }) => name));
  return (
    isOther ||
    present.sets.some(({ name }) => maps.has(name)) ||
    present.maps.some(({ name }) => sets.has(name))
  );
}

interface TableEdit {
  readonly present: NftablesTable;
  readonly wanted: NftablesTable;
  readonly sets: SetChanges;
  readonly options: NftUpdateOptions;
}

/** What is taken away first, what refers to other things before those; then what comes, the other way round. */
function editTable(edit: TableEdit): string[] {
  const { wanted, sets } = edit;
  const chains = diffChains(edit);
  const added = new Set([...chains.added, ...chains.replaced].map(({ name }) => name));
  return [
    ...sets.elementsRemoved.map(({ set, element }) => deleteElement(wanted, set, element)),
    ...chains.emptied.map((name) => flushChain(wanted, name)),
    ...chains.removed.map((name) => deleteChain(wanted, name)),
    ...sets.removed.map((set) => deleteSetOrMap(wanted, set)),
    ...sets.added.map((set) => addSetOrMap(wanted, set)),
    ...wanted.chains.flatMap((chain) => (added.has(chain.name) ? [addChain(wanted, chain)] : [])),
    ...chains.written.flatMap(({ name, rules }) => rules.map((rule) => addRule(wanted, name, rule))),
    ...sets.elementsAdded.map(({ set, element }) => addElement(wanted, set, element)),
  ];
}

interface ChainChanges {
  /** Names of chains whose rules go. */
  readonly emptied: string[];
  /** Names of chains that go themselves, all of them emptied. */
  readonly removed: string[];
  readonly added: NftablesChain[];
  /** Base chains that the kernel shall call elsewhere: they go and come again. */
  readonly replaced: NftablesChain[];
  /** Chains whose rules are to be written, all of them empty by then. */
  readonly written: NftablesChain[];
}

function diffChains({ present, wanted, sets, options }: TableEdit): ChainChanges {
  const changes: ChainChanges = { emptied: [], removed: [], added: [], replaced: [], written: [] };
  const known = byName(present.chains);
  const kept = byName(wanted.chains);
  const held = options.staleChains === 'flush' ? destinations(present) : new Set<string>();
  for (const { name, rules } of present.chains) {
    if (kept.has(name)) continue;
    if (rules.length > 0) changes.emptied.push(name);
    if (!held.has(name)) changes.removed.push(name);
  }
  for (const chain of wanted.chains) {
    const before = known.get(chain.name);
    if (before === undefined) {
      changes.added.push(chain);
      changes.written.push(chain);
      continue;
    }
    const isReplaced = !sameBase(before.base, chain.base);
    if (!isReplaced && !refersTo(before.rules, sets.replacedNames) && sameRules(before.rules, chain.rules))
      continue;
    if (before.rules.length > 0) changes.emptied.push(chain.name);
    if (isReplaced) {
      changes.removed.push(chain.name);
      changes.replaced.push(chain);
    }
    changes.written.push(chain);
  }
  return changes;
}

function byName(chains: readonly NftablesChain[]): Map<string, NftablesChain> {
  return new Map(chains.map((chain) => [chain.name, chain]));
}

/** A policy that is not told is to accept. */
function sameBase(a: NftablesChain['base'], b: NftablesChain['base']): boolean {
  return (
    a?.type === b?.type &&
    a?.hook === b?.hook &&
    a?.priority === b?.priority &&
    (a?.policy ?? 'accept') === (b?.policy ?? 'accept') &&
    a?.device === b?.device
  );
}

function sameRules(a: readonly NftablesRule[], b: readonly NftablesRule[]): boolean {
  return (
    a.length === b.length &&
    a.every((rule, index) => {
      const other = b[index];
      return other !== undefined && (rule === other || canonicalRule(rule) === canonicalRule(other));
    })
  );
}

/** Whether rules use one of the sets, which then cannot be deleted before them. */
function refersTo(rules: readonly NftablesRule[], sets: ReadonlySet<string>): boolean {
  if (sets.size === 0) return false;
  return rules.some(({ expression }) =>
    [...expression.matchAll(/@([^\s,}]+)/g)].some(([, name]) => name !== undefined && sets.has(name)),
  );
}

/** The chains that something leads to. */
function destinations({ chains, maps }: NftablesTable): Set<string> {
  const texts = [
    ...maps.flatMap(({ elements }) => elements.map(({ value = '' }) => value)),
    ...chains.flatMap(({ rules }) => rules.map(({ expression }) => expression)),
  ];
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/\b(?:goto|jump) ([^\s,}]+)/g)].map(([, name]) => name ?? '')),
  );
}
