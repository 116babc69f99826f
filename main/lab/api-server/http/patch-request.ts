import { badRequest, unsupportedMediaType } from '../api-error.ts';
import type { JsonPatchType, WriteOptions } from '../registry/registry-context.ts';
import { parseMediaType } from './media-types.ts';
import { fieldValidationOf, isDryRun, managerOf } from './query-options.ts';
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
  const { registry, resource, request, query } = context;
  const key = keyOfRequest(context);
  const type = patchTypes[parseMediaType(request.headers['content-type'] ?? '').type];
  if (!type) throw unsupportedMediaType(Object.keys(patchTypes));
  const { json: patch, duplicates } = await readPatch(context, type);
  const options: WriteOptions = {
    manager: type === 'apply' ? applyManager(query) : managerOf(context),
    dryRun: isDryRun(query),
    ...(subresource && { subresource }),
  };
  const asked = { resource, key, patch, options, duplicates, fieldValidation: fieldValidationOf(query) };
  const result =
    type === 'apply'
      ? registry.apply({ ...asked, force: query.get('force') === 'true' })
      : registry.patch({ ...asked, type });
  return answerWritten(context, result);
}

async function readPatch({ request }: ResourceRequest, type: JsonPatchType | 'apply'): Promise<Body> {
  const text = await readText(request);
  return type === 'apply' ? parseYaml(text) : parseJson(text, (cause) => badRequest(cause));
}

/** Server-side apply has no default manager: ownership is its point. */
function applyManager(query: URLSearchParams): string {
  const manager = query.get('fieldManager');
  if (manager) return manager;
  throw badRequest(
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  );
}
