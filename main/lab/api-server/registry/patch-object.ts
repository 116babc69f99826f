import { goValue } from '../../../../app/kubernetes/go-format.ts';
import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import { DecodeError } from '../../../../app/kubernetes/schema/decode-error.ts';
import { invalid } from '../../../../app/kubernetes/validation/field-error.ts';
import { type ApiError, badRequest, conflict, notFound } from '../api-error.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';
import { objectPath } from '../api-object.ts';
import { type Resource, storageOf } from '../resources/resource.ts';
import { checkName, type FieldValidation, reportUnknownFields } from './decode-body.ts';
import {
  groupResource,
  gvkOf,
  type JsonPatchType,
  mustGet,
  type ObjectKey,
  presented,
  type RegistryContext,
  type WriteOptions,
} from './registry-context.ts';
import { scaleKind, scaleOf, withScale } from './scale.ts';
import { createObject, updateObject, type WriteResult } from './write-object.ts';

export interface PatchRequest {
  resource: Resource;
  key: ObjectKey;
  patch: unknown;
  options: WriteOptions;
  fieldValidation: FieldValidation;
  /** Fields given twice in the text of the patch. */
  duplicates?: string[];
}

/**
 * Patches an object, its status or its scale.
 * @throws ApiError; nothing has changed then
 */
export function patchObject(
  context: RegistryContext,
  request: PatchRequest & { type: JsonPatchType },
): WriteResult {
  const { resource, key, type, patch, options } = request;
  const current = presented(resource, mustGet(context, resource, key));
  const scaling = options.subresource === 'scale';
  const shown = scaling ? scaleOf(current) : current;
  const gvk = scaling ? scaleKind : gvkOf(resource);
  const json = context.rules.patch({ gvk, type, current: shown as unknown as JsonObject, patch });
  const { object, warnings } = decodePatched(context, { request, gvk, json });
  checkName(object, key);
  const updated = scaling ? withScale(current, object) : object;
  const write = { resource, ...key, object: updated, options: { ...options, patched: true } };
  const result = updateObject(context, write);
  return { ...result, warnings: [...warnings, ...result.warnings] };
}

function decodePatched(
  context: RegistryContext,
  patched: {
    request: PatchRequest & { type: JsonPatchType };
    gvk: { group: string; version: string; kind: string };
    json: JsonObject;
  },
): { object: ApiObject; warnings: string[] } {
  const { request, gvk, json } = patched;
  // The strategic patch is told as the patch was given, the others as what they made of the object.
  const told = request.type === 'strategic' ? goValue(request.patch) : JSON.stringify(json);
  const refuse = (message: string): ApiError =>
    context.rules.invalid({ group: '', kind: '' }, '', [invalid('patch', told, message)]);
  try {
    const { object, unknownFields } = context.rules.decode(gvk, json);
    const problems = { unknownFields, duplicates: request.duplicates ?? [] };
    return { object, warnings: reportUnknownFields(problems, request.fieldValidation, refuse) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw refuse(request.type === 'strategic' ? conversionMessage(error.message) : error.message);
  }
}

/**
 * Server-side apply of a manager's configuration; makes the object when it is not there.
 * @throws ApiError
 */
export function applyObject(
  context: RegistryContext,
  request: PatchRequest & { force: boolean },
): WriteResult {
  const { resource, key, patch, options, force } = request;
  const configuration = patch as JsonObject;
  const stored = context.store.get(storageOf(resource), objectPath(key.namespace, key.name));
  const live = stored && presented(resource, stored);
  if (!live && options.subresource) throw notFound(groupResource(resource), key.name);
  checkConfiguration(request, configuration, live);
  const json = context.rules.apply({
    resource,
    live,
    configuration,
    manager: options.manager,
    force,
    ...(options.subresource && { subresource: options.subresource }),
  });
  const { object } = context.rules.decode(gvkOf(resource), json);
  checkName(object, key);
  const write = { resource, ...key, object, options: { ...options, applied: true, patched: true } };
  return live ? updateObject(context, write) : createObject(context, write);
}

function checkConfiguration(
  { resource, key }: PatchRequest,
  configuration: JsonObject,
  live: StoredObject | undefined,
): void {
  const metadata = (configuration['metadata'] ?? {}) as { uid?: string; managedFields?: unknown[] };
  if (metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  if (!live && metadata.uid) {
    const cause = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
    throw conflict(groupResource(resource), key.name, cause);
  }
  if (!configuration['apiVersion'] || !configuration['kind']) {
    throw badRequest("error decoding YAML: Object 'apiVersion' and 'kind' are required");
  }
}

/**
 * What is wrong with a strategic patch's value. The server makes its objects of these patches without going
 * through JSON again, by a converter with words of its own.
 */
function conversionMessage(decodeMessage: string): string {
  const match = /cannot unmarshal (?<actual>\w+).* into Go struct field .* of type (?<type>\S+)$/.exec(
    decodeMessage,
  );
  const { actual = '', type = '' } = match?.groups ?? {};
  const kind = goKinds[actual] ?? actual;
  if (!match) return decodeMessage;
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (type.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (/^(u?int\d*|bool)$/.test(type)) return `unrecognized type: ${type}`;
  if (actual === 'number') return `cannot convert ${kind} to ${type}`;
  if (type === 'string') return 'unrecognized type: string';
  return `cannot restore struct from: ${kind}`;
}

/** What JSON values are to Go's reflection. */
const goKinds: Record<string, string> = { number: 'int64', array: 'slice', object: 'map' };
