/** ConfigMaps and Secrets (pkg/apis/core/validation). */
import { goJsonKind, isJsonObject, jsonEqual } from '../json.ts';
import type { KubernetesObject } from '../objects.ts';
import { validatePlainCreate, validatePlainUpdate } from './event.ts';
import { type FieldError, forbidden, invalid, invalidEach, required, tooLong } from './field-error.ts';
import { configKeyErrors } from './names.ts';
import { validateImmutable } from './object-meta.ts';

interface ConfigMap extends KubernetesObject {
  immutable?: boolean;
  data?: Record<string, string>;
  /** Base64. */
  binaryData?: Record<string, string>;
}

interface Secret extends KubernetesObject {
  immutable?: boolean;
  type?: string;
  /** Base64. */
  data?: Record<string, string>;
}

const MAX_BYTES = 1024 * 1024;
/** The API's own slip: a format where the name of the field was meant. */
const UNNAMED = 'data[%s]';
const IMMUTABLE_SET = 'field is immutable when `immutable` is set';

export function validateConfigMapCreate(configMap: ConfigMap): FieldError[] {
  return [...validatePlainCreate(configMap), ...validateEntries(configMap)];
}

export function validateConfigMapUpdate(configMap: ConfigMap, old: ConfigMap): FieldError[] {
  return [
    ...validatePlainUpdate(configMap, old),
    ...validateUnchanged(configMap, old, ['data', 'binaryData']),
    ...validateEntries(configMap),
  ];
}

export function validateSecretCreate(secret: Secret): FieldError[] {
  return [...validatePlainCreate(secret), ...validateSecret(secret)];
}

export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  return [
    ...validatePlainUpdate(secret, old),
    ...validateImmutable('type', secret.type, old.type),
    ...validateUnchanged(secret, old, ['data']),
    ...validateSecret(secret),
  ];
}

function validateEntries({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors = Object.keys(data).flatMap((key) => [
    ...invalidEach(`data[${key}]`, key, configKeyErrors(key)),
    ...(key in binaryData ? [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')] : []),
  ]);
  errors.push(
    ...Object.keys(binaryData).flatMap((key) => invalidEach(`binaryData[${key}]`, key, configKeyErrors(key))),
  );
  const bytes = plainBytes(data) + decodedBytes(binaryData);
  // The API names no field here.
  return bytes > MAX_BYTES ? [...errors, tooLong('', MAX_BYTES)] : errors;
}

/** What an object that says it does not change has changed all the same. */
function validateUnchanged<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (old.immutable !== true) return [];
  const errors = object.immutable === true ? [] : [forbidden('immutable', IMMUTABLE_SET)];
  for (const field of fields) {
    if (!jsonEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, IMMUTABLE_SET));
  }
  return errors;
}

function validateSecret({ metadata, type = '', data = {} }: Secret): FieldError[] {
  const errors = Object.keys(data).flatMap((key) => invalidEach(`data[${key}]`, key, configKeyErrors(key)));
  if (decodedBytes(data) > MAX_BYTES) errors.push(tooLong('data', MAX_BYTES));
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const account = 'kubernetes.io/service-account.name';
      if (!metadata?.annotations?.[account]) errors.push(required(`metadata.annotations[${account}]`));
      return errors;
    }
    case 'kubernetes.io/dockercfg':
      return [...errors, ...validateJsonEntry(data, '.dockercfg')];
    case 'kubernetes.io/dockerconfigjson':
      return [...errors, ...validateJsonEntry(data, '.dockerconfigjson')];
    case 'kubernetes.io/basic-auth': {
      if ('username' in data || 'password' in data) return errors;
      return [...errors, required(`${UNNAMED}[username]`), required(`${UNNAMED}[password]`)];
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? errors : [...errors, required(`${UNNAMED}[ssh-privatekey]`)];
    case 'kubernetes.io/tls':
      return [
        ...errors,
        ...['tls.crt', 'tls.key'].filter((key) => !(key in data)).map((key) => required(`data[${key}]`)),
      ];
    default:
      return errors;
  }
}

function validateJsonEntry(data: Record<string, string>, key: string): FieldError[] {
  const encoded = data[key];
  if (encoded === undefined) return [required(`data[${key}]`)];
  const problem = notJsonObject(encoded);
  return problem === undefined ? [] : [invalid(`data[${key}]`, '<secret contents redacted>', problem)];
}

function notJsonObject(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isJsonObject(value)) return undefined;
    return `json: cannot unmarshal ${goJsonKind(value)} into Go value of type map[string]interface {}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function plainBytes(data: Record<string, string>): number {
  const encoder = new TextEncoder();
  return Object.values(data).reduce((total, value) => total + encoder.encode(value).length, 0);
}

/** Bytes of values in base64, which decoding has checked. */
function decodedBytes(data: Record<string, string>): number {
  return Object.values(data).reduce((total, value) => {
    const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
    return total + (value.length / 4) * 3 - padding;
  }, 0);
}
