import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import type { GroupVersionKind } from '../../../../app/kubernetes/schema/kinds.ts';
import type { FieldError } from '../../../../app/kubernetes/validation/field-error.ts';
import { type ApiError, type GroupResource, notFound } from '../api-error.ts';
import { type ApiObject, objectPath, type StoredObject } from '../api-object.ts';
import { type Resource, storageOf } from '../resources/resource.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** What every operation of the registry works on. */
export interface RegistryContext {
  store: ObjectStore;
  rules: ObjectRules;
}

/** The knowledge of kinds that the registry asks for: structure, defaults, validation, ownership of fields. */
export interface ObjectRules {
  /**
   * Decodes JSON into an object with its defaults; `unknownFields` are those that were dropped.
   * @throws DecodeError
   */
  decode(gvk: GroupVersionKind, json: unknown): { object: ApiObject; unknownFields: string[] };
  /** @throws ApiError (422) */
  validateCreate(resource: Resource, object: ApiObject): void;
  /** @throws ApiError (422) */
  validateUpdate(request: {
    resource: Resource;
    object: ApiObject;
    old: StoredObject;
    subresource?: string;
  }): void;
  /** The 422 for a kind of object, in validation's form. */
  invalid(kind: { group: string; kind: string }, name: string, errors: FieldError[]): ApiError;
  /** The object with `metadata.managedFields` telling who owns which field after this write. */
  trackFields(request: {
    resource: Resource;
    object: ApiObject;
    old: StoredObject | undefined;
    manager: string;
    subresource?: string;
  }): ApiObject;
  /** @throws ApiError */
  patch(request: {
    gvk: GroupVersionKind;
    type: JsonPatchType;
    current: JsonObject;
    patch: unknown;
  }): JsonObject;
  /**
   * Server-side apply: what the live object becomes when a manager applies its configuration.
   * @throws ApiError (409 where others own what it sets, unless forced)
   */
  apply(request: {
    resource: Resource;
    live: StoredObject | undefined;
    configuration: JsonObject;
    manager: string;
    force: boolean;
    subresource?: string;
  }): JsonObject;
}

export type JsonPatchType = 'json' | 'merge' | 'strategic';

/** Who writes, and how. */
export interface WriteOptions {
  /** The name under which the fields written are owned. */
  manager: string;
  dryRun?: boolean;
  subresource?: 'status' | 'scale' | 'finalize' | 'binding';
  /** The object comes from server-side apply, which has settled who owns what. */
  applied?: boolean;
  /** The object is the stored one with changes: its UID is a field like others, not a precondition. */
  patched?: boolean;
}

/** One object of a resource. */
export interface ObjectKey {
  namespace?: string;
  name: string;
}

/** The stored form of an object. @throws ApiError (404) */
export function mustGet(context: RegistryContext, resource: Resource, key: ObjectKey): StoredObject {
  const object = context.store.get(storageOf(resource), objectPath(key.namespace, key.name));
  if (!object) throw notFound(groupResource(resource), key.name);
  return object;
}

export function gvkOf({ group, version, kind }: Resource): GroupVersionKind {
  return { group, version, kind };
}

export function groupResource({ group, resource }: Resource): GroupResource {
  return { group, resource };
}

/** An object in the form of the resource it was asked for through. */
export function presented(resource: Resource, object: StoredObject): StoredObject {
  return resource.conversion?.fromStored(object) ?? object;
}
