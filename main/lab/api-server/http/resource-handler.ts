import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ApiError,
  badRequest,
  methodNotAllowed,
  noSuchPath,
  notAcceptable,
  type Status,
} from '../api-error.ts';
import type { StoredObject } from '../api-object.ts';
import { checkName, checkNamespace, decodeBody } from '../registry/decode-body.ts';
import type { DeleteOptions } from '../registry/delete-object.ts';
import type { Registry } from '../registry/registry.ts';
import { gvkOf, type ObjectKey } from '../registry/registry-context.ts';
import type { WriteResult } from '../registry/write-object.ts';
import { apiVersionOf, type Resource, type Table, type Verb } from '../resources/resource.ts';
import {
  listMetaOf,
  parseIncludeObject,
  toList,
  toPartial,
  toPartialList,
  toTable,
} from '../tables/representation.ts';
import { answer } from './answer.ts';
import { readDeleteOptions } from './delete-request.ts';
import { acceptedTypes, negotiate, type Representation } from './media-types.ts';
import { handlePatch } from './patch-request.ts';
import { isTrue, listOptionsOf, writeOptionsOf } from './query-options.ts';
import { readBody } from './request-body.ts';
import type { RequestInfo } from './request-info.ts';
import { handleSubresource } from './subresource-handler.ts';
import { streamWatch } from './watch-stream.ts';

/** One request about a resource, with all that its handling needs. */
export interface ResourceRequest {
  registry: Registry;
  resource: Resource;
  info: RequestInfo;
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  representation: Representation;
  /** The form of the answer where it is another kind than the object's: a Scale. */
  answerAs?: { of(object: StoredObject): StoredObject; table: Table };
}

/** @throws ApiError */
export async function handleResource(
  registry: Registry,
  resource: Resource,
  exchange: Pick<ResourceRequest, 'info' | 'request' | 'response' | 'query'>,
): Promise<void> {
  const representation = negotiate(exchange.request.headers.accept);
  if (!representation) throw notAcceptable(acceptedTypes);
  const context = { registry, resource, representation, ...exchange };
  if (exchange.info.subresource) return handleSubresource(context);
  const verb = verbOf(context);
  if (!verb || !resource.verbs.includes(verb)) throw methodNotAllowed();
  // Objects of all namespaces are only read together.
  const everywhere = resource.namespaced && exchange.info.namespace === undefined;
  if (everywhere && (verb === 'create' || verb === 'deletecollection')) throw methodNotAllowed();
  return handlers[verb](context);
}

type Handler = (context: ResourceRequest) => Promise<void>;

const handlers: Record<Verb, Handler> = {
  get: (context) => answerObject(context, context.registry.get(context.resource, keyOfRequest(context))),
  list: async (context) => {
    const result = context.registry.list(context.resource, listOptionsOf(context));
    const { resource, representation } = context;
    const metadata = listMetaOf(result);
    if (representation.as === 'Table') {
      const includeObject = parseIncludeObject(context.query.get('includeObject'));
      return send(context, { value: toTable(resource, result.items, { metadata, includeObject }) });
    }
    const partial = representation.as !== undefined;
    const value = partial ? toPartialList(result.items, metadata) : toList(resource, result.items, metadata);
    return send(context, { value });
  },
  watch: (context) => streamWatch(context),
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: async (context) => {
    const { registry, resource } = context;
    const options = await readDeleteOptions(context);
    const items = registry.deleteCollection({ resource, list: listOptionsOf(context), options });
    const metadata = { resourceVersion: String(registry.context.store.revision) };
    return send(context, { value: toList(resource, items, metadata) });
  },
};

function verbOf({ request, info, query }: ResourceRequest): Verb | undefined {
  const one = info.name !== undefined;
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (info.watch || isTrue(query.get('watch'))) return 'watch';
      return one ? 'get' : 'list';
    case 'POST':
      return one ? undefined : 'create';
    case 'PUT':
      return one ? 'update' : undefined;
    case 'PATCH':
      return one ? 'patch' : undefined;
    case 'DELETE':
      return one ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** @throws ApiError (404) where a namespaced object is asked for without its namespace: there is no such path */
export function keyOfRequest({ info, resource }: Pick<ResourceRequest, 'info' | 'resource'>): ObjectKey {
  if (resource.namespaced && info.namespace === undefined) {
    throw noSuchPath();
  }
  return {
    name: info.name ?? '',
    ...(resource.namespaced && info.namespace && { namespace: info.namespace }),
  };
}

async function handleCreate(context: ResourceRequest): Promise<void> {
  const { registry, resource, info, request } = context;
  const body = await readBody(request);
  const { manager, dryRun, fieldValidation } = writeOptionsOf(context, 'CreateOptions');
  const { object, warnings } = decodeBody(registry.context, {
    ...body,
    gvk: gvkOf(resource),
    fieldValidation,
  });
  const namespace = resource.namespaced ? info.namespace : undefined;
  checkNamespace(object, namespace);
  const result = registry.create({
    resource,
    ...(namespace && { namespace }),
    object,
    options: { manager, dryRun },
  });
  return answerWritten(context, { ...result, warnings: [...warnings, ...result.warnings] });
}

async function handleUpdate(context: ResourceRequest): Promise<void> {
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  const body = await readBody(request);
  const { manager, dryRun, fieldValidation } = writeOptionsOf(context, 'UpdateOptions');
  const { object, warnings } = decodeBody(registry.context, {
    ...body,
    gvk: gvkOf(resource),
    fieldValidation,
  });
  if (!object.metadata.name) throw badRequest('name must be provided');
  checkName(object, key);
  const result = registry.update({
    resource,
    ...key,
    object,
    options: { manager, dryRun },
  });
  return answerWritten(context, { ...result, warnings: [...warnings, ...result.warnings] });
}

async function handleDelete(context: ResourceRequest): Promise<void> {
  const { registry, resource } = context;
  const key = keyOfRequest(context);
  const options: DeleteOptions = await readDeleteOptions(context);
  const { object, removed } = registry.delete({ resource, key, options });
  if (!removed || resource.strategy.returnDeletedObject) return answerObject(context, object);
  return send(context, { value: deletedStatus(resource, object) });
}

function deletedStatus(resource: Resource, { metadata: { name, uid } }: StoredObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(resource.group && { group: resource.group }), kind: resource.resource, uid },
  };
}

export function answerWritten(
  context: ResourceRequest,
  { object, created, warnings }: WriteResult,
): Promise<void> {
  return answerObject(context, object, { code: created ? 201 : 200, warnings });
}

/** One object in the form that the client asked for. */
export function answerObject(
  context: ResourceRequest,
  stored: StoredObject,
  options: { code?: number; warnings?: string[] } = {},
): Promise<void> {
  const { answerAs, representation, query } = context;
  const resource = answerAs ? { ...context.resource, table: answerAs.table } : context.resource;
  const object = answerAs?.of(stored) ?? stored;
  switch (representation.as) {
    case 'Table': {
      const includeObject = parseIncludeObject(query.get('includeObject'));
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      return send(context, { ...options, value: toTable(resource, [object], { metadata, includeObject }) });
    }
    case 'PartialObjectMetadata':
      return send(context, { ...options, value: toPartial(object.metadata) });
    case 'PartialObjectMetadataList':
      throw new ApiError(
        406,
        'NotAcceptable',
        `you requested PartialObjectMetadataList, but the requested object is not a list (${apiVersionOf(resource)} ${resource.kind})`,
      );
    default:
      return send(context, { ...options, value: object });
  }
}

export function send(
  { resource, response, representation: { format } }: ResourceRequest,
  { code, value, warnings = [] }: { code?: number; value: unknown; warnings?: string[] },
): Promise<void> {
  return answer(response, {
    ...(code !== undefined && { code }),
    value,
    format,
    warnings: [...(resource.warning ? [resource.warning] : []), ...warnings],
  });
}
