import { goJson, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../../../app/kubernetes/objects.ts';
import type { Stored } from '../../api-server/registry/lab-client.ts';

/** As many endpoints as one slice holds; more make another slice. */
const endpointsPerSlice = 100;

/** Endpoints of one address family that have the same ports: what can share a slice. */
export interface PortGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

export interface PlannedSlice {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

export interface SlicePlan {
  create: PlannedSlice[];
  update: { slice: Stored<EndpointSlice>; planned: PlannedSlice }[];
  remove: Stored<EndpointSlice>[];
}

/**
 * How the slices of a Service and a family become what they should be, with few writes: an endpoint stays
 * in its slice, slices that change anyway are filled up first, then one that has room for all that is
 * left, then new ones (the real controller's `reconcileByPortMapping`). A Service without endpoints keeps
 * one empty slice, so that it can be told from a Service that nobody has looked at.
 */
export function planSlices(existing: Stored<EndpointSlice>[], groups: PortGroup[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const byPorts = Map.groupBy(existing, (slice) => portsKey(slice.ports ?? []));
  const wanted = new Set<string>();
  for (const group of groups) {
    const key = portsKey(group.ports);
    wanted.add(key);
    planGroup(plan, byPorts.get(key) ?? [], group);
  }
  for (const [key, slices] of byPorts) if (!wanted.has(key)) plan.remove.push(...slices);
  if (existing.length === plan.remove.length && plan.create.length === 0) keepPlaceholder(plan);
  reuseRemoved(plan);
  return plan;
}

/** What makes two lists of ports the same, in whatever order. */
export function portsKey(ports: EndpointPort[]): string {
  return ports
    .map((port) => goJson(port))
    .sort()
    .join();
}

function planGroup(plan: SlicePlan, slices: Stored<EndpointSlice>[], { ports, endpoints }: PortGroup): void {
  const missing = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const unchanged: Stored<EndpointSlice>[] = [];
  const changed: { slice: Stored<EndpointSlice>; planned: PlannedSlice }[] = [];
  for (const slice of slices) {
    const kept = (slice.endpoints ?? []).flatMap((endpoint) => {
      const wanted = missing.get(identity(endpoint));
      missing.delete(identity(endpoint));
      return wanted ? [wanted] : [];
    });
    if (kept.length === 0 && (slice.endpoints ?? []).length > 0) plan.remove.push(slice);
    else if (jsonEqual(kept, slice.endpoints ?? [])) unchanged.push(slice);
    else changed.push({ slice, planned: { ports, endpoints: kept } });
  }
  const left = [...missing.values()];
  changed.sort((first, second) => second.planned.endpoints.length - first.planned.endpoints.length);
  for (const { planned } of changed) fill(planned.endpoints, left);
  while (left.length > 0) {
    const slice = roomiest(unchanged, left.length);
    if (slice) {
      unchanged.splice(unchanged.indexOf(slice), 1);
      const planned = { ports, endpoints: [...(slice.endpoints ?? [])] };
      fill(planned.endpoints, left);
      changed.push({ slice, planned });
    } else {
      const planned = { ports, endpoints: [] };
      fill(planned.endpoints, left);
      plan.create.push(planned);
    }
  }
  plan.update.push(...changed);
}

function fill(endpoints: Endpoint[], left: Endpoint[]): void {
  endpoints.push(...left.splice(0, endpointsPerSlice - endpoints.length));
}

/** The slice that would be fullest with all that is left in it. */
function roomiest(slices: Stored<EndpointSlice>[], count: number): Stored<EndpointSlice> | undefined {
  const fitting = slices.filter((slice) => (slice.endpoints ?? []).length + count <= endpointsPerSlice);
  return fitting.sort((first, second) => (second.endpoints ?? []).length - (first.endpoints ?? []).length)[0];
}

function keepPlaceholder(plan: SlicePlan): void {
  const placeholder = plan.remove.find(
    (slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0,
  );
  if (placeholder) plan.remove.splice(plan.remove.indexOf(placeholder), 1);
  else plan.create.push({ ports: [], endpoints: [] });
}

/** A slice that would go takes the place of one that would be made. */
function reuseRemoved(plan: SlicePlan): void {
  while (plan.remove.length > 0 && plan.create.length > 0) {
    const slice = plan.remove.shift();
    const planned = plan.create.pop();
    if (slice && planned) plan.update.push({ slice, planned });
  }
}

/** An endpoint is the same as long as it is the same pod at the same addresses. */
function identity(endpoint: Endpoint): string {
  const { kind, namespace, name, uid } = endpoint.targetRef ?? {};
  return JSON.stringify([endpoint.addresses, endpoint.hostname, kind, namespace, name, uid]);
}
