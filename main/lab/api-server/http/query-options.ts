import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest } from '../api-error.ts';
import type { FieldValidation } from '../registry/decode-body.ts';
import type { ListOptions } from '../registry/list-objects.ts';
import { parseSelection } from '../registry/selection.ts';
import type { ResourceRequest } from './resource-handler.ts';

/** The options that requests carry in their query, in the types that the registry takes. */

/** @throws ApiError (400) */
export function listOptionsOf({
  resource,
  info,
  query,
}: Pick<ResourceRequest, 'resource' | 'info' | 'query'>): ListOptions {
  const limit = query.get('limit');
  if (limit && !/^\d+$/.test(limit))
    throw badRequest(`limit: strconv.ParseInt: parsing "${limit}": invalid syntax`);
  return {
    namespace: resource.namespaced ? info.namespace : undefined,
    selection: parseSelection(resource, {
      labels: query.get('labelSelector'),
      fields: query.get('fieldSelector'),
      name: info.name,
    }),
    limit: limit ? Number(limit) : undefined,
    continueToken: query.get('continue') || undefined,
    resourceVersion: query.get('resourceVersion') || undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') || undefined,
  };
}

/** @throws ApiError (422) */
export function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const unknown = values.find((value) => value !== 'All');
  if (unknown !== undefined) throw invalidOption('dryRun', `["${unknown}"]`, ['All']);
  return values.length > 0;
}

/** @throws ApiError (422) */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  switch (value) {
    case null:
    case '':
    case 'Warn':
      return 'Warn';
    case 'Ignore':
    case 'Strict':
      return value;
    default:
      throw invalidOption('fieldValidation', `"${value}"`, ['', 'Ignore', 'Strict', 'Warn']);
  }
}

/** Who owns what is written: the name the client gives, else the start of its User-Agent. */
export function managerOf({ request, query }: { request: IncomingMessage; query: URLSearchParams }): string {
  const manager = query.get('fieldManager');
  if (manager) return manager;
  const agent = (request.headers['user-agent'] ?? '').split('/')[0] ?? '';
  return agent.replace(/[^\x20-\x7e]/g, '').slice(0, 128) || 'unknown';
}

function invalidOption(field: string, value: string, supported: string[]): ApiError {
  const list = supported.map((item) => `"${item}"`).join(', ');
  const message = `Unsupported value: ${value}: supported values: ${list}`;
  return new ApiError(422, 'Invalid', `Options.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'Options',
    causes: [{ reason: 'FieldValueNotSupported', message, field }],
  });
}
