/** What is wrong with a Service as it is typed, in the API server's own words, before any server is asked. */

import { applyDefaults } from '../../../../app/kubernetes/defaults/defaults.ts';
import {
  goJsonKind,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../../../app/kubernetes/json.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import { strictDecode } from '../../../../app/kubernetes/schema/decode.ts';
import { DecodeError } from '../../../../app/kubernetes/schema/decode-error.ts';
import {
  errorBody,
  validateCreate,
  validateUpdate,
  warningsFor,
} from '../../../../app/kubernetes/validation/validate.ts';
import { type FieldPath, formatFieldPath, parseFieldPath, valueAt } from './field-path.ts';

const SERVICE = { group: '', version: 'v1', kind: 'Service' };

export interface FieldMessage {
  /** As the text has it: `spec.ports[0].port`; empty where it is about the whole. */
  readonly field: string;
  readonly message: string;
}

export interface LocalCheck {
  readonly problems: readonly FieldMessage[];
  readonly warnings: readonly FieldMessage[];
  /** The object with the API's defaults: what an editor shows in empty fields. Undefined where it cannot be decoded. */
  readonly defaulted: Service | undefined;
}

/** @param stored what the server has, for an object that changes. */
export function checkLocally(object: JsonObject, stored: Service | undefined): LocalCheck {
  const kind = wrongKind(object);
  if (kind !== undefined) return { problems: [kind], warnings: [], defaulted: undefined };
  try {
    const { object: decoded, unknownFields } = strictDecode(SERVICE, object);
    const defaulted = applyDefaults(SERVICE, decoded) as unknown as Service & JsonObject;
    const named = withNamespace(defaulted);
    const errors = stored
      ? validateUpdate(SERVICE, withServersOwn(named, stored), stored, { unallocated: true })
      : validateCreate(SERVICE, named, { unallocated: true });
    const unknown = unknownFields.map((field) => ({
      field,
      message: `unknown field ${JSON.stringify(field)}`,
    }));
    const found = errors.map((error) =>
      atEntry(object, { field: formFieldOf(error.field), message: errorBody(error) }),
    );
    const warnings = warningsFor(SERVICE, named).map(fieldOfWarning);
    return { problems: [...unknown, ...found], warnings, defaulted };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { problems: decodeProblems(object, error.message), warnings: [], defaulted: undefined };
  }
}

function wrongKind({ apiVersion, kind }: JsonObject): FieldMessage | undefined {
  if (kind !== undefined && kind !== 'Service') {
    return { field: 'kind', message: `a Service is edited here, no ${JSON.stringify(kind)}` };
  }
  if (apiVersion !== undefined && apiVersion !== 'v1') {
    return { field: 'apiVersion', message: `a Service is of "v1", not of ${JSON.stringify(apiVersion)}` };
  }
  return undefined;
}

/** A server fills in the namespace of the request. */
function withNamespace<T extends Service>(service: T): T {
  return {
    ...service,
    metadata: { ...service.metadata, namespace: service.metadata?.namespace || 'default' },
  };
}

/** What the text leaves out because the server keeps it. */
function withServersOwn(service: Service & JsonObject, stored: Service): Service {
  const { uid, resourceVersion, creationTimestamp, generation, managedFields } = stored.metadata ?? {};
  const own = Object.fromEntries(
    Object.entries({ uid, resourceVersion, creationTimestamp, generation, managedFields }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  return { ...service, metadata: { ...service.metadata, ...own } };
}

/** The API's own spellings of some fields, in its errors. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^spec\.LoadBalancerSourceRanges/, 'spec.loadBalancerSourceRanges'],
  [/^spec\.SessionAffinity/, 'spec.sessionAffinity'],
  [/^allocateLoadBalancerNodePorts/, 'spec.allocateLoadBalancerNodePorts'],
  [/^spec\.clusterIPs\[0\]$/, 'spec.clusterIP'],
];

/** The field as the object has it. */
export function formFieldOf(field: string): string {
  return SPELLINGS.reduce((text, [pattern, name]) => text.replace(pattern, name), field);
}

const MAPS = new Set(['metadata.labels', 'metadata.annotations', 'spec.selector']);

/** The API names a map as a whole; the key or value that it quotes tells which entry is meant. */
export function atEntry(object: JsonObject, { field, message }: FieldMessage): FieldMessage {
  if (!MAPS.has(field)) return { field, message };
  const map = valueAt(object, parseFieldPath(field));
  const quoted = /^Invalid value: ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (!isJsonObject(map) || quoted === undefined) return { field, message };
  const [key] =
    Object.entries(map).find((entry) => entry.some((text) => JSON.stringify(text) === quoted)) ?? [];
  return { field: key === undefined ? field : `${field}[${key}]`, message };
}

/** `spec.externalIPs is deprecated…`, `spec.clusterIPs[0]: …`: a warning begins with its field. */
function fieldOfWarning(message: string): FieldMessage {
  const field = /^(spec\.[\w.[\]]+)/.exec(message)?.[1] ?? '';
  return { field: formFieldOf(field.replace(/\.$/, '')), message };
}

/**
 * Go's decoder names the field without indices (`Go struct field ServicePort.spec.ports.port of type int32`):
 * the places of that name whose value is of the type it complains of are meant.
 */
function decodeProblems(object: JsonObject, message: string): FieldMessage[] {
  const [, found = '', path = ''] =
    /cannot unmarshal (.+?) into Go struct field \w+\.(\S+) of type/.exec(message) ?? [];
  const kind = found.split(' ')[0];
  const places = placesOf(object, path.split('.'), []).filter(({ value }) => goJsonKind(value) === kind);
  const fields = places.length > 0 ? places.map((place) => formatFieldPath(place.path)) : [''];
  return fields.map((field) => ({ field, message }));
}

function placesOf(
  value: JsonValue | undefined,
  names: readonly string[],
  path: FieldPath,
): { path: FieldPath; value: JsonValue }[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && names.length > 0) {
    return value.flatMap((item, index) => placesOf(item, names, [...path, index]));
  }
  const [name, ...rest] = names;
  if (name === undefined) {
    // Of a map, an entry may be meant.
    const entries = isJsonObject(value) ? Object.entries(value) : [];
    return [{ path, value }, ...entries.map(([key, item]) => ({ path: [...path, key], value: item }))];
  }
  return isJsonObject(value) ? placesOf(value[name], rest, [...path, name]) : [];
}
