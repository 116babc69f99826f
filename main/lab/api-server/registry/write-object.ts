import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { ManagedFieldsEntry } from '../../../../app/kubernetes/objects.ts';
import { invalid } from '../../../../app/kubernetes/validation/field-error.ts';
import {
  ApiError,
  alreadyExists,
  conflict,
  forbidden,
  internalError,
  modifiedMeanwhile,
  notFound,
} from '../api-error.ts';
import { type ApiObject, keyOf, objectPath, type StoredObject } from '../api-object.ts';
import type { Namespace } from '../resources/namespaces.ts';
import { type Allocation, type Resource, storageOf } from '../resources/resource.ts';
import { takeOver } from '../resources/take-over.ts';
import type { Write } from '../storage/object-store.ts';
import { carryOverMeta, fillNewMeta } from './object-meta.ts';
import {
  groupResource,
  type ObjectKey,
  presented,
  type RegistryContext,
  type WriteOptions,
} from './registry-context.ts';

export interface WriteRequest {
  resource: Resource;
  namespace?: string;
  /** Decoded and defaulted; belongs to the registry from here on. */
  object: ApiObject;
  options: WriteOptions;
}

export interface WriteResult {
  object: StoredObject;
  created: boolean;
  warnings: string[];
}

const nothing: Allocation = { writes: [], commit: () => {} };

/**
 * Makes an object. In the real server's order: names and times, allocation, what clients may not set,
 * validation, then the one write that makes all of it true.
 * @throws ApiError; nothing has changed then
 */
export function createObject(context: RegistryContext, request: WriteRequest): WriteResult {
  const { resource, namespace, options } = request;
  const { strategy } = resource;
  const { resourceVersion = '' } = request.object.metadata;
  let object = withOwners(context, request, undefined);
  admitIntoNamespace(context, resource, { namespace, name: object.metadata.name ?? '' });
  strategy.admitCreate?.(object);
  fillNewMeta(object, namespace);
  const allocation = strategy.allocateCreate?.(object, options.dryRun ?? false) ?? nothing;
  strategy.prepareForCreate?.(object);
  context.rules.validateCreate(resource, object);
  const warnings = strategy.warnings?.(object) ?? [];
  if (resource.conversion) object = resource.conversion.toStored(object);
  const key = keyOf(object.metadata);
  // The storage's own refusal, which has no reason.
  if (resourceVersion !== '' && resourceVersion !== '0' && !options.dryRun)
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  if (context.store.get(storageOf(resource), key)) {
    throw alreadyExists(groupResource(resource), object.metadata.name ?? '');
  }
  const stored = write(context, { resource, key, object, allocation, dryRun: options.dryRun });
  return { object: presented(resource, stored), created: true, warnings };
}

/**
 * Replaces an object, or its status where `options.subresource` says so.
 * @throws ApiError; nothing has changed then
 */
export function updateObject(
  context: RegistryContext,
  request: WriteRequest & { name: string },
): WriteResult {
  const { resource, namespace, name, options } = request;
  const { strategy } = resource;
  const key = objectPath(namespace, name);
  const current = context.store.get(storageOf(resource), key);
  if (!current) {
    if (!strategy.allowCreateOnUpdate || options.subresource) throw notFound(groupResource(resource), name);
    const { uid } = request.object.metadata;
    // One that was read and has gone since is not made again by the way.
    if (uid) {
      const cause = `Precondition failed: UID in precondition: ${uid}, UID in object meta: `;
      throw conflict(groupResource(resource), name, cause);
    }
    const { resourceVersion: _read, ...metadata } = request.object.metadata;
    return createObject(context, { ...request, object: { ...request.object, metadata } });
  }
  const old = presented(resource, current);
  checkPreconditions(context, request, old);
  const { subresource } = options;
  const object = withOwners(context, request, old);
  const allocation = subresource
    ? nothing
    : (strategy.allocateUpdate?.(object, old, options.dryRun ?? false) ?? nothing);
  carryOverMeta(object, old);
  prepareForUpdate(resource, object, { old, subresource });
  context.rules.validateUpdate({ resource, object, old, ...(subresource && { subresource }) });
  const warnings = subresource ? [] : (strategy.warnings?.(object) ?? []);
  const stored = finishUpdate(context, { resource, key, object, old, current, allocation, options });
  return { object: presented(resource, stored), created: false, warnings };
}

/** The object of a write with its owners; server-side apply has settled them already. */
function withOwners(
  context: RegistryContext,
  request: WriteRequest,
  old: StoredObject | undefined,
): ApiObject {
  const { resource, object, options } = request;
  if (options.applied) return object;
  const { manager, subresource } = options;
  return context.rules.trackFields({ resource, object, old, manager, ...(subresource && { subresource }) });
}

function prepareForUpdate(
  resource: Resource,
  object: ApiObject,
  { old, subresource }: { old: StoredObject; subresource: WriteOptions['subresource'] },
): void {
  if (subresource === undefined || subresource === 'scale') resource.strategy.prepareForUpdate?.(object, old);
  else if (subresource === 'status' && resource.strategy.prepareForStatusUpdate)
    resource.strategy.prepareForStatusUpdate(object, old);
  else if (subresource === 'status') takeOver(object, old, 'spec');
  else if (subresource === 'finalize') takeOver(object, old, 'status');
}

/** Writes what an update has come to: nothing, a new state, or the end of an object that only waited for it. */
function finishUpdate(
  context: RegistryContext,
  update: {
    resource: Resource;
    key: string;
    object: ApiObject;
    old: StoredObject;
    current: StoredObject;
    allocation: Allocation;
    options: WriteOptions;
  },
): StoredObject {
  const { resource, key, object, old, current, allocation, options } = update;
  const stored = resource.conversion?.toStored(object) ?? object;
  if (isReleased(resource, stored as StoredObject)) {
    return removeObject(context, {
      resource,
      object: { ...current, ...stored } as StoredObject,
      dryRun: options.dryRun,
    });
  }
  keepTimesOfUnchanged(object, old);
  const unchanged = sameContent(resource.conversion?.toStored(object) ?? object, current);
  if (unchanged && allocation.writes.length === 0) return current;
  return write(context, { resource, key, object: stored, allocation, dryRun: options.dryRun });
}

/**
 * Removes an object for good, with all that was allocated for it.
 * Answers with its last state, at the revision of the removal.
 */
export function removeObject(
  context: RegistryContext,
  { resource, object, dryRun }: { resource: Resource; object: StoredObject; dryRun?: boolean | undefined },
): StoredObject {
  if (dryRun) return object;
  const released = resource.strategy.release?.(object) ?? nothing;
  const storage = storageOf(resource);
  const events = commit(context, [
    { resource: storage, key: keyOf(object.metadata), object: null },
    ...released.writes,
  ]);
  released.commit();
  return events[0]?.object ?? object;
}

/** Whether a deleted object has nothing left that holds it. */
export function isReleased(resource: Resource, object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length === 0 &&
    !resource.strategy.heldAfterDelete?.(object)
  );
}

function write(
  context: RegistryContext,
  request: {
    resource: Resource;
    key: string;
    object: ApiObject;
    allocation: Allocation;
    dryRun: boolean | undefined;
  },
): StoredObject {
  const { resource, key, object, allocation, dryRun } = request;
  const stored = object as StoredObject;
  if (dryRun) return stored;
  const events = commit(context, [
    { resource: storageOf(resource), key, object: stored },
    ...allocation.writes,
  ]);
  allocation.commit();
  return events[0]?.object ?? stored;
}

function commit(context: RegistryContext, writes: Write[]): ReturnType<RegistryContext['store']['commit']> {
  try {
    return context.store.commit(writes);
  } catch (error) {
    throw internalError(
      `cannot write the objects' file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** NamespaceLifecycle admission: nothing new in a namespace that is missing or going. */
function admitIntoNamespace(context: RegistryContext, resource: Resource, key: ObjectKey): void {
  if (!resource.namespaced || !key.namespace) return;
  const namespace = context.store.get('namespaces', key.namespace) as (StoredObject & Namespace) | undefined;
  if (!namespace) throw notFound({ group: '', resource: 'namespaces' }, key.namespace);
  if (namespace.metadata.deletionTimestamp === undefined && namespace.status?.phase !== 'Terminating') return;
  throw forbidden(
    groupResource(resource),
    key.name,
    `unable to create new content in namespace ${key.namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${key.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  );
}

function checkPreconditions(
  context: RegistryContext,
  request: WriteRequest & { name: string },
  old: StoredObject,
): void {
  const { resource, name, object } = request;
  const { uid, resourceVersion } = object.metadata;
  if (uid && uid !== old.metadata.uid && !request.options.patched) {
    const cause = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(groupResource(resource), name, cause);
  }
  if (resourceVersion && resourceVersion !== '0') {
    if (resourceVersion === old.metadata.resourceVersion) return;
    throw conflict(groupResource(resource), name, modifiedMeanwhile);
  }
  if (resource.strategy.allowUnconditionalUpdate) return;
  throw context.rules.invalid(resource, name, [
    invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}

/** A write that changes nothing else does not change the times in managedFields either. */
function keepTimesOfUnchanged(object: ApiObject, old: StoredObject): void {
  const entries = object.metadata.managedFields;
  if (!entries || !old.metadata.managedFields) return;
  const untimed = (fields: ManagedFieldsEntry[]): unknown => fields.map(({ time: _time, ...entry }) => entry);
  if (jsonEqual(untimed(entries), untimed(old.metadata.managedFields))) {
    object.metadata.managedFields = old.metadata.managedFields;
  }
}

function sameContent(object: ApiObject, current: StoredObject): boolean {
  const { resourceVersion: _new, ...metadata } = object.metadata;
  const { resourceVersion: _old, ...currentMetadata } = current.metadata;
  return jsonEqual(
    definedOnly({ ...object, metadata }),
    definedOnly({ ...current, metadata: currentMetadata }),
  );
}

/** Through JSON, where a field set to undefined is no field. */
function definedOnly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
