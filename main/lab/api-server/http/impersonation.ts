import type { IncomingMessage } from 'node:http';
import { ApiError } from '../api-error.ts';
import { clusterAdmin } from '../discovery/reviews.ts';
import type { RequestInfo } from './request-info.ts';

const adminGroup = 'system:masters';

/**
 * The user that the admin asks to be taken for (`kubectl --as`), where that is one who may do nothing: the
 * lab has no roles, so that every user but an admin is like one of a fresh cluster that has been given none.
 */
export function powerlessUser({ headers }: IncomingMessage): string | undefined {
  const user = headers['impersonate-user'];
  if (typeof user !== 'string' || user === clusterAdmin.username) return undefined;
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap((group) => group.split(','));
  return groups.some((group) => group.trim() === adminGroup) ? undefined : user;
}

const verbs: Record<string, [one: string, many: string]> = {
  GET: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

/** The refusal of a request about a resource, in the authorizer's words. */
export function notAllowed(user: string, method: string, info: RequestInfo): ApiError {
  const { group, resource, name, namespace, subresource } = info;
  const [one, many] = verbs[method] ?? ['', ''];
  const verb = name === undefined ? many : one;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const qualified = group ? `${resource}.${group}` : resource;
  const subject = name ? `${qualified} "${name}"` : qualified;
  const message = `${subject} is forbidden: User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return new ApiError(403, 'Forbidden', message, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  });
}
