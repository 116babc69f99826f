import type { Service, ServiceSpec } from '../../../../app/kubernetes/objects.ts';

/** What a Service's type and policies ask for (the predicates of the real server's `api/service`). */

export function needsClusterIP(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName';
}

export function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIPs?.[0] === 'None' || spec.clusterIP === 'None';
}

export function needsNodePort(spec: ServiceSpec): boolean {
  if (spec.type === 'NodePort') return true;
  return spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false;
}

export function usesNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

export function needsHealthCheckNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Every node port a Service asks for, in the order of its ports. */
export function nodePortsOf(spec: ServiceSpec): number[] {
  return (spec.ports ?? []).map((port) => port.nodePort ?? 0).filter((port) => port !== 0);
}

/** The spec of a Service that the server has decoded; a Service always has one. */
export function specOf(service: Service): ServiceSpec {
  service.spec ??= {};
  return service.spec;
}
