import { isJsonObject } from '../../../../app/kubernetes/json.ts';
import { ApiError, badRequest, conflict, methodNotAllowed, noSuchPath } from '../api-error.ts';
import type { ApiObject } from '../api-object.ts';
import { checkName, decodeBody } from '../registry/decode-body.ts';
import { groupResource, gvkOf } from '../registry/registry-context.ts';
import { scaleKind, scaleOf, scaleTable, withScale } from '../registry/scale.ts';
import type { readDeleteOptions } from './delete-request.ts';
import { handlePatch } from './patch-request.ts';
import { writeOptionsOf } from './query-options.ts';
import { readBody } from './request-body.ts';
import { answerObject, answerWritten, keyOfRequest, type ResourceRequest, send } from './resource-handler.ts';

type SubresourceHandler = (context: ResourceRequest) => Promise<void>;

const handlers: Record<string, SubresourceHandler> = {
  status: handleStatus,
  scale: handleScale,
  finalize: handleFinalize,
  binding: handleBinding,
  eviction: handleEviction,
};

/** What a kubelet would answer; the lab's pods have no containers behind it. */
const absent: Record<string, string> = {
  log: 'the pods of the lab are echo servers that keep no logs',
  exec: 'run commands in a pod of the lab with: kube-proxy-lab lab exec pod/NAME -- COMMAND',
  attach:
    'the pods of the lab have no terminal; run commands with: kube-proxy-lab lab exec pod/NAME -- COMMAND',
  portforward:
    'ports of the pods of the lab are reached with: kube-proxy-lab probe, or lab exec client -- curl ADDRESS',
  ephemeralcontainers:
    'the pods of the lab are echo servers that take no containers; run commands with: kube-proxy-lab lab exec pod/NAME -- COMMAND',
  resize: 'the pods of the lab are echo servers that have no resources to resize',
  proxy:
    'the API server of the lab is outside its network: reach pods and Services with kube-proxy-lab probe',
};

/** @throws ApiError */
export async function handleSubresource(context: ResourceRequest): Promise<void> {
  const { resource, info, response } = context;
  const subresource = info.subresource ?? '';
  const handler = handlers[subresource];
  const served = resource.subresources?.some((name) => name === subresource);
  if (handler && served) {
    return handler(context);
  }
  const reason = absent[subresource];
  if (!reason || !['pods', 'services', 'nodes'].includes(resource.resource)) {
    throw noSuchPath();
  }
  context.registry.get(resource, keyOfRequest(context));
  response.setHeader('Connection', 'close');
  throw new ApiError(501, 'NotImplemented', reason);
}

async function handleStatus(context: ResourceRequest): Promise<void> {
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  switch (request.method) {
    case 'GET':
      return answerObject(context, registry.get(resource, key));
    case 'PUT':
      return replaceWith(context, 'status');
    case 'PATCH':
      return handlePatch(context, 'status');
    default:
      throw methodNotAllowed();
  }
}

async function handleFinalize(context: ResourceRequest): Promise<void> {
  if (context.request.method === 'PUT') return replaceWith(context, 'finalize');
  throw methodNotAllowed();
}

async function replaceWith(context: ResourceRequest, subresource: 'status' | 'finalize'): Promise<void> {
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  const body = await readBody(request);
  const { fieldValidation, ...options } = writeOptionsOf(context, 'UpdateOptions');
  const decoded = decodeBody(registry.context, {
    ...body,
    gvk: gvkOf(resource),
    fieldValidation,
  });
  checkName(decoded.object, key);
  const result = registry.update({
    resource,
    ...key,
    object: decoded.object,
    options: { ...options, subresource },
  });
  return answerWritten(context, { ...result, warnings: [...decoded.warnings, ...result.warnings] });
}

async function handleScale(exchange: ResourceRequest): Promise<void> {
  const context: ResourceRequest = { ...exchange, answerAs: { of: scaleOf, table: scaleTable } };
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  const current = registry.get(resource, key);
  if (request.method === 'GET') return answerObject(context, current);
  if (request.method === 'PATCH') return handlePatch(context, 'scale');
  if (request.method !== 'PUT') {
    throw methodNotAllowed();
  }
  const body = await readBody(request);
  const { fieldValidation, ...options } = writeOptionsOf(context, 'UpdateOptions');
  const { object: scale, warnings } = decodeBody(registry.context, {
    ...body,
    gvk: scaleKind,
    fieldValidation,
  });
  checkName(scale, key);
  const object = withScale(current, scale);
  const result = registry.update({ resource, ...key, object, options: { ...options, subresource: 'scale' } });
  return answerWritten(context, { ...result, warnings: [...warnings, ...result.warnings] });
}

/** Puts a pod on a node, as a scheduler does. */
async function handleBinding(context: ResourceRequest): Promise<void> {
  const { registry, resource, request } = context;
  const key = keyOfRequest(context);
  const { json } = await readBody(request);
  if (request.method !== 'POST') throw methodNotAllowed();
  const target = isJsonObject(json) && isJsonObject(json['target']) ? json['target'] : {};
  const node = target['name'];
  if (typeof node !== 'string' || node === '') {
    throw badRequest('a Binding needs target.name, the node that the pod goes to');
  }
  const pod = registry.get(resource, key);
  const spec = pod['spec'] as { nodeName?: string };
  if (spec.nodeName) {
    throw conflict(
      groupResource(resource),
      key.name,
      `pod ${key.name} is already assigned to node "${spec.nodeName}"`,
    );
  }
  const object: ApiObject = { ...pod, metadata: { ...pod.metadata }, spec: { ...spec, nodeName: node } };
  const { manager, dryRun } = writeOptionsOf(context, 'CreateOptions');
  registry.update({ resource, ...key, object, options: { manager, dryRun, subresource: 'binding' } });
  return send(context, { code: 201, value: created });
}

/** Deletes a pod in an orderly way; the lab has no disruption budgets that could object. */
async function handleEviction(context: ResourceRequest): Promise<void> {
  const { registry, resource, request } = context;
  if (request.method !== 'POST') throw methodNotAllowed();
  const options = await readEviction(context);
  registry.delete({ resource, key: keyOfRequest(context), options });
  return send(context, { code: 201, value: created });
}

async function readEviction(context: ResourceRequest): ReturnType<typeof readDeleteOptions> {
  const { json } = await readBody(context.request);
  const given = isJsonObject(json) && isJsonObject(json['deleteOptions']) ? json['deleteOptions'] : {};
  const { gracePeriodSeconds } = given;
  return {
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    dryRun: writeOptionsOf(context, 'CreateOptions').dryRun,
  };
}

const created = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
