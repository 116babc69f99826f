/**
 * A change of kube-proxy's table that is too large for one transaction, in parts: at no moment is a Service that
 * has endpoints refused or led into a chain that is not filled, and when the rest never comes the table is as
 * right as after the last part that did.
 */
import type { NftablesChain, NftablesRule, NftablesTable } from './model.ts';
import {
  addChain,
  addElement,
  addRule,
  addSetOrMap,
  deleteChain,
  deleteElement,
  deleteSetOrMap,
  flushChain,
} from './nft-commands.ts';
import { keyOf, type PlacedElement, type SetChanges } from './nft-update-sets.ts';
import { apart, type Unit } from './transaction-size.ts';

export interface ChainChanges {
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

export interface TableEdit {
  readonly present: NftablesTable;
  readonly wanted: NftablesTable;
  readonly sets: SetChanges;
  readonly chains: ChainChanges;
}

/**
 * Sets and chains, what leads to them, and only then what leads nowhere any more.
 *
 * @returns commands, grouped by what must happen at once.
 */
export function editUnits(edit: TableEdit): Unit[] {
  const { wanted, sets, chains } = edit;
  const names = new Set(chains.added.map(({ name }) => name));
  const called = chains.added.filter(({ base }) => base === undefined);
  const hooked = chains.added.filter(({ base }) => base !== undefined);
  const changed = chains.written.filter(({ name }) => !names.has(name));
  const usesReplaced = ({ rules }: NftablesChain): boolean => refersTo(rules, sets.replacedNames);
  const present = byName(edit.present.chains);
  const isUser = ({ name }: NftablesChain): boolean => usesReplaced(present.get(name) ?? NO_CHAIN);
  return [
    ...apart(
      sets.added.filter(({ name }) => !sets.replacedNames.has(name)).map((set) => addSetOrMap(wanted, set)),
    ),
    ...apart(called.map((chain) => addChain(wanted, chain))),
    ...apart(called.filter((chain) => !usesReplaced(chain)).flatMap((chain) => rulesOf(edit, chain))),
    [
      ...edit.present.chains.filter(usesReplaced).map(({ name }) => flushChain(wanted, name)),
      ...replacedSets(edit),
      ...called.filter(usesReplaced).flatMap((chain) => rulesOf(edit, chain)),
      ...changed.filter(isUser).flatMap((chain) => rewrite(edit, chain)),
    ],
    ...changed.filter((chain) => !isUser(chain)).map((chain) => rewrite(edit, chain)),
    ...elementUnits(edit),
    // The kernel's hooks last, where they are new: what they look up is there by now.
    ...hooked.map((chain) => [addChain(wanted, chain), ...rulesOf(edit, chain)]),
    ...removals(edit),
  ];
}

const NO_CHAIN: NftablesChain = { name: '', rules: [] };

function byName(chains: readonly NftablesChain[]): Map<string, NftablesChain> {
  return new Map(chains.map((chain) => [chain.name, chain]));
}

function rulesOf({ wanted }: TableEdit, { name, rules }: NftablesChain): string[] {
  return rules.map((rule) => addRule(wanted, name, rule));
}

/** A chain that there is, from its old rules to the new. */
function rewrite(edit: TableEdit, chain: NftablesChain): Unit {
  const { wanted, chains } = edit;
  return [
    flushChain(wanted, chain.name),
    ...(chains.replaced.includes(chain) ? [deleteChain(wanted, chain.name), addChain(wanted, chain)] : []),
    ...rulesOf(edit, chain),
  ];
}

/** No rule may use them meanwhile. */
function replacedSets({ wanted, sets }: TableEdit): string[] {
  return sets.added
    .filter(({ name }) => sets.replacedNames.has(name))
    .flatMap((set) => [
      deleteSetOrMap(wanted, set),
      addSetOrMap(wanted, set),
      ...sets.elementsAdded
        .filter((placed) => placed.set === set.name)
        .map(({ element }) => addElement(wanted, set.name, element)),
    ]);
}

/** What refuses goes first and comes last; what only matches (sets) comes before what leads on (maps). */
function elementUnits({ wanted, sets }: TableEdit): Unit[] {
  const added = sets.elementsAdded.filter(({ set }) => !sets.replacedNames.has(set));
  const old = new Map(sets.elementsRemoved.map((placed) => [identity(placed), placed]));
  const changes = new Set(added.map(identity));
  const gone = sets.elementsRemoved.filter((placed) => !changes.has(identity(placed)));
  const add = (placed: PlacedElement): Unit => [
    ...(old.has(identity(placed)) ? [deleteElement(wanted, placed.set, placed.element)] : []),
    addElement(wanted, placed.set, placed.element),
  ];
  const remove = ({ set, element }: PlacedElement): Unit => [deleteElement(wanted, set, element)];
  return [
    ...gone.filter(refuses).map(remove),
    ...added.filter(({ element }) => element.value === undefined).map(add),
    ...added.filter((placed) => placed.element.value !== undefined && !refuses(placed)).map(add),
    ...added.filter(refuses).map(add),
    ...gone.filter((placed) => !refuses(placed)).map(remove),
  ];
}

function identity({ set, element }: PlacedElement): string {
  return `${set} ${keyOf(element)}`;
}

function refuses({ element }: PlacedElement): boolean {
  return element.value === 'drop' || element.value === 'goto reject-chain';
}

function removals({ wanted, sets, chains }: TableEdit): Unit[] {
  const kept = byName(wanted.chains);
  return apart([
    ...chains.emptied.filter((name) => !kept.has(name)).map((name) => flushChain(wanted, name)),
    ...chains.removed.filter((name) => !kept.has(name)).map((name) => deleteChain(wanted, name)),
    ...sets.removed
      .filter(({ name }) => !sets.replacedNames.has(name))
      .map((set) => deleteSetOrMap(wanted, set)),
  ]);
}

/** Whether rules use one of the sets, which then cannot be deleted before them. */
export function refersTo(rules: readonly NftablesRule[], sets: ReadonlySet<string>): boolean {
  if (sets.size === 0) return false;
  return rules.some(({ expression }) =>
    [...expression.matchAll(/@([^\s,}]+)/g)].some(([, name]) => name !== undefined && sets.has(name)),
  );
}
