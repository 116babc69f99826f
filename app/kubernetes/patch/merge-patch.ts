/** JSON merge patches (RFC 7386): `application/merge-patch+json`. */
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy } from '../json.ts';
import { PatchError } from './patch-error.ts';

/** The object with a merge patch applied: null removes a field, an object merges, anything else replaces. */
export function mergePatch(object: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw new PatchError(400, 'Invalid JSON Patch');
  return mergeObjects(jsonCopy(object), patch);
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name];
    else target[name] = merged(target[name], value);
  }
  return target;
}

function merged(current: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return jsonCopy(patch);
  return mergeObjects(isJsonObject(current) ? current : {}, patch);
}
