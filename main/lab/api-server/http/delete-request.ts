import { isJsonObject } from '../../../../app/kubernetes/json.ts';
import { validateDeleteOptions } from '../../../../app/kubernetes/validation/request-options.ts';
import { badRequest } from '../api-error.ts';
import type { DeleteOptions, PropagationPolicy } from '../registry/delete-object.ts';
import { dryRunOf, isTrue, refuseOptions } from './query-options.ts';
import { readBody } from './request-body.ts';
import type { ResourceRequest } from './resource-handler.ts';

interface GivenOptions extends Omit<DeleteOptions, 'dryRun'> {
  dryRun?: string[];
}

/** DeleteOptions from the body, else from the query. @throws ApiError (400, 422) */
export async function readDeleteOptions({
  request,
  query,
}: Pick<ResourceRequest, 'request' | 'query'>): Promise<DeleteOptions> {
  const { json } = await readBody(request);
  const { dryRun: inBody = [], ...options } = json === undefined ? fromQuery(query) : fromBody(json);
  const dryRun = [...inBody, ...dryRunOf(query)];
  refuseOptions('DeleteOptions', validateDeleteOptions({ ...options, dryRun }));
  return { ...options, dryRun: dryRun.length > 0 };
}

function fromQuery(query: URLSearchParams): GivenOptions {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  return {
    ...(grace !== null && { gracePeriodSeconds: parseSeconds(grace) }),
    ...(policy !== null && { propagationPolicy: policy as PropagationPolicy }),
    ...(orphan !== null && { orphanDependents: isTrue(orphan) }),
  };
}

function parseSeconds(text: string): number {
  if (!/^-?\d+$/.test(text))
    throw badRequest(`gracePeriodSeconds: strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

function fromBody(json: unknown): GivenOptions {
  if (!isJsonObject(json)) throw badRequest('the body of a delete has to be DeleteOptions');
  const { kind, gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = json;
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions: it is a ${String(kind)}`);
  }
  const { uid, resourceVersion } = isJsonObject(preconditions) ? preconditions : {};
  return {
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...(typeof propagationPolicy === 'string' && {
      propagationPolicy: propagationPolicy as PropagationPolicy,
    }),
    ...(typeof orphanDependents === 'boolean' && { orphanDependents }),
    preconditions: {
      ...(typeof uid === 'string' && { uid }),
      ...(typeof resourceVersion === 'string' && { resourceVersion }),
    },
    ...(Array.isArray(dryRun) && { dryRun: dryRun.map(String) }),
  };
}
