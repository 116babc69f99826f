import { goJsonKind, isJsonObject } from '../../../../app/kubernetes/json.ts';
import { type ApiError, badRequest, unsupportedMediaType } from '../api-error.ts';
import type { FieldValidation } from '../registry/decode-body.ts';
import type { JsonPatchType, WriteOptions } from '../registry/registry-context.ts';
import { parseMediaType } from './media-types.ts';
import { patchOptionsOf } from './query-options.ts';
import { type Body, parseJson, parseYaml, readText } from './request-body.ts';
import { answerWritten, keyOfRequest, type ResourceRequest } from './resource-handler.ts';

const patchTypes: Record<string, JsonPatchType | 'apply'> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** PATCH of an object, its status or its scale. @throws ApiError */
export async function handlePatch(context: ResourceRequest, subresource?: 'status' | 'scale'): Promise<void> {
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  const type = patchTypes[parseMediaType(request.headers['content-type'] ?? '').type];
  if (!type) throw unsupportedMediaType(Object.keys(patchTypes));
  const { manager, dryRun, fieldValidation, force } = patchOptionsOf(context, type);
  const { json: patch, duplicates } = await readPatch(context, type, fieldValidation);
  const options: WriteOptions = { manager, dryRun, ...(subresource && { subresource }) };
  const asked = { resource, key, patch, options, duplicates, fieldValidation };
  const result = type === 'apply' ? registry.apply({ ...asked, force }) : registry.patch({ ...asked, type });
  return answerWritten(context, result);
}

/** @throws ApiError (400) where the text is not what a patch of its type is */
async function readPatch(
  { request }: ResourceRequest,
  type: JsonPatchType | 'apply',
  fieldValidation: FieldValidation,
): Promise<Body> {
  const text = await readText(request);
  if (type === 'apply') return parseYaml(text);
  // Validated fields are decoded once more, before the patch is applied, with an error of their own.
  const validated = type !== 'strategic' && fieldValidation !== 'Ignore';
  const refuse = (cause: string): ApiError =>
    badRequest(validated ? `error decoding patch: ${cause}` : cause);
  const body = parseJson(text, refuse);
  const fits = type === 'json' ? Array.isArray(body.json) : isJsonObject(body.json);
  if (!fits && (validated || type === 'strategic')) {
    const goType = type === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
    throw refuse(`json: cannot unmarshal ${goJsonKind(body.json)} into Go value of type ${goType}`);
  }
  return body;
}
