/**
 * A ruleset with the chains, sets and maps of the one before it wherever they say the same: what is made of a
 * chain (its update, its text, its place in a list of thousands) is then made again for those alone that changed.
 */
import type { IptablesTable, NftablesTable, Ruleset } from './model.ts';

export function keepChains(next: Ruleset, before: Ruleset | undefined): Ruleset {
  if (next.kind === 'iptables') {
    if (before?.kind !== 'iptables') return next;
    return { ...next, tables: kept(next.tables, before.tables, keepIptablesTable) };
  }
  if (before?.kind !== 'nftables') return next;
  return { ...next, tables: kept(next.tables, before.tables, keepNftablesTable) };
}

interface Named {
  readonly name: string;
}

/** @param part what of a thing may be kept, where the whole has changed */
function kept<Thing extends Named>(
  next: readonly Thing[],
  before: readonly Thing[],
  part: (next: Thing, before: Thing) => Thing = (thing) => thing,
): Thing[] {
  const known = new Map(before.map((thing) => [thing.name, thing]));
  return next.map((thing) => {
    const old = known.get(thing.name);
    if (!old) return thing;
    return sameValue(thing, old) ? old : part(thing, old);
  });
}

function keepIptablesTable(next: IptablesTable, before: IptablesTable): IptablesTable {
  return { ...next, chains: kept(next.chains, before.chains) };
}

function keepNftablesTable(next: NftablesTable, before: NftablesTable): NftablesTable {
  return {
    ...next,
    chains: kept(next.chains, before.chains),
    sets: kept(next.sets, before.sets),
    maps: kept(next.maps, before.maps),
  };
}

/** Of plain values; fields in the same order, as one builder makes them: one in another order counts as another value. */
function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const a = left as Record<string, unknown>;
  const b = right as Record<string, unknown>;
  let fields = 0;
  for (const key in a) {
    if (!sameValue(a[key], b[key])) return false;
    fields += 1;
  }
  for (const _key in b) fields -= 1;
  return fields === 0;
}
