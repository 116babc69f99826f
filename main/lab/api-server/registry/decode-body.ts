import { goJsonKind, isJsonObject } from '../../../../app/kubernetes/json.ts';
import { strictDecodingError, strictDecodingProblems } from '../../../../app/kubernetes/schema/decode.ts';
import { DecodeError } from '../../../../app/kubernetes/schema/decode-error.ts';
import {
  definitionOf,
  type GroupVersionKind,
  parseGroupVersionKind,
} from '../../../../app/kubernetes/schema/kinds.ts';
import { type ApiError, badRequest } from '../api-error.ts';
import type { ApiObject } from '../api-object.ts';
import { apiVersionOf } from '../resources/resource.ts';
import type { ObjectKey, RegistryContext } from './registry-context.ts';

/** What happens to fields that a kind does not have. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface FieldProblems {
  unknownFields: string[];
  /** Fields given twice. */
  duplicates: string[];
}

/**
 * The object of a create or update as the kind of its resource, with its defaults.
 * @throws ApiError (400)
 */
export function decodeBody(
  context: RegistryContext,
  body: { json: unknown; duplicates: string[]; gvk: GroupVersionKind; fieldValidation: FieldValidation },
): { object: ApiObject; warnings: string[] } {
  const { json, gvk, duplicates, fieldValidation } = body;
  const given = kindOfBody(json, gvk);
  const refuse = (cause: string): ApiError =>
    badRequest(`${given.kind} in version "${given.version}" cannot be handled as a ${gvk.kind}: ${cause}`);
  if (definitionOf(given) === undefined) {
    const version = apiVersionOf(given);
    throw refuse(`no kind "${given.kind}" is registered for version "${version}" in scheme "kube-proxy-lab"`);
  }
  if (given.group !== gvk.group || given.version !== gvk.version) {
    throw badRequest(
      `the API version in the data (${apiVersionOf(given)}) does not match the expected API version (${apiVersionOf(gvk)})`,
    );
  }
  if (given.kind !== gvk.kind) {
    throw refuse(`converting (v1.${given.kind}) to (v1.${gvk.kind}): unknown conversion`);
  }
  try {
    const { object, unknownFields } = context.rules.decode(gvk, {
      ...(json as object),
      kind: gvk.kind,
      apiVersion: apiVersionOf(gvk),
    });
    return { object, warnings: reportUnknownFields({ unknownFields, duplicates }, fieldValidation, refuse) };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

/** The kind that a body says it is; what it leaves out is as the URL has it. */
function kindOfBody(json: unknown, expected: GroupVersionKind): GroupVersionKind {
  if (json === undefined) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    );
  }
  if (!isJsonObject(json)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${goJsonKind(json)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { apiVersion, kind } = json;
  const given = parseGroupVersionKind({
    apiVersion: typeof apiVersion === 'string' && apiVersion ? apiVersion : apiVersionOf(expected),
    kind: typeof kind === 'string' && kind ? kind : expected.kind,
  });
  return given;
}

/**
 * Warnings about fields that were dropped, or the refusal that strict validation asks for.
 * @throws ApiError
 */
export function reportUnknownFields(
  { unknownFields, duplicates }: FieldProblems,
  fieldValidation: FieldValidation,
  refuse: (cause: string) => ApiError,
): string[] {
  const cause = strictDecodingError(unknownFields, duplicates);
  if (cause === undefined || fieldValidation === 'Ignore') return [];
  if (fieldValidation === 'Strict') throw refuse(cause);
  return strictDecodingProblems(unknownFields, duplicates);
}

/** An object has to be the one that its URL names. @throws ApiError (400) */
export function checkName(object: ApiObject, key: ObjectKey): void {
  const { name, namespace } = object.metadata;
  if (namespace && namespace !== key.namespace) throw namespaceMismatch(key.namespace);
  if (name && name !== key.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  }
  object.metadata.name = key.name;
}

/** @throws ApiError (400) */
export function checkNamespace(object: ApiObject, namespace: string | undefined): void {
  const given = object.metadata.namespace;
  if (given && given !== namespace) throw namespaceMismatch(namespace);
}

function namespaceMismatch(expected: string | undefined): ApiError {
  if (expected === undefined) return badRequest('namespace should not be set for a cluster-scoped object');
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}
