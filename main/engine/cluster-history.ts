import type { EndpointSlice, Service } from '../../app/kubernetes/objects.ts';
import { objectKey } from '../../app/kubernetes/objects.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
/** Endpoints that have gone are remembered so long, in milliseconds. */
const KEPT_MS = 3_600_000;

/** When the cluster's changes were seen: a node needs a while to follow, and what it still holds was right then. */
export class ClusterHistory {
  readonly #changed = new Map<string, number>();
  readonly #gone = new Map<string, number>();

  serviceChanged(previous: Service | undefined, current: Service | undefined, now: number): void {
    const service = current ?? previous;
    if (service) this.#changed.set(objectKey(service), now);
  }

  sliceChanged(previous: EndpointSlice | undefined, current: EndpointSlice | undefined, now: number): void {
    const slice = current ?? previous;
    const name = slice?.metadata?.labels?.[SERVICE_LABEL];
    if (!slice || name === undefined) return;
    const service = `${slice.metadata?.namespace ?? 'default'}/${name}`;
    this.#changed.set(service, now);
    const left = addresses(current);
    for (const address of addresses(previous)) {
      if (!left.has(address)) this.#gone.set(`${service} ${address}`, now);
    }
    for (const address of left) this.#gone.delete(`${service} ${address}`);
    for (const [key, at] of this.#gone) if (now - at > KEPT_MS) this.#gone.delete(key);
  }

  /** When the Service or its endpoints last changed, in the milliseconds that were given. */
  changedAt(service: string): number | undefined {
    return this.#changed.get(service);
  }

  /** Since when an address is no endpoint of the Service any more. */
  goneAt(service: string, address: string): number | undefined {
    return this.#gone.get(`${service} ${address}`);
  }
}

/** Those that may get traffic. */
function addresses(slice: EndpointSlice | undefined): Set<string> {
  const able = (slice?.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return new Set(able.flatMap((endpoint) => endpoint.addresses));
}
