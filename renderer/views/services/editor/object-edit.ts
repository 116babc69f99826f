/** What a form does to an object: pure, on JSON. `yaml-edit.ts` does the same to text. */
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy } from '../../../../app/kubernetes/json.ts';
import { type FieldPath, valueAt } from './field-path.ts';

export type Edit =
  /** Gives a field a value; what is missing above it is made. An index one past the end appends. */
  | { readonly kind: 'set'; readonly path: FieldPath; readonly value: JsonValue }
  /** Takes a field or an item away, and with it what is left empty above it, down to `metadata` and `spec`. */
  | { readonly kind: 'remove'; readonly path: FieldPath }
  /** Another key for a map's entry, which keeps its place; one that another entry has changes nothing. */
  | { readonly kind: 'rename'; readonly path: FieldPath; readonly key: string }
  /** Another place for an item of the list at `path`. */
  | { readonly kind: 'move'; readonly path: FieldPath; readonly from: number; readonly to: number };

/** `metadata` and `spec` stay, though empty. */
const KEPT_DEPTH = 1;

/** The object after an edit; the given one stays as it is. What is not there is neither removed nor moved. */
export function editObject(object: JsonObject, edit: Edit): JsonObject {
  const copy = jsonCopy(object);
  switch (edit.kind) {
    case 'set':
      return setAt(copy, edit.path, edit.value) as JsonObject;
    case 'remove':
      removeAt(copy, removalPath(object, edit.path));
      return copy;
    case 'rename':
      return renamed(copy, edit.path, edit.key);
    case 'move':
      moveItem(valueAt(copy, edit.path), edit);
      return copy;
  }
}

/** What a removal takes away in all: the field, or the ancestor that it alone kept from being empty. */
export function removalPath(object: JsonObject, path: FieldPath): FieldPath {
  let removed = path;
  while (removed.length - 1 > KEPT_DEPTH) {
    const parent = valueAt(object, removed.slice(0, -1));
    const size = Array.isArray(parent)
      ? parent.length
      : isJsonObject(parent)
        ? Object.keys(parent).length
        : 0;
    // An item of a list is not empty, but not there: the others would move up.
    if (size !== 1 || typeof removed.at(-2) === 'number') break;
    removed = removed.slice(0, -1);
  }
  return removed;
}

function setAt(current: JsonValue | undefined, path: FieldPath, value: JsonValue): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return jsonCopy(value);
  if (typeof step === 'number') {
    const list = Array.isArray(current) ? current : [];
    list[Math.min(step, list.length)] = setAt(list[step], rest, value);
    return list;
  }
  const object = isJsonObject(current) ? current : {};
  object[step] = setAt(Object.hasOwn(object, step) ? object[step] : undefined, rest, value);
  return object;
}

function removeAt(object: JsonObject, path: FieldPath): void {
  const parent = valueAt(object, path.slice(0, -1));
  const step = path.at(-1);
  if (Array.isArray(parent) && typeof step === 'number') parent.splice(step, 1);
  else if (isJsonObject(parent) && typeof step === 'string') delete parent[step];
}

function renamed(object: JsonObject, path: FieldPath, key: string): JsonObject {
  const parentPath = path.slice(0, -1);
  const parent = valueAt(object, parentPath);
  const old = path.at(-1);
  if (!isJsonObject(parent) || typeof old !== 'string' || !Object.hasOwn(parent, old)) return object;
  // Two entries of one key would be one.
  if (Object.hasOwn(parent, key)) return object;
  const entries = Object.entries(parent).map(([name, value]): [string, JsonValue] => [
    name === old ? key : name,
    value,
  ]);
  return setAt(object, parentPath, Object.fromEntries(entries)) as JsonObject;
}

function moveItem(list: JsonValue | undefined, { from, to }: { from: number; to: number }): void {
  if (!Array.isArray(list) || list[from] === undefined) return;
  const [item] = list.splice(from, 1);
  if (item !== undefined) list.splice(to, 0, item);
}
