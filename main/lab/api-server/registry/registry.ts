import type { StoredObject } from '../api-object.ts';
import type { Resource } from '../resources/resource.ts';
import { type DeleteOptions, type DeleteResult, deleteObject } from './delete-object.ts';
import { type ListOptions, type ListResult, listObjects } from './list-objects.ts';
import { applyObject, type PatchRequest, patchObject } from './patch-object.ts';
import {
  type JsonPatchType,
  mustGet,
  type ObjectKey,
  presented,
  type RegistryContext,
} from './registry-context.ts';
import { type Watch, type WatchEvent, type WatchOptions, watchObjects } from './watch-objects.ts';
import { createObject, updateObject, type WriteRequest, type WriteResult } from './write-object.ts';

/** The resources that the server serves, and everything that can be done with their objects. */
export class Registry {
  readonly context: RegistryContext;
  readonly resources: readonly Resource[];
  readonly #byName = new Map<string, Resource>();

  constructor(context: RegistryContext, resources: readonly Resource[]) {
    this.context = context;
    this.resources = resources;
    for (const resource of resources) this.#byName.set(nameOf(resource), resource);
  }

  find(name: { group: string; version: string; resource: string }): Resource | undefined {
    return this.#byName.get(nameOf(name));
  }

  /** @throws ApiError (404) */
  get(resource: Resource, key: ObjectKey): StoredObject {
    return presented(resource, mustGet(this.context, resource, key));
  }

  list(resource: Resource, options: ListOptions): ListResult {
    return listObjects(this.context, resource, options);
  }

  watch(request: { resource: Resource; options: WatchOptions; sink: (event: WatchEvent) => void }): Watch {
    return watchObjects(this.context, request);
  }

  create(request: WriteRequest): WriteResult {
    return createObject(this.context, request);
  }

  update(request: WriteRequest & { name: string }): WriteResult {
    return updateObject(this.context, request);
  }

  patch(request: PatchRequest & { type: JsonPatchType }): WriteResult {
    return patchObject(this.context, request);
  }

  apply(request: PatchRequest & { force: boolean }): WriteResult {
    return applyObject(this.context, request);
  }

  delete(request: { resource: Resource; key: ObjectKey; options: DeleteOptions }): DeleteResult {
    return deleteObject(this.context, request);
  }

  /** Deletes every object of a list; answers with them as their deletion left them. */
  deleteCollection(request: {
    resource: Resource;
    list: ListOptions;
    options: DeleteOptions;
  }): StoredObject[] {
    const { resource, list, options } = request;
    return this.list(resource, list).items.map(({ metadata }) => {
      const key = { name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) };
      return this.delete({ resource, key, options }).object;
    });
  }
}

function nameOf({ group, version, resource }: { group: string; version: string; resource: string }): string {
  return `${group}/${version}/${resource}`;
}
