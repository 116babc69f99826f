/**
 * Objects seen through their schema: which parts are owned one by one, which as a whole, and how an element
 * of a list is told from the others (sigs.k8s.io/structured-merge-diff, typed).
 */
import { goSyntax, goType, goValue } from '../go-format.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import {
  type ListSchema,
  type ScalarSchema,
  type TypeSchema,
  typeSchema,
  type ValueSchema,
} from '../schema/schema.ts';
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
 * Checks that an applied object has declared fields only, of their types, and lists each element once.
 * Throws a TypedError with all that is wrong, each with its path.
 */
export function checkTyped(schema: ValueSchema, value: JsonValue): void {
  const errors = typeErrors(schema, value, '');
  if (errors.length === 0) return;
  throw new TypedError(errors.length === 1 ? errors.join('') : ['errors:', ...errors].join('\n  '));
}

function typeErrors(schema: ValueSchema, value: JsonValue, path: string): string[] {
  if (value === null) return [];
  switch (schema.kind) {
    case 'scalar':
      return scalarErrors(schema, value).map((error) => `${path}: ${error}`);
    case 'list':
      return Array.isArray(value)
        ? listErrors(schema, value, path)
        : [`${path}: expected list, got ${shownValue(value)}`];
    case 'map':
    case 'struct':
      if (!isJsonObject(value)) return [`${path}: expected map, got ${shownValue(value)}`];
      return Object.entries(value).flatMap(([name, item]) => {
        const child = childSchema(schema, name);
        return child === undefined
          ? [`${path}.${name}: field not declared in schema`]
          : typeErrors(child, item, `${path}.${name}`);
      });
  }
}

function listErrors(schema: ListSchema, items: JsonValue[], path: string): string[] {
  const seen = new Set<PathElement>();
  return items.flatMap((item, index) => {
    const errors = typeErrors(schema.items, item, `${path}[${index}]`);
    if (schema.listType === 'atomic') return errors;
    try {
      const element = listElement(schema, item);
      if (seen.has(element)) return [...errors, `${path}: duplicate entries for key ${shownKey(element)}`];
      seen.add(element);
      return errors;
    } catch (error) {
      if (!(error instanceof TypedError)) throw error;
      return [...errors, `${path}: element ${index}: ${error.message}`];
    }
  });
}

/** Times, quantities and such are of no one JSON type: of them the decoder sees more than this. */
function scalarErrors({ scalar }: ScalarSchema, value: JsonValue): string[] {
  switch (scalar) {
    case 'int32':
    case 'int64':
      return typeof value === 'number' ? [] : [`expected numeric (int or float), got ${goType(value)}`];
    case 'string':
    case 'bytes':
      return typeof value === 'string'
        ? []
        : [`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`expected boolean, got ${shownValue(value)}`];
    default:
      return [];
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
  return `&{${goValue(value)}}`;
}
