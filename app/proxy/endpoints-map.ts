/**
 * The endpoints of each Service port, gathered from the Service's EndpointSlices.
 *
 * Follows kube-proxy's EndpointSliceCache (pkg/proxy/endpointslicecache.go): one endpoint per address and
 * port however many slices list it, in the order of `address:port` as text.
 */
import type { EndpointSlice, Endpoint as SliceEndpoint } from '../kubernetes/objects.ts';
import type { ObjectOrigin } from '../ruleset/origin.ts';
import { joinHostPort, parseIp } from './ip-address.ts';
import { isLeftToOthers } from './service-map.ts';

export interface EndpointInfo {
  readonly address: string;
  readonly port: number;
  /** `10.0.0.1:80` or `[fd00::1]:80`. */
  readonly hostPort: string;
  /** On the proxy's own node. */
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Zones and nodes that should use this endpoint; empty when there are no hints. */
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** The slice's `endpoints[i].addresses[0]`. */
  readonly origin: ObjectOrigin;
  /** Its chain in the iptables mode, once derived: an endpoint's object lives until it changes, over many writes. */
  chain: string | undefined;
}

/** Endpoints by the key of their Service port (see servicePortKey). */
export type EndpointsMap = Map<string, EndpointInfo[]>;

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** `namespace/name` of the Service that a slice belongs to; undefined when it belongs to none that we serve. */
export function serviceOfSlice(slice: EndpointSlice): string | undefined {
  const { namespace = 'default', name, labels } = slice.metadata ?? {};
  const service = labels?.[SERVICE_NAME_LABEL];
  return service && name && !isLeftToOthers(labels) ? `${namespace}/${service}` : undefined;
}

/** The endpoints that a Service's slices of one address type hold together. `service` is `namespace/name`. */
export function endpointsOfSlices(service: string, slices: EndpointSlice[], nodeName: string): EndpointsMap {
  const endpoints: EndpointsMap = new Map();
  // By name, so that which of two listings of one address wins does not depend on the order of arrival.
  const ordered =
    slices.length > 1 ? [...slices].sort((a, b) => (sliceName(a) < sliceName(b) ? -1 : 1)) : slices;
  for (const slice of ordered) {
    for (const port of slice.ports ?? []) {
      // No number stands for all ports; kube-proxy does not serve those.
      if (!port.port) continue;
      const key = `${service}:${port.name ?? ''}:${port.protocol ?? 'TCP'}`;
      const listed = endpoints.get(key) ?? [];
      addEndpoints(listed, slice, { port: port.port, nodeName });
      if (listed.length > 0) endpoints.set(key, listed);
    }
  }
  for (const [key, listed] of endpoints) if (listed.length > 1) endpoints.set(key, eachOnce(listed));
  return endpoints;
}

/** How many addresses of each Service (`namespace/name`) are ready on this node: what its health check reports. */
export function localReadyEndpoints(endpoints: EndpointsMap): Map<string, number> {
  const addresses = new Map<string, Set<string>>();
  for (const [key, list] of endpoints) {
    const service = key.slice(0, key.indexOf(':'));
    for (const endpoint of list) {
      if (!endpoint.ready || !endpoint.isLocal) continue;
      addresses.set(service, (addresses.get(service) ?? new Set()).add(endpoint.address));
    }
  }
  return new Map([...addresses].map(([service, set]) => [service, set.size]));
}

function sliceName(slice: EndpointSlice): string {
  return slice.metadata?.name ?? '';
}

function addEndpoints(
  listed: EndpointInfo[],
  slice: EndpointSlice,
  { port, nodeName }: { port: number; nodeName: string },
): void {
  (slice.endpoints ?? []).forEach((endpoint, index) => {
    // Only the first address is used; the API says that all of them are alike.
    const ip = parseIp(endpoint.addresses[0] ?? '');
    if (ip === undefined) return;
    const origin = endpointOrigin(slice, index);
    const info = newEndpointInfo(endpoint, { address: ip.address, port, nodeName, origin });
    listed.push(info);
  });
}

function endpointOrigin(slice: EndpointSlice, index: number): ObjectOrigin {
  const namespace = slice.metadata?.namespace ?? 'default';
  return {
    kind: 'EndpointSlice',
    namespace,
    name: sliceName(slice),
    field: addressField(index),
  };
}

// Every slice has a first endpoint: one text names it for all.
const addressFields: string[] = [];

function addressField(index: number): string {
  addressFields[index] ??= `endpoints[${index}].addresses[0]`;
  return addressFields[index];
}

const NO_HINTS: readonly string[] = [];

function newEndpointInfo(
  endpoint: SliceEndpoint,
  {
    address,
    port,
    nodeName,
    origin,
  }: { address: string; port: number; nodeName: string; origin: ObjectOrigin },
): EndpointInfo {
  const { conditions, hints } = endpoint;
  return {
    address,
    port,
    hostPort: joinHostPort(address, port),
    isLocal: nodeName !== '' && endpoint.nodeName === nodeName,
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? NO_HINTS,
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? NO_HINTS,
    origin,
    chain: undefined,
  };
}

/**
 * By `address:port`, each once. One may be listed twice while a pod moves between slices, or because a new pod
 * got the address of one that is still terminating: the last that is not terminating counts, else the first.
 */
function eachOnce(listed: EndpointInfo[]): EndpointInfo[] {
  listed.sort((a, b) => (a.hostPort < b.hostPort ? -1 : a.hostPort > b.hostPort ? 1 : 0));
  let kept = 0;
  for (const endpoint of listed) {
    const last = kept > 0 ? listed[kept - 1] : undefined;
    if (last?.hostPort !== endpoint.hostPort) listed[kept++] = endpoint;
    else if (!endpoint.terminating) listed[kept - 1] = endpoint;
  }
  listed.length = kept;
  return listed;
}
