/** Filling in what an object does not say. */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

/** Gives a field that has no value, or an empty string, one. */
export function setMissing(object: JsonObject, field: string, value: JsonValue): void {
  const current = object[field];
  if (current === undefined || current === null || current === '') object[field] = value;
}

/** The object in a field, made there when it is missing. */
export function childObject(object: JsonObject, field: string): JsonObject {
  const current = object[field];
  if (isJsonObject(current)) return current;
  const made: JsonObject = {};
  object[field] = made;
  return made;
}
