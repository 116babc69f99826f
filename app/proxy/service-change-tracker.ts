/**
 * What changed among Services since the rules were last written, for one IP family.
 *
 * As kube-proxy's ServiceChangeTracker: changes of one Service add up (the state before all of them, the state
 * after all of them), and those that lead back to where they began cancel out.
 */
import { type IPFamily, objectKey, type Service } from '../kubernetes/objects.ts';
import { type ServicePortMap, serviceToServiceMap } from './service-map.ts';
import type { ServicePortInfo } from './service-port.ts';

interface ServiceChange {
  readonly previous: ServicePortMap;
  current: ServicePortMap;
}

export interface ServiceMapUpdate {
  /** `namespace/name` of each Service added, changed or deleted. */
  readonly updatedServices: Set<string>;
  /** Ports that are gone: of deleted Services, or taken off a Service. */
  readonly deletedPorts: ServicePortInfo[];
}

export class ServiceChangeTracker {
  readonly #family: IPFamily;
  #changes = new Map<string, ServiceChange>();

  constructor(family: IPFamily) {
    this.#family = family;
  }

  /**
   * Takes in a change: both for an update, only `current` for an addition, only `previous` for a deletion.
   *
   * @returns whether there is now anything to write, through this change or an earlier one.
   */
  update(previous: Service | undefined, current: Service | undefined): boolean {
    const service = current ?? previous;
    if (service === undefined) return false;
    const key = objectKey(service);
    const change = this.#changes.get(key) ?? {
      previous: serviceToServiceMap(previous, this.#family),
      current: new Map(),
    };
    change.current = serviceToServiceMap(current, this.#family);
    if (sameServicePorts(change.previous, change.current)) this.#changes.delete(key);
    else this.#changes.set(key, change);
    return this.#changes.size > 0;
  }

  /** Whether there is anything to write. */
  get pending(): boolean {
    return this.#changes.size > 0;
  }

  /** Services concerned. */
  get pendingCount(): number {
    return this.#changes.size;
  }

  /** Brings `services` up to date, in place, and forgets the changes. */
  apply(services: ServicePortMap): ServiceMapUpdate {
    const update: ServiceMapUpdate = { updatedServices: new Set(this.#changes.keys()), deletedPorts: [] };
    for (const { previous, current } of this.#changes.values()) {
      for (const [key, info] of current) services.set(key, info);
      for (const [key, info] of previous) {
        if (current.has(key)) continue;
        services.delete(key);
        update.deletedPorts.push(info);
      }
    }
    this.#changes = new Map();
    return update;
  }
}

function sameServicePorts(a: ServicePortMap, b: ServicePortMap): boolean {
  if (a.size !== b.size) return false;
  // Built by one function from the same fields in the same order, so that equal values are equal texts.
  return [...a].every(([key, info]) => JSON.stringify(info) === JSON.stringify(b.get(key)));
}
