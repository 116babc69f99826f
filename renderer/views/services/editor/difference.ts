/** How two versions of an object differ: as edits that make one the other, and three-way as fields. */
import { isJsonObject, type JsonObject, type JsonValue, jsonEqual } from '../../../../app/kubernetes/json.ts';
import { type FieldPath, valueAt } from './field-path.ts';
import { type Edit, editObject } from './object-edit.ts';

/** Edits that make `to` of `from`, in an order in which they can be done: as few and as small as fields allow. */
export function editsBetween(from: JsonObject, to: JsonObject): Edit[] {
  const edits: Edit[] = [];
  between(from, to, { path: [], edits });
  return edits;
}

interface Place {
  readonly path: FieldPath;
  readonly edits: Edit[];
}

function between(from: JsonValue | undefined, to: JsonValue, { path, edits }: Place): void {
  if (jsonEqual(from, to)) return;
  if (Array.isArray(from) && Array.isArray(to) && from.length > 0 && to.length > 0) {
    betweenLists(from, to, { path, edits });
  } else if (isJsonObject(from) && isJsonObject(to) && (path.length <= 1 || Object.keys(to).length > 0)) {
    for (const key of Object.keys(from)) {
      if (!Object.hasOwn(to, key)) edits.push({ kind: 'remove', path: [...path, key] });
    }
    for (const [key, value] of Object.entries(to)) {
      between(Object.hasOwn(from, key) ? from[key] : undefined, value, { path: [...path, key], edits });
    }
  } else edits.push({ kind: 'set', path, value: to });
}

function betweenLists(from: readonly JsonValue[], to: readonly JsonValue[], { path, edits }: Place): void {
  const left = [...from];
  // What the other no longer has goes first, so that items that stay keep their comments.
  for (let index = 0; index < left.length && left.length > to.length; ) {
    if (to.some((item) => jsonEqual(item, left[index]))) index += 1;
    else {
      left.splice(index, 1);
      edits.push({ kind: 'remove', path: [...path, index] });
    }
  }
  while (left.length > to.length) {
    left.pop();
    edits.push({ kind: 'remove', path: [...path, left.length] });
  }
  // A removal of the last item takes the list with it.
  if (left.length === 0) {
    edits.push({ kind: 'set', path, value: [...to] });
    return;
  }
  for (const [index, item] of to.entries()) between(left[index], item, { path: [...path, index], edits });
}

/** A field that mine or theirs, or both, have changed since the base; undefined where it is not there. */
export interface FieldChange {
  readonly path: FieldPath;
  readonly base: JsonValue | undefined;
  readonly mine: JsonValue | undefined;
  readonly theirs: JsonValue | undefined;
  /** `both`: each changed it, to different values. A field that both changed alike is no change to decide on. */
  readonly by: 'mine' | 'theirs' | 'both';
}

interface Versions {
  readonly base: JsonValue | undefined;
  readonly mine: JsonValue | undefined;
  readonly theirs: JsonValue | undefined;
}

/** What each side changed, field by field; a list of another length is one field. */
export function changesSince(versions: {
  base: JsonObject;
  mine: JsonObject;
  theirs: JsonObject;
}): FieldChange[] {
  return changesAt(versions, []);
}

function changesAt(versions: Versions, path: FieldPath): FieldChange[] {
  const { base, mine, theirs } = versions;
  if (jsonEqual(mine, theirs)) return [];
  const sides = [base, mine, theirs];
  const child = (step: string | number): FieldChange[] =>
    changesAt({ base: valueAt(base, [step]), mine: valueAt(mine, [step]), theirs: valueAt(theirs, [step]) }, [
      ...path,
      step,
    ]);
  // A map that only some have is made field by field all the same: two may each have added a label.
  if (sides.some(isJsonObject) && sides.every((side) => side === undefined || isJsonObject(side))) {
    const keys = new Set(sides.flatMap((side) => Object.keys(side ?? {})));
    return [...keys].flatMap(child);
  }
  if (Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs)) {
    if (mine.length === base.length && theirs.length === base.length) {
      return base.flatMap((_item, index) => child(index));
    }
  }
  const by = jsonEqual(base, mine) ? 'theirs' : jsonEqual(base, theirs) ? 'mine' : 'both';
  return [{ path, base, mine, theirs, by }];
}

/** Mine with what is theirs alone, and of fields that both changed those that `takeTheirs` says. */
export function merged(
  mine: JsonObject,
  changes: readonly FieldChange[],
  takeTheirs: (change: FieldChange) => boolean,
): JsonObject {
  return changes
    .filter((change) => change.by === 'theirs' || (change.by === 'both' && takeTheirs(change)))
    .map(
      ({ path, theirs }): Edit =>
        theirs === undefined ? { kind: 'remove', path } : { kind: 'set', path, value: theirs },
    )
    .reduce(editObject, mine);
}
