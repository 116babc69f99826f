/**
 * The smallest inputs of `nft -f` that bring kube-proxy's table from what it is to what it should be: one
 * transaction, one command a line, nothing but the table named in it; or several, where the change is too large
 * for one (nft-phases.ts).
 *
 * Within the table everything is kube-proxy's: what is not wanted goes. What clients are noted in affinity sets
 * stays, because it is the kernel's and not ours.
 */
import { isDormant } from './dormant.ts';
import type { NftablesChain, NftablesRule, NftablesRuleset, NftablesTable } from './model.ts';
import { canonicalRule } from './nft-canonical.ts';
import {
  addChain,
  addElement,
  addRule,
  addSetOrMap,
  addTable,
  deleteChain,
  deleteElement,
  deleteSetOrMap,
  deleteTable,
  flushChain,
} from './nft-commands.ts';
import { type ChainChanges, editUnits, refersTo, type TableEdit } from './nft-phases.ts';
import { createTable } from './nft-print.ts';
import { diffSets, type SetChanges } from './nft-update-sets.ts';
import { nftCommandSize, packUnits, SMALL_TRANSACTION, totalSize } from './transaction-size.ts';

export interface NftUpdateOptions {
  /**
   * Kernels before 6.2 do not let go of a chain in the transaction that takes away the last map element that
   * leads there. `flush` empties such chains and leaves them to the next update; `delete`, the default, does not
   * wait.
   */
  readonly staleChains?: 'delete' | 'flush';
  /** How much one transaction may hold, see transaction-size.ts; by default what any user's may. */
  readonly limit?: number;
}

const TABLE_NAME = 'kube-proxy';

/**
 * @param present what the node holds, as parsed from `nft list`, tables of others included; or what was written
 * last, when nobody else is expected to have touched it.
 * @param wanted the complete ruleset of the same family; no tables at all to take everything away.
 * @returns the inputs in the order in which they are to be written, none when nothing is to change.
 */
export function updateNftables(
  present: NftablesRuleset,
  wanted: NftablesRuleset,
  options: NftUpdateOptions = {},
): string[] {
  const family = wanted.family === 'IPv4' ? 'ip' : 'ip6';
  const find = ({ tables }: NftablesRuleset): NftablesTable | undefined =>
    tables.find((table) => table.family === family && table.name === TABLE_NAME);
  const [before, after] = [find(present), find(wanted)];
  const commands = updateTable(before, after, options);
  if (commands.length === 0) return [];
  if (after === undefined || totalSize(commands, nftCommandSize) <= (options.limit ?? SMALL_TRANSACTION)) {
    return [nftInput(commands)];
  }
  return updateInPhases(before, after, options);
}

function updateTable(
  present: NftablesTable | undefined,
  wanted: NftablesTable | undefined,
  options: NftUpdateOptions,
): string[] {
  if (wanted === undefined) return present === undefined ? [] : [deleteTable(present)];
  if (present === undefined) return [...createTable(wanted)];
  // Another kube-proxy's table may use a name for something else, which rules of both may refer to.
  if (mustBeMadeAnew(present, wanted)) return [deleteTable(present), ...createTable(wanted)];
  return editTable(diffTable(present, wanted, options));
}

function updateInPhases(
  present: NftablesTable | undefined,
  wanted: NftablesTable,
  options: NftUpdateOptions,
): string[] {
  const isOther = present !== undefined && mustBeMadeAnew(present, wanted);
  const from = present === undefined || isOther ? { ...wanted, chains: [], sets: [], maps: [] } : present;
  const start = [
    ...(isOther ? [deleteTable(present)] : []),
    ...(present === undefined || isOther ? [addTable(wanted)] : []),
  ];
  const groups = packUnits([start, ...editUnits(diffTable(from, wanted, options))], {
    size: nftCommandSize,
    limit: options.limit ?? SMALL_TRANSACTION,
  });
  return groups.map(nftInput);
}

function nftInput(commands: readonly string[]): string {
  return commands.map((command) => `${command}\n`).join('');
}

/** A table that was switched off cannot be switched on again by one that names no flags. */
function mustBeMadeAnew(present: NftablesTable, wanted: NftablesTable): boolean {
  return isDormant(present) || namesOtherThings(present, wanted);
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

function diffTable(present: NftablesTable, wanted: NftablesTable, options: NftUpdateOptions): TableEdit {
  const sets = diffSets(present, wanted);
  return { present, wanted, sets, chains: diffChains({ present, wanted, sets, options }) };
}

/** What is taken away first, what refers to other things before those; then what comes, the other way round. */
function editTable({ wanted, sets, chains }: TableEdit): string[] {
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

interface ChainQuestion {
  readonly present: NftablesTable;
  readonly wanted: NftablesTable;
  readonly sets: SetChanges;
  readonly options: NftUpdateOptions;
}

function diffChains({ present, wanted, sets, options }: ChainQuestion): ChainChanges {
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
