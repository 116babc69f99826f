/** A cluster's objects as they are now, and every change to them. */
import type { Stored } from '../../app/contract/objects.ts';
import { type KubernetesObject, objectKey } from '../../app/kubernetes/objects.ts';
import type { ApiTransport } from './api-transport.ts';
import { ResourceWatch, type WatchState } from './resource-watch.ts';

/** The kinds that are followed, by the API's plural, and where they are served. */
export const followedResources = {
  services: '/api/v1/services',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
  pods: '/api/v1/pods',
  deployments: '/apis/apps/v1/deployments',
  nodes: '/api/v1/nodes',
  events: '/api/v1/events',
  servicecidrs: '/apis/networking.k8s.io/v1/servicecidrs',
} as const;
export type FollowedResource = keyof typeof followedResources;

export interface ObjectEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: T;
}

/** What is given back is shared with whoever else asks: it is not to be changed in place. */
export interface ClusterObjects {
  get<T extends KubernetesObject>(
    resource: FollowedResource,
    key: { name: string; namespace?: string },
  ): Stored<T> | undefined;
  list<T extends KubernetesObject>(
    resource: FollowedResource,
    options?: { namespace?: string | undefined },
  ): Stored<T>[];
  /** Calls `listener` for every object there is, at once, then for every change. The returned function ends that. */
  watch<T extends KubernetesObject>(
    resource: FollowedResource,
    listener: (event: ObjectEvent<Stored<T>>) => void,
  ): () => void;
}

type Listener = (event: ObjectEvent<Stored<KubernetesObject>>) => void;

interface Followed {
  watch: ResourceWatch<KubernetesObject>;
  listeners: Set<Listener>;
  state: WatchState;
}

/** The objects of a cluster over its API, one watch a kind. */
export class WatchedObjects implements ClusterObjects {
  readonly #followed = new Map<FollowedResource, Followed>();
  readonly #changed: () => void;

  /** @param changed the state of a watch has become another one */
  constructor(transport: ApiTransport, changed: () => void) {
    this.#changed = changed;
    for (const [resource, path] of Object.entries(followedResources) as [FollowedResource, string][]) {
      this.#followed.set(resource, this.#follow(transport, path));
    }
  }

  get states(): ReadonlyMap<FollowedResource, WatchState> {
    return new Map([...this.#followed].map(([resource, { state }]) => [resource, state]));
  }

  start(): void {
    for (const { watch } of this.#followed.values()) watch.start();
  }

  restart(): void {
    for (const { watch } of this.#followed.values()) watch.restart();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#followed.values()].map(({ watch }) => watch.stop()));
  }

  get<T extends KubernetesObject>(
    resource: FollowedResource,
    { name, namespace }: { name: string; namespace?: string },
  ): Stored<T> | undefined {
    const key = namespace ? `${namespace}/${name}` : name;
    // A watch holds what the server gave for its kind.
    return this.#of(resource).watch.item(key) as Stored<T> | undefined;
  }

  list<T extends KubernetesObject>(
    resource: FollowedResource,
    { namespace }: { namespace?: string | undefined } = {},
  ): Stored<T>[] {
    const all = [...this.#of(resource).watch.items] as Stored<T>[];
    const chosen = namespace ? all.filter(({ metadata }) => metadata.namespace === namespace) : all;
    return chosen.sort((left, right) => (objectKey(left) < objectKey(right) ? -1 : 1));
  }

  watch<T extends KubernetesObject>(
    resource: FollowedResource,
    listener: (event: ObjectEvent<Stored<T>>) => void,
  ): () => void {
    const { watch, listeners } = this.#of(resource);
    for (const object of watch.items) listener({ type: 'ADDED', object: object as Stored<T> });
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  #of(resource: FollowedResource): Followed {
    return this.#followed.get(resource) as Followed;
  }

  #follow(transport: ApiTransport, path: string): Followed {
    const listeners = new Set<Listener>();
    const tell = (type: ObjectEvent<unknown>['type'], object: KubernetesObject): void => {
      for (const listener of listeners) listener({ type, object: object as Stored<KubernetesObject> });
    };
    const followed: Followed = {
      listeners,
      state: { state: 'connecting' },
      watch: new ResourceWatch(
        transport,
        { path },
        {
          changed: (previous, current) => {
            if (current) tell(previous ? 'MODIFIED' : 'ADDED', current);
            else if (previous) tell('DELETED', previous);
          },
          state: (state) => {
            followed.state = state;
            this.#changed();
          },
        },
      ),
    };
    return followed;
  }
}
