/**
 * What is wrong with a field, in the API's own words (k8s.io/apimachinery/pkg/util/validation/field), and
 * the Status an API server answers with.
 */
import { goEscape } from '../json.ts';
import type { GroupVersionKind } from '../schema/kinds.ts';

/** The API's cause types; `details.causes[].reason` of a Status. */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError';

export interface FieldError {
  /** `spec.ports[0].nodePort`. */
  field: string;
  type: FieldErrorType;
  badValue?: unknown;
  detail: string;
}

const TITLES: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
};
const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
]);

/** How the API shows a pointer that points to nothing. */
export const NIL_POINTER = 'null';

export function required(field: string, detail = ''): FieldError {
  return { field, type: 'FieldValueRequired', detail };
}

export function invalid(field: string, badValue: unknown, detail: string): FieldError {
  return { field, type: 'FieldValueInvalid', badValue, detail };
}

export function duplicate(field: string, badValue: unknown): FieldError {
  return { field, type: 'FieldValueDuplicate', badValue, detail: '' };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, type: 'FieldValueForbidden', detail };
}

export function notSupported(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  const values = supported.map((value) => JSON.stringify(value)).join(', ');
  return { field, type: 'FieldValueNotSupported', badValue, detail: `supported values: ${values}` };
}

export function tooLong(field: string, maximumBytes: number): FieldError {
  return { field, type: 'FieldValueTooLong', detail: `may not be more than ${maximumBytes} bytes` };
}

export function tooMany(field: string, actual: number, maximum: number): FieldError {
  return { field, type: 'FieldValueTooMany', badValue: actual, detail: `must have at most ${maximum} items` };
}

/** One `invalid` for each of several things wrong with a value. */
export function invalidEach(field: string, badValue: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalid(field, badValue, detail));
}

/** The error without its field: `Invalid value: 80: provided port is not in the valid range`. */
export function errorBody(error: FieldError): string {
  const title = TITLES[error.type];
  const what = WITHOUT_VALUE.has(error.type) ? title : `${title}: ${formatValue(error.badValue)}`;
  return error.detail === '' ? what : `${what}: ${error.detail}`;
}

/** A value as the API shows it: JSON, the fields of an object in the order given (Go's structs are ordered, its maps sorted). */
function formatValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : goEscape(JSON.stringify(value ?? null));
}

/** A map in the order in which Go writes one. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** `spec.ports: Required value`; several in brackets, each once, as the API joins them. */
export function joinErrors(errors: readonly FieldError[]): string {
  const messages = [...new Set(errors.map((error) => `${error.field}: ${errorBody(error)}`))];
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}

/** The Status of a refused object: 422, reason Invalid. */
export interface InvalidStatus {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: 'Invalid';
  details: {
    name?: string;
    group?: string;
    kind?: string;
    causes: { reason: FieldErrorType; message: string; field: string }[];
  };
  code: 422;
}

/** The answer to a request whose object is not valid. */
export function formatInvalid(
  { group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): InvalidStatus {
  const qualified = group === '' ? kind : `${kind}.${group}`;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${qualified} ${JSON.stringify(name)} is invalid: ${joinErrors(errors)}`,
    reason: 'Invalid',
    details: {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      ...(kind === '' ? {} : { kind }),
      causes: errors.map((error) => ({ reason: error.type, message: errorBody(error), field: error.field })),
    },
    code: 422,
  };
}
