/**
 * Reads objects in Kubernetes' protobuf form, in which kubectl sends what it creates itself
 * (`application/vnd.kubernetes.protobuf`), as the JSON they stand for.
 *
 * The form is an envelope with the object's kind around its message; field numbers come from the API's own
 * descriptors (`fields.generated.json`), what a field holds from the schema. A field that is not known is
 * passed over, as protobuf has it.
 */
import type { JsonObject, JsonValue } from '../json.ts';
import { definitionOf, parseGroupVersionKind } from '../schema/kinds.ts';
import { type ScalarSchema, type TypeSchema, typeSchema, type ValueSchema } from '../schema/schema.ts';
import generated from './fields.generated.json' with { type: 'json' };
import { readFields, type WireField } from './wire.ts';

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
/** Field numbers of runtime.Unknown and its TypeMeta. */
const ENVELOPE = { typeMeta: 1, raw: 2, contentEncoding: 3 };
const TYPE_META = { apiVersion: 1, kind: 2 };

/** Bytes that are not an object in this form. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** Reads one object. Throws a ProtobufError for a wrong envelope or a kind without a schema, a WireError for a bad message. */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw new ProtobufError(
      'provided data does not appear to be a protobuf message, expected prefix k8s\\x00',
    );
  }
  const envelope = readFields(bytes.subarray(MAGIC.length));
  const typeMeta = readFields(bytesOf(envelope, ENVELOPE.typeMeta));
  const apiVersion = text(bytesOf(typeMeta, TYPE_META.apiVersion));
  const kind = text(bytesOf(typeMeta, TYPE_META.kind));
  if (bytesOf(envelope, ENVELOPE.contentEncoding).length > 0) {
    throw new ProtobufError('the content of a protobuf message may not be encoded again');
  }
  const definition = definitionOf(parseGroupVersionKind({ apiVersion, kind }));
  if (definition === undefined) {
    throw new ProtobufError(
      `no kind ${JSON.stringify(kind)} is known for version ${JSON.stringify(apiVersion)}`,
    );
  }
  const object = decodeMessage(typeSchema(definition), bytesOf(envelope, ENVELOPE.raw));
  return { ...object, apiVersion, kind };
}

function bytesOf(fields: WireField[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const FIELDS: Readonly<Record<string, string>> = generated;
const numbersOf = new Map<string, ReadonlyMap<number, string>>();

/** Field names by number; a `+` before a name is an inlined message. */
function fieldNames(message: string): ReadonlyMap<number, string> {
  const known = numbersOf.get(message);
  if (known !== undefined) return known;
  const made = new Map(
    (FIELDS[message] ?? '').split(' ').map((field) => {
      const equals = field.lastIndexOf('=');
      return [Number(field.slice(equals + 1)), field.slice(0, equals)] as const;
    }),
  );
  numbersOf.set(message, made);
  return made;
}

function decodeMessage(type: TypeSchema, bytes: Uint8Array, message = type.definition): JsonObject {
  const object: JsonObject = {};
  const names = fieldNames(message);
  for (const { number, value } of readFields(bytes)) {
    const name = names.get(number);
    if (name === undefined) continue;
    if (name.startsWith('+')) {
      if (value instanceof Uint8Array) Object.assign(object, decodeMessage(type, value, name.slice(1)));
      continue;
    }
    const schema = type.fields.get(name)?.value;
    if (schema !== undefined) addValue(object, { name, schema, value });
  }
  return object;
}

type WireValue = WireField['value'];

function addValue(
  object: JsonObject,
  { name, schema, value }: { name: string; schema: ValueSchema; value: WireValue },
): void {
  const current = object[name];
  if (schema.kind === 'list') {
    object[name] = [...(Array.isArray(current) ? current : []), decodeValue(schema.items, value)];
  } else if (schema.kind === 'map') {
    const entry = readFields(value instanceof Uint8Array ? value : new Uint8Array());
    const map = typeof current === 'object' && current !== null && !Array.isArray(current) ? current : {};
    object[name] = { ...map, [text(bytesOf(entry, 1))]: mapValue(schema.values, entry) };
  } else {
    object[name] = decodeValue(schema, value);
  }
}

/** A map's value; one that is a list is a message of its items. */
function mapValue(schema: ValueSchema, entry: WireField[]): JsonValue {
  if (schema.kind !== 'list')
    return decodeValue(schema, entry.findLast(({ number }) => number === 2)?.value ?? new Uint8Array());
  const items = readFields(bytesOf(entry, 2)).filter(({ number }) => number === 1);
  return items.map(({ value }) => decodeValue(schema.items, value));
}

function decodeValue(schema: ValueSchema, value: WireValue): JsonValue {
  switch (schema.kind) {
    case 'scalar':
      return decodeScalar(schema, value);
    case 'struct':
      return value instanceof Uint8Array ? decodeMessage(typeSchema(schema.definition), value) : {};
    default:
      throw new ProtobufError('a list or map inside another has no protobuf form');
  }
}

function decodeScalar({ scalar }: ScalarSchema, value: WireValue): JsonValue {
  const bytes = value instanceof Uint8Array ? value : new Uint8Array();
  switch (scalar) {
    case 'string':
      return text(bytes);
    case 'int32':
    case 'int64':
      return integer(value);
    case 'boolean':
      return value !== 0n;
    case 'bytes':
      return base64(bytes);
    case 'quantity':
      return text(bytesOf(readFields(bytes), 1)) || '0';
    case 'intOrString':
      return intOrString(readFields(bytes));
    case 'time':
    case 'microTime':
      return time(readFields(bytes), scalar);
    case 'any':
      return embedded(bytesOf(readFields(bytes), 1));
  }
}

function integer(value: WireValue | undefined): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

function numberOf(fields: WireField[], number: number): number {
  return integer(fields.findLast((field) => field.number === number)?.value);
}

/** `type` 1 is a string. */
function intOrString(fields: WireField[]): JsonValue {
  return numberOf(fields, 1) === 1 ? text(bytesOf(fields, 3)) : numberOf(fields, 2);
}

/** Seconds and nanoseconds since 1970; a message without either is no time. */
function time(fields: WireField[], precision: 'time' | 'microTime'): JsonValue {
  if (fields.length === 0) return null;
  const seconds = new Date(numberOf(fields, 1) * 1000).toISOString().slice(0, 19);
  if (precision === 'time') return `${seconds}Z`;
  return `${seconds}.${String(Math.floor(numberOf(fields, 2) / 1000)).padStart(6, '0')}Z`;
}

/** JSON in a message's bytes. */
function embedded(bytes: Uint8Array): JsonValue {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(text(bytes));
  } catch {
    throw new ProtobufError('an embedded object is not JSON');
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
