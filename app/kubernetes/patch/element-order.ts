/**
 * The order of a merged list: elements of the patch in the patch's order, elements only the server has in
 * the server's, and between the two sorts the server's order where it knows both.
 */
import { isJsonObject, type JsonValue, jsonEqual } from '../json.ts';

export interface MergedList {
  merged: JsonValue[];
  /** The order the patch asks for; elements, or objects with the merge key alone. */
  order: JsonValue[];
  /** The list before the patch. */
  server: JsonValue[];
  /** The field that identifies an element; undefined for scalars. */
  key: string | undefined;
}

export function orderMerged({ merged, order, server, key }: MergedList): JsonValue[] {
  const fromPatch = inOrder(merged, order, key);
  const serverOnly = merged.filter((item) => indexIn(order, item, key) < 0);
  return interleave(inServerOrder(serverOnly, server, key), fromPatch, { server, key });
}

/** The items that an order names, in that order. */
export function inOrder(items: JsonValue[], order: JsonValue[], key: string | undefined): JsonValue[] {
  return items
    .map((item) => ({ item, index: indexIn(order, item, key) }))
    .filter(({ index }) => index >= 0)
    .sort((left, right) => left.index - right.index)
    .map(({ item }) => item);
}

function inServerOrder(items: JsonValue[], server: JsonValue[], key: string | undefined): JsonValue[] {
  return [...items].sort((left, right) => indexIn(server, left, key) - indexIn(server, right, key));
}

function indexIn(list: JsonValue[], item: JsonValue, key: string | undefined): number {
  if (key === undefined) return list.findIndex((element) => jsonEqual(element, item));
  const identity = isJsonObject(item) ? item[key] : undefined;
  return list.findIndex((element) => isJsonObject(element) && jsonEqual(element[key], identity));
}

/** An element of the server goes before one of the patch only where the server had both, in that order. */
function interleave(
  serverOnly: JsonValue[],
  fromPatch: JsonValue[],
  { server, key }: { server: JsonValue[]; key: string | undefined },
): JsonValue[] {
  const result: JsonValue[] = [];
  const rest = [...serverOnly];
  for (const item of fromPatch) {
    const position = indexIn(server, item, key);
    while (position >= 0 && rest[0] !== undefined && indexIn(server, rest[0], key) < position) {
      result.push(...rest.splice(0, 1));
    }
    result.push(item);
  }
  return [...result, ...rest];
}
