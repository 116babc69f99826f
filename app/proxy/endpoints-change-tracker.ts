/**
 * What changed among EndpointSlices since the rules were last written, for one IP family.
 *
 * As kube-proxy's EndpointsChangeTracker with its EndpointSliceCache: slices are kept by Service, as last
 * applied and as pending, because an endpoint's listing in one slice may outlive its listing in another.
 */
import type { EndpointSlice, IPFamily } from '../kubernetes/objects.ts';
import { type EndpointsMap, endpointsOfSlices, serviceOfSlice } from './endpoints-map.ts';

interface SliceTracker {
  readonly applied: Map<string, EndpointSlice>;
  /** By slice name; undefined stands for a removal. */
  readonly pending: Map<string, EndpointSlice | undefined>;
}

export interface EndpointsMapUpdate {
  /** `namespace/name` of each Service whose endpoints changed. */
  readonly updatedServices: Set<string>;
  /** Whether a UDP port is among the changed: flows known to the kernel may lead to an endpoint that is gone. */
  readonly conntrackCleanupRequired: boolean;
}

export class EndpointsChangeTracker {
  readonly #family: IPFamily;
  readonly #nodeName: string;
  readonly #trackers = new Map<string, SliceTracker>();
  #changed = new Set<string>();

  constructor(options: { family: IPFamily; nodeName: string }) {
    this.#family = options.family;
    this.#nodeName = options.nodeName;
  }

  /**
   * Takes in a slice that was added or changed, or (`removed`) deleted.
   *
   * @returns whether there is now anything to write, through this slice or an earlier one.
   */
  update(slice: EndpointSlice, removed = false): boolean {
    const service = serviceOfSlice(slice);
    const name = slice.metadata?.name;
    if (slice.addressType !== this.#family || service === undefined || name === undefined)
      return this.pending;
    const tracker = this.#trackers.get(service) ?? { applied: new Map(), pending: new Map() };
    this.#trackers.set(service, tracker);
    const applied = tracker.applied.get(name);
    if (removed ? applied === undefined : applied !== undefined && sameSlice(applied, slice)) {
      tracker.pending.delete(name);
    } else {
      tracker.pending.set(name, removed ? undefined : slice);
    }
    if (tracker.pending.size > 0) this.#changed.add(service);
    else this.#changed.delete(service);
    return this.pending;
  }

  /** Whether there is anything to write. */
  get pending(): boolean {
    return this.#changed.size > 0;
  }

  /** Services concerned. */
  get pendingCount(): number {
    return this.#changed.size;
  }

  /** Brings `endpoints` up to date, in place, and forgets the changes. */
  apply(endpoints: EndpointsMap): EndpointsMapUpdate {
    const updatedServices = new Set<string>();
    let conntrackCleanupRequired = false;
    for (const service of this.#changed) {
      const { previous, current } = this.#checkOut(service);
      if (sameEndpoints(previous, current)) continue;
      updatedServices.add(service);
      for (const key of previous.keys()) endpoints.delete(key);
      for (const [key, list] of current) endpoints.set(key, list);
      conntrackCleanupRequired ||= [...previous.keys(), ...current.keys()].some((key) =>
        key.endsWith(':UDP'),
      );
    }
    this.#changed = new Set();
    return { updatedServices, conntrackCleanupRequired };
  }

  /** Makes a Service's pending slices its applied ones. */
  #checkOut(service: string): { previous: EndpointsMap; current: EndpointsMap } {
    const tracker = this.#trackers.get(service) ?? { applied: new Map(), pending: new Map() };
    const previous = this.#endpoints(service, tracker.applied);
    for (const [name, slice] of tracker.pending) {
      if (slice === undefined) tracker.applied.delete(name);
      else tracker.applied.set(name, slice);
    }
    tracker.pending.clear();
    if (tracker.applied.size === 0) this.#trackers.delete(service);
    return { previous, current: this.#endpoints(service, tracker.applied) };
  }

  #endpoints(service: string, slices: Map<string, EndpointSlice>): EndpointsMap {
    return endpointsOfSlices(service, [...slices.values()], this.#nodeName);
  }
}

/** Equal in what the proxy reads; a new resourceVersion alone is no change. */
function sameSlice(a: EndpointSlice, b: EndpointSlice): boolean {
  return JSON.stringify([a.endpoints, a.ports]) === JSON.stringify([b.endpoints, b.ports]);
}

function sameEndpoints(a: EndpointsMap, b: EndpointsMap): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([key, list]) => JSON.stringify(list) === JSON.stringify(b.get(key)));
}
