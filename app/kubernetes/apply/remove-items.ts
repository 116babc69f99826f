/** Takes paths out of an object (structured-merge-diff, typed/remove.go). */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ValueSchema } from '../schema/schema.ts';
import { FieldSet, fieldElement, fieldName, type PathElement } from './field-set.ts';
import { childSchema, isLeaf, listElement } from './typed-value.ts';

/** The object without the paths of a set. What is left empty is null: nothing was said of it. */
export function removeItems(schema: ValueSchema, object: JsonObject, paths: FieldSet): JsonObject {
  const result = removeFrom(schema, object, paths);
  return isJsonObject(result) ? result : {};
}

function removeFrom(schema: ValueSchema, value: JsonValue, paths: FieldSet): JsonValue {
  if (paths.isEmpty || isLeaf(schema)) return value;
  if (schema.kind === 'list' && Array.isArray(value)) {
    const kept = value.flatMap((item) => {
      const element = listElement(schema, item);
      return paths.hasMember(element) ? [] : [removeFrom(schema.items, item, paths.below(element))];
    });
    return kept.length > 0 ? kept : null;
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, item] of Object.entries(value)) {
    const element = fieldElement(name);
    if (paths.hasMember(element)) continue;
    const child = childSchema(schema, name);
    kept[name] = child === undefined ? item : removeFrom(child, item, paths.below(element));
  }
  return Object.keys(kept).length > 0 ? kept : null;
}

/**
 * The set with the declared fields on the way to its paths: who owns something in `spec` has `spec` itself
 * to lose, too.
 */
export function withNamedFields(schema: ValueSchema | undefined, set: FieldSet): FieldSet {
  const result = new FieldSet();
  for (const element of set.elements()) {
    const below = set.below(element);
    const child = elementSchema(schema, element);
    const declared = schema?.kind === 'struct' && child !== undefined && fieldName(element) !== undefined;
    if (set.hasMember(element) || (declared && !below.isEmpty)) result.insert([element]);
    for (const path of withNamedFields(child, below).paths()) result.insert([element, ...path]);
  }
  return result;
}

function elementSchema(schema: ValueSchema | undefined, element: PathElement): ValueSchema | undefined {
  if (schema === undefined) return undefined;
  const name = fieldName(element);
  if (name === undefined) return schema.kind === 'list' ? schema.items : undefined;
  return childSchema(schema, name);
}
