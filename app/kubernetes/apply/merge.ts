/**
 * Lays an applied object over the live one: what it says wins, what it does not say stays
 * (structured-merge-diff, typed/merge.go).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ListSchema, ValueSchema } from '../schema/schema.ts';
import type { PathElement } from './field-set.ts';
import { childSchema, isLeaf, listElement } from './typed-value.ts';

export function mergeObjects(schema: ValueSchema, live: JsonObject, applied: JsonObject): JsonObject {
  const merged = mergeValues(schema, live, applied);
  return isJsonObject(merged) ? merged : live;
}

function mergeValues(
  schema: ValueSchema | undefined,
  live: JsonValue | undefined,
  applied: JsonValue | undefined,
): JsonValue | undefined {
  if (applied === undefined) return live;
  if (live === undefined || schema === undefined || isLeaf(schema)) return applied;
  if (isEmpty(live) && isEmpty(applied)) return applied;
  return schema.kind === 'list' ? mergeLists(schema, live, applied) : mergeFields(schema, live, applied);
}

function isEmpty(value: JsonValue): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function mergeFields(schema: ValueSchema, live: JsonValue, applied: JsonValue): JsonObject {
  const left = isJsonObject(live) ? live : {};
  const right = isJsonObject(applied) ? applied : {};
  const merged: JsonObject = {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const value = mergeValues(childSchema(schema, name), left[name], right[name]);
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

/** A list whose elements are told apart, and what each is. */
interface Indexed {
  order: PathElement[];
  items: Map<PathElement, JsonValue>;
}

function indexed(schema: ListSchema, value: JsonValue): Indexed {
  const items = Array.isArray(value) ? value : [];
  const order = items.map((item) => listElement(schema, item));
  return { order, items: new Map(items.map((item, index) => [order[index] ?? '', item])) };
}

/**
 * Elements of both lists stand in the applied order; those of the live list alone keep their place between
 * them, new ones come where the applied list has them.
 */
function mergeLists(schema: ListSchema, live: JsonValue, applied: JsonValue): JsonValue[] {
  const left = indexed(schema, live);
  const right = indexed(schema, applied);
  const shared = right.order.filter((element) => left.items.has(element));
  const merged: JsonValue[] = [];
  const done = new Set<PathElement>();
  const take = (element: PathElement): void => {
    done.add(element);
    if (shared[0] === element) shared.shift();
    const value = mergeValues(schema.items, left.items.get(element), right.items.get(element));
    if (value !== undefined) merged.push(value);
  };
  let l = 0;
  let r = 0;
  while (l < left.order.length || r < right.order.length) {
    const leftElement = left.order[l];
    const rightElement = right.order[r];
    if (leftElement !== undefined && leftElement === rightElement) {
      take(leftElement);
      l += 1;
      r += 1;
      continue;
    }
    if (leftElement !== undefined) {
      const isShared = right.items.has(leftElement);
      if (!isShared) take(leftElement);
      // A shared element whose turn it is not is met again in the applied order.
      const waits =
        isShared && rightElement !== undefined && shared[0] !== undefined && shared[0] !== leftElement;
      if (!isShared || waits) {
        l += 1;
        continue;
      }
      if (done.has(leftElement)) l += 1;
    }
    if (rightElement !== undefined) {
      take(rightElement);
      r += 1;
    }
  }
  return merged;
}
