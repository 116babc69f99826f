/** What differs between two states of an object, as sets of paths (structured-merge-diff, typed/compare.go). */
import { isJsonObject, type JsonValue, jsonEqual } from '../json.ts';
import type { ListSchema, ValueSchema } from '../schema/schema.ts';
import { type FieldPath, FieldSet, fieldElement } from './field-set.ts';
import { childSchema, isLeaf, listElement } from './typed-value.ts';

export interface Comparison {
  added: FieldSet;
  removed: FieldSet;
  modified: FieldSet;
}

/** Compares two states. A field that is null is there; one that is left out is not. */
export function compare(schema: ValueSchema, before: JsonValue, after: JsonValue): Comparison {
  const result = { added: new FieldSet(), removed: new FieldSet(), modified: new FieldSet() };
  compareValues({ schema, before, after, path: [] }, result);
  return result;
}

/** A comparison without some paths and all below them. */
export function without(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    added: comparison.added.recursiveDifference(ignored),
    removed: comparison.removed.recursiveDifference(ignored),
    modified: comparison.modified.recursiveDifference(ignored),
  };
}

interface Pair {
  schema: ValueSchema | undefined;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
  path: FieldPath;
}

function compareValues(pair: Pair, result: Comparison): void {
  const { schema, before, after, path } = pair;
  if (schema === undefined || isLeaf(schema) || (isEmpty(before) && isEmpty(after))) {
    compareLeaf(pair, result);
    return;
  }
  if (schema.kind === 'list') compareLists(schema, pair, result);
  else compareFields(schema, pair, result);
  if (before === undefined) result.added.insert(path);
  else if (after === undefined) result.removed.insert(path);
}

/** Null, left out, or without anything in it: two such are compared as a whole. */
function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function compareLeaf({ before, after, path }: Pair, result: Comparison): void {
  if (after === undefined) result.removed.insert(path);
  else if (before === undefined) result.added.insert(path);
  else if (!jsonEqual(before, after)) result.modified.insert(path);
}

function compareFields(schema: ValueSchema, { before, after, path }: Pair, result: Comparison): void {
  const left = isJsonObject(before) ? before : {};
  const right = isJsonObject(after) ? after : {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const at = [...path, fieldElement(name)];
    compareValues(
      { schema: childSchema(schema, name), before: left[name], after: right[name], path: at },
      result,
    );
  }
}

function compareLists(schema: ListSchema, { before, after, path }: Pair, result: Comparison): void {
  const left = byElement(schema, before);
  const right = byElement(schema, after);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const pair = { before: left.get(element), after: right.get(element) };
    compareValues({ schema: schema.items, ...pair, path: [...path, element] }, result);
  }
}

function byElement(schema: ListSchema, value: JsonValue | undefined): Map<string, JsonValue> {
  const items = Array.isArray(value) ? value : [];
  return new Map(items.map((item) => [listElement(schema, item), item]));
}
