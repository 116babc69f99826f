/** What a target is in a cluster now. */
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { EndpointSlice, Service } from '../../../app/kubernetes/objects.ts';
import { parseTarget, resolveTarget } from '../../../app/probe/target.ts';
import type { ServicePortAsked } from '../../../app/reach/service-port-ways.ts';
import type { ClusterObjects } from '../../cluster/cluster-objects.ts';

/**
 * @param nodeAddresses the one to prefer first
 * @throws TargetError with what there is instead
 */
export function targetIn(
  objects: ClusterObjects,
  nodeAddresses: readonly string[],
  text: string,
): Omit<ResolvedTarget, 'mode' | 'dialect'> {
  const target = resolveTarget(parseTarget(text), {
    services: objects.list<Service>('services'),
    nodeAddresses,
  });
  if (target.service === undefined) return target;
  const [namespace, name] = target.service.split('/');
  const addressType = target.address.includes(':') ? 'IPv6' : 'IPv4';
  const ready = objects
    .list<EndpointSlice>('endpointslices', { namespace })
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .filter((slice) => slice.addressType === addressType)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  return { ...target, readyEndpoints: new Set(ready.map(({ addresses }) => addresses[0])).size };
}

/** The Service port that a target leads to, with all addresses it has; undefined where it is none's. */
export function servicePortOf(
  objects: ClusterObjects,
  { service: key, servicePort, protocol }: Pick<ResolvedTarget, 'service' | 'servicePort' | 'protocol'>,
): ServicePortAsked | undefined {
  const [namespace = '', name = ''] = key?.split('/') ?? [];
  const { spec, status } = (key && objects.get<Service>('services', { namespace, name })) || {};
  const found = spec?.ports?.find(
    (port) => (port.name ?? '') === servicePort && (port.protocol ?? 'TCP') === protocol,
  );
  if (!spec || !found) return undefined;
  const { port, nodePort } = found;
  const clusterIPs = spec.clusterIPs ?? [spec.clusterIP ?? ''];
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return {
    namespace,
    service: name,
    port,
    protocol,
    ...(nodePort ? { nodePort } : {}),
    clusterIPs: clusterIPs.filter((address) => address !== '' && address !== 'None'),
    outside: [...new Set([...balancers, ...(spec.externalIPs ?? [])])],
  };
}
