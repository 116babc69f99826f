import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { isNotFound } from '../api-error.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { checkName } from './decode-body.ts';
import type { DeleteOptions } from './delete-object.ts';
import type { Registry } from './registry.ts';
import { gvkOf, type JsonPatchType, type ObjectKey, type WriteOptions } from './registry-context.ts';
import { everything, type Selection } from './selection.ts';
import type { WatchEvent } from './watch-objects.ts';

export type ClientEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

/** An object that has been through the server: its identity is sure. */
export type Stored<T> = T & Pick<StoredObject, 'apiVersion' | 'kind' | 'metadata'>;

/**
 * The API without HTTP: for what runs in the same process. Every write goes the same way as a client's,
 * with its defaults, validation and ownership; the objects given back are the store's own and are not to
 * be changed in place.
 *
 * Resources are named by their plural (`services`, `deployments`); `events` are the core group's.
 */
export class LabClient {
  readonly #registry: Registry;
  readonly #manager: string;

  constructor(registry: Registry, manager: string) {
    this.#registry = registry;
    this.#manager = manager;
  }

  /** The same under another name: who is said to own what is written. */
  as(manager: string): LabClient {
    return new LabClient(this.#registry, manager);
  }

  get<T extends KubernetesObject>(resource: string, key: ObjectKey): Stored<T> | undefined {
    try {
      return this.#registry.get(this.#resource(resource), key) as unknown as Stored<T>;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  list<T extends KubernetesObject>(
    resource: string,
    options: { namespace?: string | undefined; selection?: Selection } = {},
  ): Stored<T>[] {
    const { items } = this.#registry.list(this.#resource(resource), {
      namespace: options.namespace,
      selection: options.selection ?? everything,
    });
    return items as unknown as Stored<T>[];
  }

  /** @throws ApiError */
  create<T extends KubernetesObject>(resource: string, object: T): Stored<T> {
    const definition = this.#resource(resource);
    const { namespace } = object.metadata ?? {};
    const result = this.#registry.create({
      resource: definition,
      ...(namespace && { namespace }),
      object: this.#decode(definition, object),
      options: { manager: this.#manager },
    });
    return result.object as unknown as Stored<T>;
  }

  /**
   * Replaces an object; one read earlier and changed meanwhile is refused (409).
   * @throws ApiError
   */
  update<T extends KubernetesObject>(
    resource: string,
    object: T,
    subresource?: NonNullable<WriteOptions['subresource']>,
  ): Stored<T> {
    const definition = this.#resource(resource);
    const { namespace, name = '' } = object.metadata ?? {};
    const result = this.#registry.update({
      resource: definition,
      name,
      ...(namespace && { namespace }),
      object: this.#decode(definition, object),
      options: { manager: this.#manager, ...(subresource && { subresource }) },
    });
    return result.object as unknown as Stored<T>;
  }

  /** @throws ApiError */
  patch<T extends KubernetesObject>(
    resource: string,
    key: ObjectKey,
    {
      type = 'merge',
      patch,
      subresource,
    }: { type?: JsonPatchType; patch: unknown; subresource?: 'status' | 'scale' },
  ): Stored<T> {
    const result = this.#registry.patch({
      resource: this.#resource(resource),
      key,
      type,
      patch,
      fieldValidation: 'Strict',
      options: { manager: this.#manager, ...(subresource && { subresource }) },
    });
    return result.object as unknown as Stored<T>;
  }

  /** @throws ApiError */
  delete(resource: string, key: ObjectKey, options: DeleteOptions = {}): void {
    this.#registry.delete({ resource: this.#resource(resource), key, options });
  }

  /**
   * Calls `listener` for every object there is, at once, then for every change.
   * The returned function ends the watch.
   */
  watch<T extends KubernetesObject>(
    resource: string,
    listener: (event: ClientEvent<Stored<T>>) => void,
    options: { namespace?: string; selection?: Selection } = {},
  ): () => void {
    const { stop } = this.#registry.watch({
      resource: this.#resource(resource),
      options: { namespace: options.namespace, selection: options.selection ?? everything },
      sink(event: WatchEvent): void {
        if (event.type === 'BOOKMARK' || event.type === 'ERROR') return;
        listener({ type: event.type, object: event.object as unknown as Stored<T> });
      },
    });
    return stop;
  }

  #resource(name: string): Resource {
    const resource = this.#registry.resources.find((item) => item.resource === name);
    if (!resource) throw new Error(`the lab's API server has no resource named ${name}`);
    return resource;
  }

  #decode(resource: Resource, given: KubernetesObject): ApiObject {
    // Through JSON, as if it came over the wire: a copy, and no fields that are undefined.
    const copy: object = JSON.parse(JSON.stringify(given));
    const json: unknown = { ...copy, apiVersion: apiVersionOf(resource), kind: resource.kind };
    const { object } = this.#registry.context.rules.decode(gvkOf(resource), json);
    const { namespace, name } = object.metadata;
    if (name) checkName(object, { name, ...(namespace && { namespace }) });
    return object;
  }
}
