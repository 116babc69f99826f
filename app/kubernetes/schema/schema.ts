/**
 * The structure of the API's types: what each field holds, how lists merge, what an API server writes.
 *
 * The generated structure is small; the richer form below is made of it one type at a time, when first asked.
 */
import { ENUMS } from './enums.ts';
import {
  ALWAYS_WRITTEN,
  NAMED_MAPS,
  NAMED_STRINGS,
  POINTER_FIELDS,
  VALUE_STRUCTS,
} from './go-representation.ts';
import { definitionOf, type GroupVersionKind } from './kinds.ts';
import {
  ATOMIC_MAPS,
  ATOMIC_TYPES,
  LIST_RULES,
  type ListType,
  MAP_KEY_DEFAULTS,
  RETAIN_KEYS_FIELDS,
} from './merge-rules.ts';
import generated from './types.generated.json' with { type: 'json' };

type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'boolean'
  | 'time'
  | 'microTime'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'any';

export interface ScalarSchema {
  kind: 'scalar';
  scalar: ScalarType;
  /** The type as Go's decoder names it in its errors: `int32`, `v1.ServiceType`. */
  goType: string;
  /** Values the field takes, with the API's words on each; undefined when it takes any. */
  enum?: Readonly<Record<string, string>>;
}

export interface ListSchema {
  kind: 'list';
  items: ValueSchema;
  listType: ListType;
  mapKeys: readonly string[];
  patchMergeKey?: string;
  patchStrategy?: string;
  goType: string;
}

interface MapSchema {
  kind: 'map';
  values: ValueSchema;
  /** Owned and replaced as a whole. */
  atomic: boolean;
  goType: string;
}

interface StructSchema {
  kind: 'struct';
  /** The definition's name, `io.k8s.api.core.v1.ServicePort`. */
  definition: string;
  atomic: boolean;
  retainKeys: boolean;
  goType: string;
}

export type ValueSchema = ScalarSchema | ListSchema | MapSchema | StructSchema;

/**
 * What is written for a field: `always` (even empty), `set` (a pointer: whenever it is not null), or
 * `nonzero` (not when it is empty, zero or false).
 */
type Presence = 'always' | 'set' | 'nonzero';

export interface FieldSchema {
  name: string;
  value: ValueSchema;
  required: boolean;
  presence: Presence;
  /** Whether an object is held by value: it is `{}` when nothing is given, never null. */
  valueStruct: boolean;
  /** What an omitted key of a `map` list's element stands for. */
  keyDefault?: unknown;
}

export interface TypeSchema {
  /** The definition's name, `io.k8s.api.core.v1.ServicePort`. */
  definition: string;
  /** The Go type's own name, `ServicePort`. */
  goName: string;
  required: readonly string[];
  /** Owned and replaced as a whole, wherever it is held. */
  atomic: boolean;
  fields: ReadonlyMap<string, FieldSchema>;
}

interface GeneratedType {
  required: string[];
  fields: Record<string, string>;
}

const GENERATED: Readonly<Record<string, GeneratedType>> = generated;
const SCALARS: ReadonlySet<string> = new Set([
  'string',
  'int32',
  'int64',
  'boolean',
  'time',
  'microTime',
  'bytes',
  'quantity',
  'intOrString',
  'any',
]);
const GO_SCALARS: Readonly<Partial<Record<ScalarType, string>>> = {
  boolean: 'bool',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
};
/** The last path elements of these packages differ from their Go package name only in form. */
const GO_PACKAGE = 'v1';

const types = new Map<string, TypeSchema>();

/** Names of all definitions, sorted. */
export function definitionNames(): string[] {
  return Object.keys(GENERATED);
}

/** The structure of a kind, or undefined for one that is not known here. */
export function schemaFor(gvk: GroupVersionKind): TypeSchema | undefined {
  const definition = definitionOf(gvk);
  return definition === undefined ? undefined : typeSchema(definition);
}

/** The structure that a definition's name stands for. Throws for a name that is not generated. */
export function typeSchema(definition: string): TypeSchema {
  const known = types.get(definition);
  if (known !== undefined) return known;
  const source = GENERATED[definition];
  if (source === undefined)
    throw new Error(`no schema is generated for ${definition}: add it to scripts/generate-schema.ts`);
  const made = buildType(definition, source);
  types.set(definition, made);
  return made;
}

/** The structure of what a list's or map's element, or a struct, holds; undefined for scalars. */
export function structOf(schema: ValueSchema | undefined): TypeSchema | undefined {
  return schema?.kind === 'struct' ? typeSchema(schema.definition) : undefined;
}

function buildType(definition: string, source: GeneratedType): TypeSchema {
  const goName = definition.slice(definition.lastIndexOf('.') + 1);
  const fields = new Map<string, FieldSchema>();
  for (const [name, word] of Object.entries(source.fields)) {
    const owner: FieldOwner = { definition, goName, name };
    const required = source.required.includes(name);
    const value = parseType(word, owner);
    const keyDefault = lookup(MAP_KEY_DEFAULTS, owner);
    fields.set(name, {
      name,
      value,
      required,
      presence: presenceOf(owner, value, required),
      valueStruct: has(VALUE_STRUCTS, owner),
      ...(keyDefault === undefined ? {} : { keyDefault }),
    });
  }
  return { definition, goName, required: source.required, atomic: ATOMIC_TYPES.has(goName), fields };
}

interface FieldOwner {
  definition: string;
  goName: string;
  name: string;
}

/** Tables name a field by its Go type, or by the whole definition where two types share a name. */
function lookup<T>(
  table: Readonly<Record<string, T>>,
  { definition, goName, name }: FieldOwner,
): T | undefined {
  return table[`${definition}.${name}`] ?? table[`${goName}.${name}`];
}

function has(table: ReadonlySet<string>, { definition, goName, name }: FieldOwner): boolean {
  return table.has(`${definition}.${name}`) || table.has(`${goName}.${name}`);
}

function presenceOf(owner: FieldOwner, value: ValueSchema, required: boolean): Presence {
  if (required || has(ALWAYS_WRITTEN, owner) || has(VALUE_STRUCTS, owner)) return 'always';
  if (value.kind === 'struct' || has(POINTER_FIELDS, owner)) return 'set';
  if (value.kind === 'scalar' && (value.scalar === 'time' || value.scalar === 'microTime')) return 'set';
  return 'nonzero';
}

function parseType(word: string, owner: FieldOwner): ValueSchema {
  if (word.startsWith('[]')) {
    const items = parseType(word.slice(2), owner);
    const rule = lookup(LIST_RULES, owner);
    return {
      kind: 'list',
      items,
      listType: rule?.listType ?? 'atomic',
      mapKeys: rule?.mapKeys ?? [],
      ...(rule?.patchMergeKey === undefined ? {} : { patchMergeKey: rule.patchMergeKey }),
      ...(rule?.patchStrategy === undefined ? {} : { patchStrategy: rule.patchStrategy }),
      goType: `[]${items.goType}`,
    };
  }
  if (word.startsWith('{}')) {
    const values = parseType(word.slice(2), owner);
    const goType = lookup(NAMED_MAPS, owner) ?? `map[string]${values.goType}`;
    return { kind: 'map', values, atomic: has(ATOMIC_MAPS, owner), goType };
  }
  if (SCALARS.has(word)) return parseScalar(word as ScalarType, owner);
  const goName = word.slice(word.lastIndexOf('.') + 1);
  return {
    kind: 'struct',
    definition: word,
    atomic: ATOMIC_TYPES.has(goName),
    retainKeys: has(RETAIN_KEYS_FIELDS, owner),
    goType: `${GO_PACKAGE}.${goName}`,
  };
}

function parseScalar(scalar: ScalarType, owner: FieldOwner): ScalarSchema {
  const named = scalar === 'string' ? lookup(NAMED_STRINGS, owner) : undefined;
  const values = scalar === 'string' ? lookup(ENUMS, owner) : undefined;
  return {
    kind: 'scalar',
    scalar,
    goType: named ?? GO_SCALARS[scalar] ?? scalar,
    ...(values === undefined ? {} : { enum: values }),
  };
}
