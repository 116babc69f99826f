/** The API's types as OpenAPI schemas, with the extensions that kubectl's explain, apply and diff read. */
import type { JsonObject, JsonValue } from '../json.ts';
import { kindsOf } from '../schema/kinds.ts';
import {
  type FieldSchema,
  type ListSchema,
  type ScalarSchema,
  type TypeSchema,
  typeSchema,
  type ValueSchema,
} from '../schema/schema.ts';
import type { Dialect } from './dialect.ts';

/** Definition → description of the type ('') and of its fields. */
export type Docs = Readonly<Record<string, Readonly<Record<string, string>>>>;

const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time';
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime';
const FIELDS_V1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1';

/** Types that decode themselves in Go, and so are written here by hand. */
function leafDefinition(name: string, dialect: Dialect): JsonObject | undefined {
  switch (name) {
    case INT_OR_STRING:
      return {
        description: 'IntOrString is a type that can hold an int32 or a string.',
        format: 'int-or-string',
        ...dialect.either('integer', 'string', 'string'),
      };
    case QUANTITY:
      return {
        description: 'Quantity is a fixed-point representation of a number, such as 500m, 1.5 or 1Gi.',
        ...dialect.either('string', 'number', 'string'),
      };
    case TIME:
      return {
        description: 'Time is a point in time, to the second (RFC 3339).',
        format: 'date-time',
        type: 'string',
      };
    case MICRO_TIME:
      return {
        description: 'MicroTime is a point in time, to the microsecond (RFC 3339).',
        format: 'date-time',
        type: 'string',
      };
    case FIELDS_V1:
      return {
        description: 'FieldsV1 is a set of fields in JSON: `f:` fields, `k:` list keys, `v:` values.',
        type: 'object',
      };
    default:
      return undefined;
  }
}

/** The named definitions and all they refer to, sorted by name. */
export function openApiDefinitions(roots: Iterable<string>, docs: Docs, dialect: Dialect): JsonObject {
  const made = new Map<string, JsonObject>();
  const queue = [...roots];
  for (const name of queue) {
    if (made.has(name)) continue;
    const leaf = leafDefinition(name, dialect);
    if (leaf !== undefined) {
      made.set(name, leaf);
      continue;
    }
    const type = typeSchema(name);
    made.set(name, definition(type, docs[name] ?? {}, dialect));
    for (const field of type.fields.values()) queue.push(...referredFrom(field.value));
  }
  return Object.fromEntries([...made].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function referredFrom(schema: ValueSchema): string[] {
  switch (schema.kind) {
    case 'struct':
      return [schema.definition];
    case 'list':
      return referredFrom(schema.items);
    case 'map':
      return referredFrom(schema.values);
    case 'scalar':
      return scalarDefinition(schema) ?? [];
  }
}

/** The definition of a scalar that has one, as a list. */
function scalarDefinition({ scalar }: ScalarSchema): string[] | undefined {
  switch (scalar) {
    case 'intOrString':
      return [INT_OR_STRING];
    case 'quantity':
      return [QUANTITY];
    case 'time':
      return [TIME];
    case 'microTime':
      return [MICRO_TIME];
    case 'any':
      return [FIELDS_V1];
    default:
      return undefined;
  }
}

function definition(type: TypeSchema, docs: Readonly<Record<string, string>>, dialect: Dialect): JsonObject {
  const properties: JsonObject = {};
  for (const field of [...type.fields.values()].sort((left, right) => (left.name < right.name ? -1 : 1))) {
    properties[field.name] = property(field, docs[field.name], dialect);
  }
  const kinds = kindsOf(type.definition);
  return {
    ...(docs[''] === undefined ? {} : { description: docs[''] }),
    properties,
    ...(type.required.length === 0 ? {} : { required: [...type.required].sort() }),
    type: 'object',
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds.map((kind) => ({ ...kind })) }),
    ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function property(field: FieldSchema, doc: string | undefined, dialect: Dialect): JsonObject {
  const { value } = field;
  const description = describe(value, doc, dialect);
  const schema = valueSchema(value, description, dialect, field.valueStruct);
  if (dialect.detailed && field.keyDefault !== undefined) schema['default'] = field.keyDefault as JsonValue;
  else if (dialect.detailed && field.required) addZeroDefault(value, schema);
  if (value.kind === 'struct' && value.retainKeys) schema['x-kubernetes-patch-strategy'] = 'retainKeys';
  if (value.kind === 'map' && value.atomic) schema['x-kubernetes-map-type'] = 'atomic';
  return schema;
}

function describe(value: ValueSchema, doc: string | undefined, dialect: Dialect): string | undefined {
  const values = value.kind === 'scalar' && dialect.detailed ? value.enum : undefined;
  if (values === undefined) return doc;
  const lines = Object.entries(values).map(
    ([name, words]) => ` - \`"${name}"\`${words === '' ? '' : ` ${words}`}`,
  );
  return `${doc ?? ''}\n\nPossible enum values:\n${lines.join('\n')}`.trim();
}

function addZeroDefault(value: ValueSchema, schema: JsonObject): void {
  if (value.kind !== 'scalar') return;
  if (value.scalar === 'string') schema['default'] = '';
  if (value.scalar === 'int32' || value.scalar === 'int64') schema['default'] = 0;
  if (value.scalar === 'boolean') schema['default'] = false;
}

function valueSchema(
  value: ValueSchema,
  description: string | undefined,
  dialect: Dialect,
  byValue: boolean,
): JsonObject {
  const described: JsonObject = description === undefined ? {} : { description };
  switch (value.kind) {
    case 'struct':
      return dialect.reference(value.definition, description, byValue);
    case 'map':
      return { ...described, additionalProperties: element(value.values, dialect), type: 'object' };
    case 'list':
      return { ...described, items: element(value.items, dialect), type: 'array', ...listExtensions(value) };
    case 'scalar':
      return scalarSchema(value, description, dialect);
  }
}

function element(value: ValueSchema, dialect: Dialect): JsonObject {
  const schema = valueSchema(value, undefined, dialect, dialect.detailed && value.kind === 'struct');
  if (dialect.detailed) addZeroDefault(value, schema);
  return schema;
}

function listExtensions(list: ListSchema): JsonObject {
  return {
    ...(list.mapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': [...list.mapKeys] }),
    'x-kubernetes-list-type': list.listType,
    ...(list.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': list.patchMergeKey }),
    ...(list.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': list.patchStrategy }),
  };
}

function scalarSchema(value: ScalarSchema, description: string | undefined, dialect: Dialect): JsonObject {
  const reference = scalarDefinition(value)?.[0];
  if (reference !== undefined) return dialect.reference(reference, description, false);
  const described: JsonObject = description === undefined ? {} : { description };
  switch (value.scalar) {
    case 'int32':
    case 'int64':
      return { ...described, format: value.scalar, type: 'integer' };
    case 'boolean':
      return { ...described, type: 'boolean' };
    case 'bytes':
      return { ...described, format: 'byte', type: 'string' };
    default:
      return {
        ...described,
        ...(value.enum !== undefined && dialect.detailed ? { enum: Object.keys(value.enum).sort() } : {}),
        type: 'string',
      };
  }
}
