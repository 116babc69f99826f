/**
 * Objects seen through their schema: which parts are owned one by one, which as a whole, and how an element
 * of a list is told from the others (sigs.k8s.io/structured-merge-diff, typed).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { type ListSchema, type TypeSchema, typeSchema, type ValueSchema } from '../schema/schema.ts';
import {
  type FieldPath,
  FieldSet,
  fieldElement,
  keyElement,
  type PathElement,
  valueElement,
} from './field-set.ts';

/** An object that does not fit its schema; the message is the API server's own. */
export class TypedError extends Error {
  override readonly name = 'TypedError';
}

/** The schema of a whole object. */
export function rootSchema(type: TypeSchema): ValueSchema {
  return {
    kind: 'struct',
    definition: type.definition,
    atomic: false,
    retainKeys: false,
    goType: type.goName,
  };
}

/** Whether a value is owned and replaced as a whole. */
export function isLeaf(schema: ValueSchema): boolean {
  switch (schema.kind) {
    case 'scalar':
      return true;
    case 'list':
      return schema.listType === 'atomic';
    case 'map':
    case 'struct':
      return schema.atomic;
  }
}

/** The schema of one field of a struct or one value of a map; undefined for a field that is not declared. */
export function childSchema(schema: ValueSchema, name: string): ValueSchema | undefined {
  if (schema.kind === 'map') return schema.values;
  return schema.kind === 'struct' ? typeSchema(schema.definition).fields.get(name)?.value : undefined;
}

/** The path element of a list's element: its key, or its value in a set. */
export function listElement(schema: ListSchema, item: JsonValue): PathElement {
  if (schema.listType === 'set') return valueElement(item);
  const fields = schema.items.kind === 'struct' ? typeSchema(schema.items.definition).fields : undefined;
  const keys: JsonObject = {};
  for (const name of schema.mapKeys) {
    const given = isJsonObject(item) ? item[name] : undefined;
    const value = given ?? (fields?.get(name)?.keyDefault as JsonValue | undefined);
    if (value !== undefined) keys[name] = value;
  }
  if (Object.keys(keys).length === 0) {
    const names = `[${schema.mapKeys.map((name) => JSON.stringify(name)).join(' ')}]`;
    throw new TypedError(
      `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(keys);
}

/** The paths that an object says something about: what applying it comes to own. */
export function toFieldSet(schema: ValueSchema, value: JsonValue): FieldSet {
  const set = new FieldSet();
  collect(schema, value, [], set);
  return set;
}

function collect(schema: ValueSchema, value: JsonValue, path: FieldPath, set: FieldSet): void {
  if (isLeaf(schema)) {
    set.insert(path);
  } else if (schema.kind === 'list') {
    for (const item of Array.isArray(value) ? value : []) {
      const at = [...path, listElement(schema, item)];
      collect(schema.items, item, at, set);
      set.insert(at);
    }
  } else if (isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const at = [...path, fieldElement(name)];
      const child = childSchema(schema, name);
      if (child !== undefined && item !== null) collect(child, item, at, set);
      const empty = item === null || (isJsonObject(item) && Object.keys(item).length === 0);
      if (empty || schema.kind === 'map' || child === undefined) set.insert(at);
    }
  }
}

/**
 * Checks that an applied object has declared fields only and lists each element once. Throws a TypedError
 * for the first thing wrong, with its path.
 */
export function checkTyped(schema: ValueSchema, value: JsonValue, path = ''): void {
  if (schema.kind === 'list' && Array.isArray(value)) {
    const seen = new Set<PathElement>();
    for (const [index, item] of value.entries()) {
      checkTyped(schema.items, item, `${path}[${index}]`);
      if (schema.listType === 'atomic') continue;
      const element = elementAt(schema, item, { path, index });
      if (seen.has(element)) throw new TypedError(`${path}: duplicate entries for key ${shownKey(element)}`);
      seen.add(element);
    }
  } else if ((schema.kind === 'struct' || schema.kind === 'map') && isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const child = childSchema(schema, name);
      if (child === undefined) throw new TypedError(`${path}.${name}: field not declared in schema`);
      if (item !== null) checkTyped(child, item, `${path}.${name}`);
    }
  } else if (value !== null && schema.kind !== 'scalar') {
    throw new TypedError(
      `${path}: expected ${schema.kind === 'list' ? 'list' : 'map'}, got ${shownValue(value)}`,
    );
  }
}

function elementAt(schema: ListSchema, item: JsonValue, place: { path: string; index: number }): PathElement {
  try {
    return listElement(schema, item);
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    throw new TypedError(`${place.path}: element ${place.index}: ${error.message}`);
  }
}

function shownKey(element: PathElement): string {
  const keys: unknown = JSON.parse(element.slice(2));
  if (!isJsonObject(keys)) return `[=${element.slice(2)}]`;
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

function shownValue(value: JsonValue): string {
  return `&{${typeof value === 'object' ? JSON.stringify(value) : String(value)}}`;
}
