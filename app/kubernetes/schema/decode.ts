/**
 * Decodes a JSON object into an API type as an API server does: unknown fields are noted and dropped, a
 * wrong type is an error in the words of Go's decoder (sigs.k8s.io/json), and what is written back is what
 * Go would write of it (see `go-representation.ts`).
 */
import { goJsonKind, isJsonObject, type JsonObject, type JsonValue, jsonCopy } from '../json.ts';
import { canonicalQuantity, QUANTITY_FORMAT_ERROR } from '../quantity.ts';
import { DecodeError } from './decode-error.ts';
import type { GroupVersionKind } from './kinds.ts';
import {
  type FieldSchema,
  type ScalarSchema,
  schemaFor,
  type TypeSchema,
  typeSchema,
  type ValueSchema,
} from './schema.ts';
import { normalizeTime } from './time.ts';

export interface DecodeResult {
  object: JsonObject;
  /** Paths of fields the type does not have, `spec.ports[0].prot`, in the order met. */
  unknownFields: string[];
}

interface Place {
  /** Innermost struct, and the JSON names from the root to here, as Go's decoder tells them. */
  struct: string;
  stack: readonly string[];
  /** The same with list indices, as strict decoding tells it. */
  path: string;
}

/**
 * Decodes an object of a kind; `unknownFields` holds what was dropped.
 * Throws a DecodeError for a value of the wrong type, an Error for a kind without a schema.
 */
export function strictDecode(gvk: GroupVersionKind, json: unknown): DecodeResult {
  const type = schemaFor(gvk);
  if (type === undefined) throw new Error(`no schema for ${gvk.group}/${gvk.version} ${gvk.kind}`);
  return decodeType(type, json);
}

/** As `strictDecode`, for a type that is no kind of its own. */
export function decodeType(type: TypeSchema, json: unknown): DecodeResult {
  const unknownFields: string[] = [];
  if (!isJsonObject(json)) {
    throw new DecodeError(
      `json: cannot unmarshal ${goJsonKind(json)} into Go value of type v1.${type.goName}`,
    );
  }
  const object = decodeStruct(type, json, { struct: type.goName, stack: [], path: '' }, unknownFields);
  return { object, unknownFields };
}

/**
 * The server's words for fields that strict decoding refuses, or undefined when there are none:
 * `strict decoding error: unknown field "spec.prots", duplicate field "spec.type"`.
 */
export function strictDecodingError(
  unknownFields: readonly string[],
  duplicates: readonly string[] = [],
): string | undefined {
  const problems = strictDecodingProblems(unknownFields, duplicates);
  return problems.length === 0 ? undefined : `strict decoding error: ${problems.join(', ')}`;
}

/** The same one by one, as the `Warning` headers of `fieldValidation=Warn` carry them. */
export function strictDecodingProblems(
  unknownFields: readonly string[],
  duplicates: readonly string[] = [],
): string[] {
  return [
    ...duplicates.map((field) => `duplicate field ${JSON.stringify(field)}`),
    ...unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`),
  ];
}

function decodeStruct(type: TypeSchema, json: JsonObject, place: Place, unknown: string[]): JsonObject {
  const decoded = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(json)) {
    const field = type.fields.get(name);
    const path = place.path === '' ? name : `${place.path}.${name}`;
    if (field === undefined) unknown.push(path);
    else if (value !== null) {
      const at = { struct: type.goName, stack: [...place.stack, name], path };
      decoded.set(name, decodeValue(field.value, value, at, unknown));
    }
  }
  const result: JsonObject = {};
  for (const field of outputOrder(type)) {
    const value = decoded.get(field.name);
    const written = writtenValue(field, value);
    if (written !== undefined) result[field.name] = written;
  }
  return result;
}

/** kind, apiVersion and metadata first, as in the Go types, then by name. */
function outputOrder(type: TypeSchema): FieldSchema[] {
  const first = ['kind', 'apiVersion', 'metadata'].flatMap((name) => type.fields.get(name) ?? []);
  return [...first, ...[...type.fields.values()].filter((field) => !first.includes(field))];
}

function writtenValue(field: FieldSchema, value: JsonValue | undefined): JsonValue | undefined {
  switch (field.presence) {
    case 'set':
      return value;
    case 'nonzero':
      return value === undefined || isEmpty(value) ? undefined : value;
    case 'always':
      // Protobuf, in which objects are stored, does not tell an empty list from a missing one.
      return Array.isArray(value) && value.length === 0 ? null : (value ?? zeroOfField(field));
  }
}

function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function zeroOfField(field: FieldSchema): JsonValue {
  if (field.value.kind === 'list' || field.value.kind === 'map') return null;
  if (field.value.kind === 'struct' && !field.valueStruct) return null;
  return zeroOf(field.value);
}

function zeroOf(schema: ValueSchema): JsonValue {
  switch (schema.kind) {
    case 'list':
    case 'map':
      return null;
    case 'struct':
      return decodeStruct(typeSchema(schema.definition), {}, { struct: '', stack: [], path: '' }, []);
    case 'scalar':
      return zeroScalar(schema);
  }
}

function zeroScalar({ scalar }: ScalarSchema): JsonValue {
  switch (scalar) {
    case 'int32':
    case 'int64':
    case 'intOrString':
      return 0;
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'quantity':
      return '0';
    default:
      return null;
  }
}

function decodeValue(schema: ValueSchema, value: JsonValue, place: Place, unknown: string[]): JsonValue {
  switch (schema.kind) {
    case 'struct':
      if (!isJsonObject(value)) throw typeError(value, schema.goType, place);
      return decodeStruct(typeSchema(schema.definition), value, place, unknown);
    case 'list':
      if (!Array.isArray(value)) throw typeError(value, schema.goType, place);
      return value.map((item, index) =>
        item === null
          ? zeroOf(schema.items)
          : decodeValue(schema.items, item, { ...place, path: `${place.path}[${index}]` }, unknown),
      );
    case 'map':
      if (!isJsonObject(value)) throw typeError(value, schema.goType, place);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          item === null
            ? zeroOf(schema.values)
            : decodeValue(schema.values, item, { ...place, path: `${place.path}.${key}` }, unknown),
        ]),
      );
    case 'scalar':
      return decodeScalar(schema, value, place);
  }
}

function decodeScalar(schema: ScalarSchema, value: JsonValue, place: Place): JsonValue {
  switch (schema.scalar) {
    case 'string':
      if (typeof value !== 'string') throw typeError(value, schema.goType, place);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw typeError(value, schema.goType, place);
      return value;
    case 'int32':
    case 'int64':
      return decodeInteger(schema, value, place);
    case 'intOrString':
      return decodeIntOrString(value);
    case 'quantity':
      return decodeQuantity(value);
    case 'time':
    case 'microTime':
      if (typeof value !== 'string') throw valueError(value, 'string');
      return normalizeTime(value, schema.scalar);
    case 'bytes':
      if (typeof value !== 'string') throw typeError(value, schema.goType, place);
      return checkBase64(value);
    case 'any':
      return jsonCopy(value);
  }
}

const INT32_LIMIT = 2 ** 31;

function inInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -INT32_LIMIT && value < INT32_LIMIT;
}

function decodeInteger(schema: ScalarSchema, value: JsonValue, place: Place): JsonValue {
  if (typeof value !== 'number') throw typeError(value, schema.goType, place);
  const fits = schema.scalar === 'int32' ? inInt32(value) : Number.isInteger(value);
  if (!fits) throw typeError(value, schema.goType, place, `number ${value}`);
  return value;
}

/** An IntOrString decodes itself, so its errors name no field. */
function decodeIntOrString(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') throw valueError(value, 'int32');
  if (!inInt32(value)) throw valueError(value, 'int32', `number ${value}`);
  return value;
}

function decodeQuantity(value: JsonValue): JsonValue {
  if (typeof value !== 'string' && typeof value !== 'number') throw new DecodeError(QUANTITY_FORMAT_ERROR);
  try {
    return canonicalQuantity(String(value));
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error));
  }
}

function checkBase64(value: string): string {
  const bad = value.search(/[^A-Za-z0-9+/=\r\n]/);
  if (bad >= 0) throw new DecodeError(`illegal base64 data at input byte ${bad}`);
  const compact = value.replaceAll(/[\r\n]/g, '');
  if (compact.length % 4 !== 0 || /=[^=]/.test(compact)) {
    throw new DecodeError(
      `illegal base64 data at input byte ${Math.max(0, compact.length - (compact.length % 4))}`,
    );
  }
  return compact;
}

function typeError(
  value: JsonValue,
  goType: string,
  place: Place,
  described: string = goJsonKind(value),
): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${described} into Go struct field ${place.struct}.${place.stack.join('.')} of type ${goType}`,
  );
}

function valueError(value: JsonValue, goType: string, described: string = goJsonKind(value)): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${described} into Go value of type ${goType}`);
}
