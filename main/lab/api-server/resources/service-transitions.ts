import type { Service, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import {
  needsClusterIP,
  needsHealthCheckNodePort,
  needsNodePort,
  nodePortsOf,
  specOf,
  usesNodePorts,
} from './service-type.ts';

/**
 * What the registry reads into an update of a Service (the real server's `core/service` strategy and
 * storage): `type` chooses which of the other fields mean anything, clients resend what they once applied,
 * and the plural and the singular of an address are one field in two forms.
 */

/**
 * Wipes the fields that a new type has no use for, where the client left them as they were; where it
 * changed them too, validation has to refuse them.
 */
export function dropTypeDependentFields(updated: Service, old: Service): void {
  const after = specOf(updated);
  const before = specOf(old);
  if (needsClusterIP(before) && !needsClusterIP(after)) dropClusterIPFields(after, before);
  if (usesNodePorts(before) && !usesNodePorts(after) && addsNoNodePort(after, before)) {
    for (const port of after.ports ?? []) delete port.nodePort;
  }
  if (
    needsHealthCheckNodePort(before) &&
    !needsHealthCheckNodePort(after) &&
    after.healthCheckNodePort === before.healthCheckNodePort
  ) {
    delete after.healthCheckNodePort;
  }
  if (before.type === 'LoadBalancer' && after.type !== 'LoadBalancer') {
    dropIfSame(after, before, 'allocateLoadBalancerNodePorts');
    dropIfSame(after, before, 'loadBalancerClass');
  }
  if (hasExternalTraffic(before) && !hasExternalTraffic(after))
    dropIfSame(after, before, 'externalTrafficPolicy');
  // Taking a load balancer down takes time, but a Service that is none has no use for its addresses.
  if (after.type !== 'LoadBalancer') updated.status = { ...updated.status, loadBalancer: {} };
}

/**
 * Fills in what was allocated earlier and the client left out, so that the manifest a Service was made from
 * can be put again.
 */
export function patchAllocatedValues(updated: Service, old: Service): void {
  const after = specOf(updated);
  const before = specOf(old);
  if (needsClusterIP(before) && needsClusterIP(after)) {
    if (!after.clusterIP && before.clusterIP) after.clusterIP = before.clusterIP;
    if (!after.clusterIPs?.length && before.clusterIPs?.length) after.clusterIPs = [...before.clusterIPs];
  }
  if (needsNodePort(before) && needsNodePort(after)) patchNodePorts(after, before);
  if (needsHealthCheckNodePort(before) && needsHealthCheckNodePort(after) && !after.healthCheckNodePort) {
    after.healthCheckNodePort = before.healthCheckNodePort;
  }
}

/** Node ports are handed on by the name of the port, unless another port of the update has taken them. */
function patchNodePorts(after: ServiceSpec, before: ServiceSpec): void {
  const kept = new Set(nodePortsOf(after));
  const stillUsed = new Set(nodePortsOf(before).filter((port) => kept.has(port)));
  const byName = new Map((before.ports ?? []).map((port) => [port.name ?? '', port.nodePort]));
  for (const port of after.ports ?? []) {
    const earlier = byName.get(port.name ?? '');
    if (!port.nodePort && earlier && !stillUsed.has(earlier)) port.nodePort = earlier;
  }
}

/** Brings `clusterIPs` in line with a `clusterIP` given by a client that knows the singular alone. */
export function normalizeClusterIPs(updated: Service, old: Service | undefined): void {
  const after = specOf(updated);
  if (!old) {
    if (after.clusterIP && !after.clusterIPs?.length) after.clusterIPs = [after.clusterIP];
    return;
  }
  const before = specOf(old);
  if (before.clusterIPs?.length && !after.clusterIPs?.length && before.clusterIP === after.clusterIP) {
    after.clusterIPs = [...before.clusterIPs];
  }
  if (before.clusterIP === after.clusterIP || !sameList(before.clusterIPs, after.clusterIPs)) return;
  if (before.clusterIP && !after.clusterIP) delete after.clusterIPs;
  else if (after.clusterIP) after.clusterIPs = [after.clusterIP];
}

export function sameList(left: readonly string[] | undefined, right: readonly string[] | undefined): boolean {
  const [a, b] = [left ?? [], right ?? []];
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function dropClusterIPFields(after: ServiceSpec, before: ServiceSpec): void {
  if ((after.clusterIP ?? '') === (before.clusterIP ?? '') && sameList(after.clusterIPs, before.clusterIPs)) {
    delete after.clusterIP;
    delete after.clusterIPs;
  }
  if (sameList(after.ipFamilies, before.ipFamilies)) delete after.ipFamilies;
  dropIfSame(after, before, 'ipFamilyPolicy');
}

function addsNoNodePort(after: ServiceSpec, before: ServiceSpec): boolean {
  const known = new Set(nodePortsOf(before));
  return nodePortsOf(after).every((port) => known.has(port));
}

/** ClusterIP Services have an external policy too, where they have external IPs. */
function hasExternalTraffic(spec: ServiceSpec): boolean {
  return usesNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
}

function dropIfSame(after: ServiceSpec, before: ServiceSpec, field: keyof ServiceSpec): void {
  if (after[field] === before[field]) delete after[field];
}
