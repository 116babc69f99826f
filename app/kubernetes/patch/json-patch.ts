/**
 * JSON patches (RFC 6902): `application/json-patch+json`. Errors are worded as the library that API servers
 * use (evanphx/json-patch) words them.
 */
import { goJsonKind, isJsonObject, type JsonObject, type JsonValue, jsonCopy, jsonEqual } from '../json.ts';
import { PatchError } from './patch-error.ts';

/** What an API server takes in one patch. */
const MAX_OPERATIONS = 10_000;

interface Operation {
  op: string;
  path: string;
  from: string | undefined;
  value: JsonValue | undefined;
}

/** The object with a list of operations applied. Throws a PatchError; the given object stays as it is. */
export function jsonPatch(object: JsonObject, patch: unknown): JsonObject {
  const operations = parseOperations(patch);
  let root: JsonValue = jsonCopy(object);
  for (const operation of operations) root = applyOperation(root, operation);
  if (!isJsonObject(root)) throw new PatchError(422, 'the patched document is not an object');
  return root;
}

function parseOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw new PatchError(
      400,
      `json: cannot unmarshal ${goJsonKind(patch)} into Go value of type jsonpatch.Patch`,
    );
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new PatchError(
      400,
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  return patch.map((item) => {
    if (!isJsonObject(item)) {
      throw new PatchError(
        400,
        `json: cannot unmarshal ${goJsonKind(item)} into Go value of type jsonpatch.Operation`,
      );
    }
    const { op, path, from, value } = item;
    return {
      op: typeof op === 'string' ? op : 'unknown',
      path: typeof path === 'string' ? path : '',
      from: typeof from === 'string' ? from : undefined,
      value,
    };
  });
}

function applyOperation(root: JsonValue, operation: Operation): JsonValue {
  switch (operation.op) {
    case 'add':
      return add(root, operation.path, copyOf(operation.value), 'add');
    case 'remove':
      return remove(root, operation.path);
    case 'replace':
      return replace(root, operation);
    case 'move':
      return move(root, operation);
    case 'copy':
      return copy(root, operation);
    case 'test':
      return test(root, operation);
    default:
      throw new PatchError(422, `Unexpected kind: ${operation.op}`);
  }
}

function copyOf(value: JsonValue | undefined): JsonValue {
  return value === undefined ? null : jsonCopy(value);
}

/** `/a~1b/0` → `['a/b', '0']`; the empty path is the whole document. */
function tokens(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missingPath(kind: string, path: string): PatchError {
  return new PatchError(
    422,
    `${kind} operation does not apply: doc is missing path: "${path}": missing value`,
  );
}

function missingKey(kind: string, path: string): PatchError {
  return new PatchError(422, `${kind} operation does not apply: doc is missing key: ${path}: missing value`);
}

interface Target {
  container: JsonObject | JsonValue[];
  key: string;
}

/** The container that a path's last token names a member of; undefined when there is none. */
function target(root: JsonValue, path: string): Target | undefined {
  const names = tokens(path);
  const key = names.pop();
  if (key === undefined) return undefined;
  let container: JsonValue | undefined = root;
  for (const name of names) container = member(container, name);
  return Array.isArray(container) || isJsonObject(container) ? { container, key } : undefined;
}

function member(container: JsonValue | undefined, name: string): JsonValue | undefined {
  if (Array.isArray(container)) {
    const index = listIndex(name, container.length);
    return index === undefined ? undefined : container[index];
  }
  return isJsonObject(container) && Object.hasOwn(container, name) ? container[name] : undefined;
}

/** An index into a list; negative ones count from the end, as the servers' library has it. */
function listIndex(name: string, length: number): number | undefined {
  if (!/^-?\d+$/.test(name)) return undefined;
  const index = Number(name);
  const absolute = index < 0 ? length + index : index;
  return absolute >= 0 && absolute < length ? absolute : undefined;
}

function add(root: JsonValue, path: string, value: JsonValue, kind: string): JsonValue {
  if (path === '') return value;
  const place = target(root, path);
  if (place === undefined) throw missingPath(kind, path);
  const { container, key } = place;
  if (!Array.isArray(container)) {
    container[key] = value;
    return root;
  }
  container.splice(insertionIndex(container, key, { kind, path }), 0, value);
  return root;
}

function insertionIndex(
  list: JsonValue[],
  key: string,
  { kind, path }: { kind: string; path: string },
): number {
  if (key === '-') return list.length;
  const index = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
  const absolute = index < 0 ? list.length + 1 + index : index;
  if (absolute >= 0 && absolute <= list.length) return absolute;
  const why = Number.isNaN(index)
    ? `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`
    : `Unable to access invalid index: ${index}: invalid index referenced`;
  throw new PatchError(422, `${kind} operation does not apply: error in add for path: '${path}': ${why}`);
}

function remove(root: JsonValue, path: string): JsonValue {
  const place = target(root, path);
  if (place === undefined) throw missingPath('remove', path);
  const { container, key } = place;
  if (Array.isArray(container)) {
    const index = listIndex(key, container.length);
    if (index === undefined) {
      throw new PatchError(
        422,
        `remove operation does not apply: error in remove for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
      );
    }
    container.splice(index, 1);
  } else if (Object.hasOwn(container, key)) {
    delete container[key];
  } else {
    throw new PatchError(
      422,
      `error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`,
    );
  }
  return root;
}

function replace(root: JsonValue, { path, value }: Operation): JsonValue {
  if (path === '') return copyOf(value);
  const place = target(root, path);
  if (place === undefined) throw missingPath('replace', path);
  const { container, key } = place;
  if (member(container, key) === undefined) throw missingKey('replace', path);
  if (Array.isArray(container)) container[listIndex(key, container.length) ?? 0] = copyOf(value);
  else container[key] = copyOf(value);
  return root;
}

function source(root: JsonValue, { op, from }: Operation): JsonValue {
  if (from === undefined) throw new PatchError(422, `${op} operation failed to decode from: missing value`);
  const place = target(root, from);
  if (place === undefined) throw missingPath(op, from);
  const value = member(place.container, place.key);
  if (value === undefined) throw missingKey(op, from);
  return value;
}

function move(root: JsonValue, operation: Operation): JsonValue {
  const value = source(root, operation);
  const { from = '', path } = operation;
  if (path.startsWith(`${from}/`)) {
    throw new PatchError(
      422,
      `move operation does not apply: cannot move ${from} into ${path}, a part of itself`,
    );
  }
  return add(remove(root, from), path, value, 'move');
}

function copy(root: JsonValue, operation: Operation): JsonValue {
  return add(root, operation.path, jsonCopy(source(root, operation)), 'copy');
}

function test(root: JsonValue, { path, value }: Operation): JsonValue {
  const failed = new PatchError(422, `testing value ${path} failed: test failed`);
  if (path === '') {
    if (!jsonEqual(root, value ?? null)) throw failed;
    return root;
  }
  const place = target(root, path);
  if (place === undefined) throw missingPath('test', path);
  const current = member(place.container, place.key);
  if (current === undefined && value !== undefined && value !== null) {
    throw new PatchError(422, `testing path ${path} failed: missing value`);
  }
  if (!jsonEqual(current ?? null, value ?? null)) throw failed;
  return root;
}
