/** What changes in a table's sets and maps, and in their elements. */
import type { NftablesElement, NftablesMap, NftablesSet, NftablesTable } from './model.ts';

type SetOrMap = NftablesSet | NftablesMap;

/** An element and the name of its set. */
export interface PlacedElement {
  readonly set: string;
  readonly element: NftablesElement;
}

export interface SetChanges {
  /** With what they were, elements and all. */
  readonly removed: SetOrMap[];
  readonly added: SetOrMap[];
  /** Those that are removed and added, because the kernel cannot change what a set is. */
  readonly replacedNames: ReadonlySet<string>;
  readonly elementsRemoved: PlacedElement[];
  readonly elementsAdded: PlacedElement[];
}

export function diffSets(present: NftablesTable, wanted: NftablesTable): SetChanges {
  const replacedNames = new Set<string>();
  const changes: SetChanges = {
    removed: [],
    added: [],
    replacedNames,
    elementsRemoved: [],
    elementsAdded: [],
  };
  const known = byName(present);
  const kept = byName(wanted);
  for (const [name, set] of known) if (!kept.has(name)) changes.removed.push(set);
  for (const [name, set] of kept) {
    const before = known.get(name);
    if (before === undefined) {
      changes.added.push(set);
      changes.elementsAdded.push(...placed(name, set.elements));
    } else if (isSameKind(before, set)) {
      if (!isKernels(set)) diffElements(changes, before, set);
    } else {
      replacedNames.add(name);
      changes.removed.push(before);
      changes.added.push(set);
      // Clients stay with their endpoints when the time they may stay is another.
      changes.elementsAdded.push(...placed(name, isKernels(set) ? clientsOf(before) : set.elements));
    }
  }
  return changes;
}

function byName({ sets, maps }: NftablesTable): Map<string, SetOrMap> {
  return new Map([...sets, ...maps].map((set) => [set.name, set]));
}

function placed(set: string, elements: readonly NftablesElement[]): PlacedElement[] {
  return elements.map((element) => ({ set, element }));
}

/** Sets that rules fill: their elements are the kernel's. */
function isKernels({ flags = [] }: SetOrMap): boolean {
  return flags.includes('dynamic');
}

function clientsOf({ elements, type }: SetOrMap): NftablesElement[] {
  return type === 'ipv4_addr' || type === 'ipv6_addr'
    ? elements.map(({ key, origin, service }) => ({ key, origin, ...(service ? { service } : {}) }))
    : [];
}

/** Whether one can become the other by its elements alone. A comment does not matter. */
function isSameKind(a: SetOrMap, b: SetOrMap): boolean {
  return (
    a.type === b.type &&
    valueType(a) === valueType(b) &&
    flagsOf(a) === flagsOf(b) &&
    a.timeout === b.timeout &&
    (a.size === undefined || b.size === undefined || a.size === b.size)
  );
}

function valueType(set: SetOrMap): string | undefined {
  return 'valueType' in set ? set.valueType : undefined;
}

/** nft's JSON does not tell that a set is dynamic. */
function flagsOf({ flags = [] }: SetOrMap): string {
  return flags
    .filter((flag) => flag !== 'dynamic')
    .sort()
    .join(',');
}

function diffElements(changes: SetChanges, before: SetOrMap, after: SetOrMap): void {
  const name = after.name;
  const known = new Map(before.elements.map((element) => [keyOf(element), element]));
  for (const element of after.elements) {
    const key = keyOf(element);
    const old = known.get(key);
    known.delete(key);
    if (old !== undefined && old.value === element.value && old.comment === element.comment) continue;
    if (old !== undefined) changes.elementsRemoved.push({ set: name, element: old });
    changes.elementsAdded.push({ set: name, element });
  }
  for (const element of known.values()) changes.elementsRemoved.push({ set: name, element });
}

export function keyOf({ key }: NftablesElement): string {
  return key.join(' . ');
}
