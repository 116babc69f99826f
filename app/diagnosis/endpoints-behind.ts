/** The endpoints of a Service, each address once, whichever of its slices and ports list it. */
import type { Endpoint, EndpointSlice } from '../kubernetes/objects.ts';

export interface EndpointBehind {
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty where the slice does not say. */
  readonly nodeName: string;
}

/** As kube-proxy reads conditions: what is not said is true of `ready` and `serving`, and false of `terminating`. */
export function endpointsBehind(slices: readonly EndpointSlice[]): EndpointBehind[] {
  const byAddress = new Map<string, EndpointBehind>();
  for (const endpoint of slices.flatMap((slice) => slice.endpoints ?? [])) {
    const one = endpointBehind(endpoint);
    const known = byAddress.get(one.address);
    if (known === undefined || (!known.ready && one.ready)) byAddress.set(one.address, one);
  }
  return [...byAddress.values()];
}

/** Whether a proxy sends traffic there: ready, or (where none is) serving while it ends. */
export function isUsable({ ready, serving, terminating }: EndpointBehind): boolean {
  return ready || (serving && terminating);
}

/** How many a table shows as `ready/all`: those that end count for nothing any more. */
export function endpointCounts(slices: readonly EndpointSlice[]): { ready: number; all: number } {
  const [family] = slices.map(({ addressType }) => addressType).sort();
  // A dual-stack Service lists each pod once a family.
  const endpoints = endpointsBehind(slices.filter(({ addressType }) => addressType === family));
  const staying = endpoints.filter(({ terminating }) => !terminating);
  return { ready: staying.filter(({ ready }) => ready).length, all: staying.length };
}

function endpointBehind({ addresses, conditions, nodeName }: Endpoint): EndpointBehind {
  return {
    address: addresses[0] ?? '',
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    nodeName: nodeName ?? '',
  };
}
