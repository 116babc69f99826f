import type { ObjectMeta } from '../../../../app/kubernetes/objects.ts';
import { conflict } from '../api-error.ts';
import { keyOf, type StoredObject, timestamp } from '../api-object.ts';
import { type Resource, storageOf } from '../resources/resource.ts';
import {
  groupResource,
  mustGet,
  type ObjectKey,
  presented,
  type RegistryContext,
} from './registry-context.ts';
import { isReleased, removeObject } from './write-object.ts';

export type PropagationPolicy = 'Orphan' | 'Background' | 'Foreground';

/** `metav1.DeleteOptions`, as far as they mean anything here. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface DeleteResult {
  object: StoredObject;
  /** Whether it is gone; else it is only marked, and goes when its finalizers or its grace period end. */
  removed: boolean;
}

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

/**
 * Deletes an object: at once, or by marking it where a grace period, finalizers or a propagation policy
 * hold it (the real server's `registry.Store.Delete`).
 * @throws ApiError
 */
export function deleteObject(
  context: RegistryContext,
  { resource, key, options }: { resource: Resource; key: ObjectKey; options: DeleteOptions },
): DeleteResult {
  const current = mustGet(context, resource, key);
  checkPreconditions(resource, current, options);
  resource.strategy.admitDelete?.(current);
  const graceful = graceOf(resource, current, options);
  const finalizers = finalizersFor(current.metadata, options);
  const marked = mark(resource, current, { graceful, finalizers });
  if (isReleased(resource, marked)) {
    const last = removeObject(context, { resource, object: current, dryRun: options.dryRun });
    return { object: presented(resource, last), removed: true };
  }
  const stored = writeMarked(context, resource, { current, marked, dryRun: options.dryRun });
  return { object: presented(resource, stored), removed: false };
}

/** How many seconds the object may take to end; undefined for one that knows no grace. */
function graceOf(resource: Resource, current: StoredObject, options: DeleteOptions): number | undefined {
  const { gracePeriodSeconds } = options;
  return resource.strategy.gracePeriod?.(current, {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
  });
}

/**
 * The object as its deletion leaves it: with a deletion time (a shorter grace period replaces a longer
 * one, never the reverse) and the finalizers that the garbage collector works on.
 */
function mark(
  resource: Resource,
  current: StoredObject,
  { graceful, finalizers }: { graceful: number | undefined; finalizers: string[] },
): StoredObject {
  const metadata: ObjectMeta = { ...current.metadata };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const marked = { ...current, metadata } as StoredObject;
  const grace = graceful ?? 0;
  const earlier = current.metadata.deletionGracePeriodSeconds;
  if (current.metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation) metadata.generation += 1;
    resource.strategy.beginDelete?.(marked);
  } else if (graceful !== undefined && earlier !== undefined && grace < earlier) {
    const started = Date.parse(current.metadata.deletionTimestamp) - earlier * 1000;
    metadata.deletionTimestamp = timestamp(started + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
  }
  return marked;
}

function writeMarked(
  context: RegistryContext,
  resource: Resource,
  { current, marked, dryRun }: { current: StoredObject; marked: StoredObject; dryRun: boolean | undefined },
): StoredObject {
  if (dryRun || JSON.stringify(marked) === JSON.stringify(current)) return marked;
  const [event] = context.store.commit([
    { resource: storageOf(resource), key: keyOf(marked.metadata), object: marked },
  ]);
  return event?.object ?? marked;
}

/** The policy chooses what the garbage collector does first; without one, what was chosen earlier stays. */
function finalizersFor({ finalizers = [] }: ObjectMeta, options: DeleteOptions): string[] {
  const policy = policyOf(options);
  if (!policy) return finalizers;
  const others = finalizers.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer);
  if (policy === 'Orphan') return [...others, orphanFinalizer];
  if (policy === 'Foreground') return [...others, foregroundFinalizer];
  return others;
}

function policyOf({ propagationPolicy, orphanDependents }: DeleteOptions): PropagationPolicy | undefined {
  if (propagationPolicy) return propagationPolicy;
  return orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background';
}

function checkPreconditions(
  resource: Resource,
  current: StoredObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions;
  const { name } = current.metadata;
  if (uid && uid !== current.metadata.uid) {
    const cause = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
    throw conflict(groupResource(resource), name, cause);
  }
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
    const cause = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current.metadata.resourceVersion}`;
    throw conflict(groupResource(resource), name, cause);
  }
}
