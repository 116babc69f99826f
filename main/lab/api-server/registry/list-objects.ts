import { ApiError, badRequest, tooLargeResourceVersion } from '../api-error.ts';
import { keyOf, type StoredObject } from '../api-object.ts';
import { type Resource, storageOf } from '../resources/resource.ts';
import { RevisionGoneError } from '../storage/object-store.ts';
import { presented, type RegistryContext } from './registry-context.ts';
import type { Selection } from './selection.ts';

export interface ListOptions {
  namespace?: string | undefined;
  selection: Selection;
  limit?: number | undefined;
  continueToken?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: string | undefined;
}

export interface ListResult {
  items: StoredObject[];
  resourceVersion: string;
  continueToken?: string;
  remainingItemCount?: number;
}

/** Where the next page begins: after `start`, in the state at `rv` (-1: as it is then). */
interface Continuation {
  v: 'meta.k8s.io/v1';
  rv: number;
  start: string;
}

/**
 * The objects of a resource. Pages of one list show one state; when that has been forgotten the answer is
 * 410 with a token that goes on in the present state.
 * @throws ApiError
 */
export function listObjects(context: RegistryContext, resource: Resource, options: ListOptions): ListResult {
  const continuation = options.continueToken ? parseToken(options.continueToken) : undefined;
  checkVersionOptions(context, options);
  const revision = revisionFor(context, options, continuation);
  const state = stateAt(context, resource, { revision, namespace: options.namespace, continuation });
  const selected = state.filter(
    (object) =>
      (!continuation || keyOf(object.metadata) > continuation.start) &&
      options.selection.matches(presented(resource, object)),
  );
  const limit = options.limit && options.limit > 0 ? options.limit : selected.length;
  const items = selected.slice(0, limit);
  const result: ListResult = {
    items: items.map((object) => presented(resource, object)),
    resourceVersion: String(revision),
  };
  const last = items.at(-1);
  if (items.length === selected.length || !last) return result;
  return {
    ...result,
    continueToken: token({ v: 'meta.k8s.io/v1', rv: revision, start: keyOf(last.metadata) }),
    ...(options.selection.all && { remainingItemCount: selected.length - items.length }),
  };
}

function revisionFor(
  context: RegistryContext,
  { resourceVersion, resourceVersionMatch, limit }: ListOptions,
  continuation: Continuation | undefined,
): number {
  if (continuation) return continuation.rv === -1 ? context.store.revision : continuation.rv;
  const asked = Number(resourceVersion ?? 0);
  const exact = resourceVersionMatch === 'Exact' || (!resourceVersionMatch && limit && asked > 0);
  return exact ? asked : context.store.revision;
}

function stateAt(
  context: RegistryContext,
  resource: Resource,
  request: { revision: number; namespace: string | undefined; continuation: Continuation | undefined },
): StoredObject[] {
  const { revision, namespace, continuation } = request;
  try {
    return context.store.listAt(storageOf(resource), revision, namespace);
  } catch (error) {
    if (!(error instanceof RevisionGoneError)) throw error;
    if (!continuation) {
      throw new ApiError(410, 'Expired', `The resourceVersion for the provided list is too old.`);
    }
    throw new ExpiredContinueError(token({ ...continuation, rv: -1 }));
  }
}

/** A list whose state has been forgotten between two pages; the token goes on without it. */
class ExpiredContinueError extends ApiError {
  readonly continueToken: string;

  constructor(continueToken: string) {
    super(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
    this.continueToken = continueToken;
  }

  override status(): ReturnType<ApiError['status']> {
    return { ...super.status(), metadata: { continue: this.continueToken } };
  }
}

function checkVersionOptions(context: RegistryContext, options: ListOptions): void {
  const { resourceVersion, continueToken } = options;
  if (continueToken && resourceVersion && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const asked = parseResourceVersion(resourceVersion);
  if (asked > context.store.revision) throw tooLargeResourceVersion(asked, context.store.revision);
}

/** @throws ApiError (400) for what is no resourceVersion */
export function parseResourceVersion(text: string | undefined): number {
  if (!text) return 0;
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  return Number(text);
}

function token(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation), 'utf8').toString('base64url');
}

function parseToken(text: string): Continuation {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isContinuation(value)) return value;
  } catch {
    // Told below.
  }
  throw badRequest('continue key is not valid: unrecognized token');
}

function isContinuation(value: unknown): value is Continuation {
  if (typeof value !== 'object' || value === null) return false;
  const { v, rv, start } = value as Partial<Continuation>;
  return v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string';
}
