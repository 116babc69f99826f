/** The cluster's objects as they are now, and every change to them, for any number of windows. */
import type { ClusterChange, ClusterResource, ClusterState } from '../../app/contract/cluster.ts';
import type { FeedEvent } from '../../app/contract/feed.ts';
import { type KubernetesObject, objectKey } from '../../app/kubernetes/objects.ts';
import type { ClusterConnection } from '../cluster/cluster-connection.ts';
import type { FollowedResource } from '../cluster/cluster-objects.ts';
import { Feed } from './feed.ts';

/** The API's plural for each of the lists. */
const RESOURCES: Readonly<Record<ClusterResource, FollowedResource>> = {
  services: 'services',
  endpointSlices: 'endpointslices',
  pods: 'pods',
  deployments: 'deployments',
  nodes: 'nodes',
  events: 'events',
};

type Item = KubernetesObject & { metadata: { uid: string } };

export class LiveCluster {
  readonly #objects = new Map<ClusterResource, Map<string, Item>>();
  readonly #feed: Feed<ClusterState, ClusterChange>;
  readonly #stops: (() => void)[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #collected: ClusterChange[] = [];
  #scheduled = false;

  readonly #listed: Promise<void>;

  constructor({ objects, listed }: Pick<ClusterConnection, 'objects' | 'listed'>) {
    this.#listed = listed;
    this.#feed = new Feed(() => this.state);
    for (const [resource, plural] of Object.entries(RESOURCES) as [ClusterResource, FollowedResource][]) {
      const known = new Map<string, Item>();
      this.#objects.set(resource, known);
      this.#stops.push(
        objects.watch<KubernetesObject>(plural, ({ type, object }) => {
          const { uid } = object.metadata;
          if (type === 'DELETED') {
            known.delete(uid);
            this.#changed({ type: 'remove', resource, uid });
          } else {
            const item = shown(object as Item);
            known.set(uid, item);
            this.#changed({ type: 'put', resource, object: item } as unknown as ClusterChange);
          }
        }),
      );
    }
    // What the watches began with is the state, not a change to it.
    this.#collected = [];
  }

  get state(): ClusterState {
    // Each list holds what the server gave for its resource.
    return Object.fromEntries(
      [...this.#objects].map(([resource, known]) => [resource, sorted(known.values())]),
    ) as unknown as ClusterState;
  }

  /** Begins once the cluster has been listed: half of one would look like one that lacks the rest. */
  async subscribe(
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<ClusterState, ClusterChange>, undefined, void>> {
    await Promise.race([this.#listed, this.#closed.promise, aborted(signal)]);
    // A snapshot made now holds what waits to be sent: nobody is to get it twice.
    this.#flush();
    return this.#feed.subscribe(signal);
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#feed.close();
    this.#closed.resolve();
  }

  /** Changes of one turn of the event loop go out together: a scaled Deployment makes hundreds. */
  #changed(change: ClusterChange): void {
    this.#collected.push(change);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const changes = this.#collected;
    this.#collected = [];
    this.#feed.publish(changes);
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Without what no window shows: who owns which field is often more than the object itself. */
function shown(object: Item): Item {
  const { managedFields: _, ...metadata } = object.metadata as Item['metadata'] & { managedFields?: unknown };
  return { ...object, metadata };
}

function sorted(items: Iterable<Item>): Item[] {
  return [...items].sort((left, right) => (objectKey(left) < objectKey(right) ? -1 : 1));
}
