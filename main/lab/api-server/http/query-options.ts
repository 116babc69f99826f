import type { IncomingMessage } from 'node:http';
import type { FieldError } from '../../../../app/kubernetes/validation/field-error.ts';
import {
  validateListOptions,
  validatePatchOptions,
  validateWatchOptions,
  validateWriteOptions,
  type WriteRequestOptions,
} from '../../../../app/kubernetes/validation/request-options.ts';
import { badRequest } from '../api-error.ts';
import type { FieldValidation } from '../registry/decode-body.ts';
import type { ListOptions } from '../registry/list-objects.ts';
import { objectRules } from '../registry/object-rules.ts';
import type { JsonPatchType } from '../registry/registry-context.ts';
import { parseSelection } from '../registry/selection.ts';
import type { ResourceRequest } from './resource-handler.ts';

/** The options that requests carry in their query, in the types that the registry takes. */

type WithQuery = Pick<ResourceRequest, 'query'> & { request: Pick<IncomingMessage, 'headers'> };

export interface WriteQuery {
  /** Who owns what is written: the name the client gives, else the start of its User-Agent. */
  manager: string;
  dryRun: boolean;
  /** What happens to fields that are unknown or given twice. */
  fieldValidation: FieldValidation;
}

/** @throws ApiError (422) */
export function writeOptionsOf(context: WithQuery, kind: 'CreateOptions' | 'UpdateOptions'): WriteQuery {
  const given = givenWriteOptions(context.query);
  refuseOptions(kind, validateWriteOptions(given));
  return writeQueryOf(context, given);
}

/** @throws ApiError (422) */
export function patchOptionsOf(
  context: WithQuery,
  type: JsonPatchType | 'apply',
): WriteQuery & { force: boolean } {
  const force = context.query.get('force');
  const given = {
    ...givenWriteOptions(context.query),
    ...(force !== null && { force: isTrue(force) }),
  };
  refuseOptions('PatchOptions', validatePatchOptions(given, type));
  return { ...writeQueryOf(context, given), force: given.force ?? false };
}

/** @throws ApiError (400, 422) */
export function listOptionsOf(context: Pick<ResourceRequest, 'resource' | 'info' | 'query'>): ListOptions {
  const { resource, info, query } = context;
  refuseOptions('ListOptions', validateListOptions(givenListOptions(query)));
  const limit = query.get('limit');
  if (limit && !/^\d+$/.test(limit))
    throw badRequest(`limit: strconv.ParseInt: parsing "${limit}": invalid syntax`);
  return {
    namespace: resource.namespaced ? info.namespace : undefined,
    selection: selectionOf(context),
    limit: limit ? Number(limit) : undefined,
    continueToken: query.get('continue') || undefined,
    resourceVersion: query.get('resourceVersion') || undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') || undefined,
  };
}

export interface WatchQuery extends Pick<ListOptions, 'namespace' | 'selection' | 'resourceVersion'> {
  sendInitialEvents: boolean | undefined;
  allowBookmarks: boolean;
}

/** @throws ApiError (400, 422) */
export function watchOptionsOf(context: Pick<ResourceRequest, 'resource' | 'info' | 'query'>): WatchQuery {
  const { resource, info, query } = context;
  const given = givenListOptions(query);
  refuseOptions('ListOptions', validateWatchOptions(given));
  return {
    namespace: resource.namespaced ? info.namespace : undefined,
    selection: selectionOf(context),
    resourceVersion: given.resourceVersion || undefined,
    sendInitialEvents: given.sendInitialEvents,
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
  };
}

/** The values of `dryRun`; one that is empty is none. */
export function dryRunOf(query: URLSearchParams): string[] {
  return query.getAll('dryRun').filter((value) => value !== '');
}

/** @throws ApiError (422) where something is wrong */
export function refuseOptions(kind: string, errors: FieldError[]): void {
  if (errors.length > 0) throw objectRules.invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

function givenWriteOptions(query: URLSearchParams): WriteRequestOptions {
  return {
    dryRun: dryRunOf(query),
    fieldManager: query.get('fieldManager') ?? '',
    fieldValidation: query.get('fieldValidation') ?? '',
  };
}

function writeQueryOf({ request }: WithQuery, given: WriteRequestOptions): WriteQuery {
  return {
    manager: given.fieldManager || agentOf(request),
    dryRun: given.dryRun.length > 0,
    fieldValidation: given.fieldValidation === '' ? 'Warn' : (given.fieldValidation as FieldValidation),
  };
}

function agentOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const agent = (headers['user-agent'] ?? '').split('/')[0] ?? '';
  return agent.replace(/[^\x20-\x7e]/g, '').slice(0, 128) || 'unknown';
}

function givenListOptions(query: URLSearchParams): Parameters<typeof validateListOptions>[0] {
  const initial = query.get('sendInitialEvents');
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    continueToken: query.get('continue') ?? '',
    ...(initial !== null && { sendInitialEvents: isTrue(initial) }),
  };
}

function selectionOf({
  resource,
  info,
  query,
}: Pick<ResourceRequest, 'resource' | 'info' | 'query'>): ListOptions['selection'] {
  return parseSelection(resource, {
    labels: query.get('labelSelector'),
    fields: query.get('fieldSelector'),
    name: info.name,
  });
}
