import type { IPFamily, Service, ServicePort } from '../../../../app/kubernetes/objects.ts';
import type { PodStatus, RunnablePod } from '../../api-server/resources/workload-types.ts';
import { hasEnded } from '../pod-readiness.ts';

/** Whether a pod has an address that a Service may name: it runs, or is being ended and still answers. */
export function belongsInEndpoints(pod: RunnablePod, { terminating }: { terminating: boolean }): boolean {
  if (hasEnded(pod) || !pod.status?.podIPs?.length) return false;
  return terminating || pod.metadata?.deletionTimestamp === undefined;
}

export function podAddresses(status: PodStatus | undefined, family: IPFamily): string[] {
  return (status?.podIPs ?? [])
    .map(({ ip }) => ip)
    .filter((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4') === family);
}

/** The port of the pod that a Service's port leads to; undefined where it names one that the pod has not. */
export function podPort(
  pod: RunnablePod,
  { targetPort, port, protocol = 'TCP' }: ServicePort,
): number | undefined {
  if (targetPort === undefined) return port;
  if (typeof targetPort === 'number') return targetPort;
  return pod.spec.containers
    .flatMap((container) => container.ports ?? [])
    .find((item) => item.name === targetPort && (item.protocol ?? 'TCP') === protocol)?.containerPort;
}

/** A pod is known by its own name below a Service that is its subdomain. */
export function podHostname(pod: RunnablePod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata?.name ? hostname : undefined;
}

/** Families of a Service's addresses; one that says nothing of them is of the family of its cluster IP. */
export function serviceFamilies(service: Service): IPFamily[] {
  const { ipFamilies = [], clusterIP = '' } = service.spec ?? {};
  if (ipFamilies.length > 0) return ipFamilies;
  if (clusterIP !== '' && clusterIP !== 'None') return [clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
  return ['IPv4', 'IPv6'];
}

export function isHeadless(service: Service): boolean {
  const { clusterIP = '' } = service.spec ?? {};
  return clusterIP === '' || clusterIP === 'None';
}
