/**
 * Strategic merge patches: `application/strategic-merge-patch+json`, what `kubectl patch` and client-side
 * `kubectl apply` send. Lists whose strategy is `merge` merge element by element, by the field that
 * identifies one; directives in the patch delete, replace, reorder and retain
 * (k8s.io/apimachinery/pkg/util/strategicpatch).
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy, jsonEqual } from '../json.ts';
import { type ListSchema, structOf, type TypeSchema, type ValueSchema } from '../schema/schema.ts';
import { inOrder, orderMerged } from './element-order.ts';
import { PatchError } from './patch-error.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const SET_ELEMENT_ORDER = '$setElementOrder/';

/** The object with a strategic merge patch applied. Throws a PatchError; the given values stay as they are. */
export function strategicMergePatch(type: TypeSchema, object: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw new PatchError(400, 'invalid JSON document');
  return mergeStruct(type, jsonCopy(object), jsonCopy(patch));
}

/** Where an object's fields are described: a type's, or those of a map, which are all alike. */
type FieldsOf = TypeSchema | { values: ValueSchema } | undefined;

function fieldSchema(fields: FieldsOf, name: string): ValueSchema | undefined {
  if (fields === undefined) return undefined;
  return 'values' in fields ? fields.values : fields.fields.get(name)?.value;
}

function fieldsOf(schema: ValueSchema | undefined): FieldsOf {
  if (schema?.kind === 'map') return { values: schema.values };
  return structOf(schema);
}

function mergeStruct(fields: FieldsOf, original: JsonObject, patch: JsonObject): JsonObject {
  if (DIRECTIVE in patch) return directed(patch);
  retainKeys(original, patch);
  orderLists(fields, original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(original, key, value);
    else if (value === null) delete original[key];
    else original[key] = mergeField(fieldSchema(fields, key), original[key], value);
  }
  return original;
}

/** `$patch: replace` stands for the rest of the patch, `$patch: delete` for nothing. */
function directed(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new PatchError(500, `unknown patch type: ${String(directive)}`);
}

/** Keeps only the fields the patch lists, which have to include those it sets. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!(RETAIN_KEYS in patch)) return;
  const retained = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  const isDirective = (key: string): boolean =>
    key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ELEMENT_ORDER);
  const set = Object.keys(patch).filter((key) => patch[key] !== null && !isDirective(key));
  if (!Array.isArray(retained) || set.some((key) => !retained.includes(key))) {
    throw new PatchError(400, 'invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!retained.includes(key)) delete original[key];
}

function deleteFromList(original: JsonObject, key: string, removed: JsonValue): void {
  const name = key.slice(DELETE_FROM_LIST.length);
  if (!Array.isArray(removed)) throw new PatchError(400, 'invalid patch format of primitive list');
  const list = original[name];
  if (Array.isArray(list))
    original[name] = list.filter((item) => !removed.some((value) => jsonEqual(item, value)));
}

function mergeField(
  schema: ValueSchema | undefined,
  original: JsonValue | undefined,
  patch: JsonValue,
): JsonValue {
  if (isJsonObject(original) && isJsonObject(patch)) return mergeStruct(fieldsOf(schema), original, patch);
  if (Array.isArray(original) && Array.isArray(patch) && schema?.kind === 'list' && mergesElements(schema)) {
    return mergeList(schema, original, patch);
  }
  return withoutDirectives(patch);
}

/** `merge` and `merge,retainKeys`, as opposed to no strategy, which replaces. */
function mergesElements(schema: ListSchema): boolean {
  return schema.patchStrategy?.split(',').includes('merge') ?? false;
}

/** What is new to the object is taken as it stands: without nulls, directives and deleted elements. */
function withoutDirectives(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !(isJsonObject(item) && item[DIRECTIVE] === 'delete'))
      .filter((item) => !(isJsonObject(item) && isListDirective(item)))
      .map((item) => withoutDirectives(item));
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== null && !isDirectiveKey(key))
      .map(([key, item]) => [key, withoutDirectives(item)]),
  );
}

function isDirectiveKey(key: string): boolean {
  return (
    key === DIRECTIVE ||
    key === RETAIN_KEYS ||
    key.startsWith(DELETE_FROM_LIST) ||
    key.startsWith(SET_ELEMENT_ORDER)
  );
}

/** `{$patch: replace}` in a list is about the list, not an element. */
function isListDirective(item: JsonObject): boolean {
  return DIRECTIVE in item && Object.keys(item).length === 1;
}

function mergeList(schema: ListSchema, original: JsonValue[], patch: JsonValue[]): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return original;
  const key = schema.patchMergeKey;
  if (![...original, ...patch].some((item) => isJsonObject(item))) {
    const merged = [...original];
    for (const item of patch) if (!merged.some((known) => jsonEqual(known, item))) merged.push(item);
    return orderMerged({ merged, order: patch, server: original, key: undefined });
  }
  if (key === undefined) throw new PatchError(500, 'cannot merge lists without merge key for type struct');
  const special = applyListDirectives(original, patch, key);
  const merged = mergeElements(schema, special.original, special.patch);
  return orderMerged({ merged, order: special.patch, server: special.original, key });
}

/** Takes `$patch: delete` and `$patch: replace` elements out of a patch, having done what they say. */
function applyListDirectives(
  original: JsonValue[],
  patch: JsonValue[],
  key: string,
): { original: JsonValue[]; patch: JsonValue[] } {
  let kept = original;
  let replace = false;
  const rest: JsonValue[] = [];
  for (const item of patch) {
    if (!isJsonObject(item) || !(DIRECTIVE in item)) {
      rest.push(item);
      continue;
    }
    switch (item[DIRECTIVE]) {
      case 'delete': {
        const identity = mergeKeyOf(item, key);
        kept = kept.filter((element) => !(isJsonObject(element) && jsonEqual(element[key], identity)));
        break;
      }
      case 'replace':
        replace = true;
        break;
      case 'merge':
        throw new PatchError(500, 'merging lists cannot yet be specified in the patch');
      default:
        throw new PatchError(500, `unknown patch type: ${String(item[DIRECTIVE])}`);
    }
  }
  return replace ? { original: rest, patch: [] } : { original: kept, patch: rest };
}

function mergeKeyOf(element: JsonValue, key: string): JsonValue {
  const value = isJsonObject(element) ? element[key] : undefined;
  if (value === undefined) {
    throw new PatchError(500, `map: ${goMap(element)} does not contain declared merge key: ${key}`);
  }
  return value;
}

/** A value as Go's `%v` prints it. */
function goMap(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isJsonObject(value)) return value === null || value === undefined ? '<nil>' : String(value);
  const names = Object.keys(value).sort();
  return `map[${names.map((name) => `${name}:${goMap(value[name])}`).join(' ')}]`;
}

function mergeElements(schema: ListSchema, original: JsonValue[], patch: JsonValue[]): JsonValue[] {
  const key = schema.patchMergeKey ?? '';
  const merged = [...original];
  for (const item of patch) {
    const identity = mergeKeyOf(item, key);
    const index = merged.findIndex((element) => isJsonObject(element) && jsonEqual(element[key], identity));
    const known = merged[index];
    if (isJsonObject(known) && isJsonObject(item))
      merged[index] = mergeStruct(fieldsOf(schema.items), known, item);
    else merged.push(withoutDirectives(item));
  }
  return merged;
}

/** Merges the lists whose order the patch tells, and puts them in that order. */
function orderLists(fields: FieldsOf, original: JsonObject, patch: JsonObject): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(SET_ELEMENT_ORDER)) continue;
    delete patch[key];
    const name = key.slice(SET_ELEMENT_ORDER.length);
    const schema = fieldSchema(fields, name);
    const current = original[name];
    const change = patch[name];
    if (!Array.isArray(order)) throw new PatchError(400, 'invalid patch format of setElementOrder list');
    if (schema?.kind !== 'list' || (current === undefined && change === undefined)) continue;
    if (
      (current !== undefined && !Array.isArray(current)) ||
      (change !== undefined && !Array.isArray(change))
    ) {
      // A null in either is not a list to be ordered; it is handled as any other field.
      continue;
    }
    const mergeKey = schema.patchMergeKey;
    checkOrder(change ?? [], order, mergeKey);
    const server = current ?? [];
    const merged =
      current === undefined
        ? (withoutDirectives(change ?? []) as JsonValue[])
        : change === undefined
          ? current
          : mergesElements(schema)
            ? mergeList(schema, current, change)
            : change;
    original[name] = orderMerged({ merged, order, server, key: mergeKey });
    delete patch[name];
  }
}

/** Elements the patch sets have to stand in the order list, in the same order. */
function checkOrder(patch: JsonValue[], order: JsonValue[], key: string | undefined): void {
  const set = patch.filter((item) => !(isJsonObject(item) && DIRECTIVE in item));
  const sorted = inOrder(set, order, key);
  if (sorted.length !== set.length || sorted.some((item, index) => item !== set[index])) {
    throw new PatchError(
      500,
      `The order in patch list:\n${goMap(set)}\n doesn't match $setElementOrder list:\n${goMap(order)}\n`,
    );
  }
}
