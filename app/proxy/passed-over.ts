/**
 * What kube-proxy passes over in objects that a server took, and why: for the sync log, and for whoever
 * wonders why a field has no rules.
 */
import type { EndpointSlice, IPFamily, Service } from '../kubernetes/objects.ts';
import type { Omission } from '../ruleset/model.ts';
import type { ObjectOrigin } from '../ruleset/origin.ts';
import { serviceOfSlice } from './endpoints-map.ts';
import { parseCidr, parseIp } from './ip-address.ts';
import { isLeftToOthers } from './service-map.ts';

/** What a Service has that makes no rules. Headless and ExternalName Services need none, and are not mentioned. */
export function passedOverInService(service: Service): Omission[] {
  if (isPlain(service)) return [];
  const { type, clusterIP, clusterIPs } = service.spec ?? {};
  const origin = (field: string): ObjectOrigin => objectOrigin('Service', service, field);
  const addresses = [...(clusterIPs ?? []), ...(clusterIP ? [clusterIP] : [])];
  if (type === 'ExternalName' || addresses.includes('None')) return [];
  if (isLeftToOthers(service.metadata?.labels)) {
    return [{ origin: origin('metadata.labels'), reason: 'is left to another proxy by its label' }];
  }
  const families = new Set(addresses.flatMap((address) => parseIp(address)?.family ?? []));
  if (families.size === 0) {
    return [{ origin: origin('spec.clusterIP'), reason: 'is not set; a server would choose an address' }];
  }
  return [
    ...unallocated(service, origin),
    ...unusedAddresses(service, families).map(({ field, reason }) => ({ origin: origin(field), reason })),
  ];
}

/** Nothing in it can be passed over, as in nearly all Services: ten thousand are told so at a glance. */
function isPlain({ spec, status, metadata }: Service): boolean {
  return (
    spec?.type === 'ClusterIP' &&
    spec.externalIPs === undefined &&
    spec.loadBalancerSourceRanges === undefined &&
    status?.loadBalancer?.ingress === undefined &&
    !isLeftToOthers(metadata?.labels) &&
    parseIp(spec.clusterIP ?? '') !== undefined
  );
}

/** What an EndpointSlice has that makes no endpoints. */
export function passedOverInSlice(slice: EndpointSlice): Omission[] {
  const origin = (field: string): ObjectOrigin => objectOrigin('EndpointSlice', slice, field);
  if (isLeftToOthers(slice.metadata?.labels)) return [];
  if (serviceOfSlice(slice) === undefined) {
    return [{ origin: origin('metadata.labels'), reason: 'name no Service (kubernetes.io/service-name)' }];
  }
  if (slice.addressType === 'FQDN')
    return [{ origin: origin('addressType'), reason: 'names are not proxied' }];
  return (slice.ports ?? []).flatMap(({ port }, index) =>
    port
      ? []
      : [{ origin: origin(`ports[${index}].port`), reason: 'is not set: all ports at once are not proxied' }],
  );
}

function objectOrigin(
  kind: 'Service' | 'EndpointSlice',
  { metadata }: Service | EndpointSlice,
  field: string,
): ObjectOrigin {
  return { kind, namespace: metadata?.namespace ?? 'default', name: metadata?.name ?? '', field };
}

/** Ports that a server would have chosen, where the object comes from a file that no server has seen. */
function unallocated({ spec }: Service, origin: (field: string) => ObjectOrigin): Omission[] {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = spec ?? {};
  const wantsNodePorts =
    type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
  const missing = wantsNodePorts
    ? ports.flatMap(({ nodePort }, index) => (nodePort ? [] : [`spec.ports[${index}].nodePort`]))
    : [];
  const wantsHealthCheck = type === 'LoadBalancer' && spec?.externalTrafficPolicy === 'Local';
  if (wantsHealthCheck && !spec.healthCheckNodePort) missing.push('spec.healthCheckNodePort');
  return missing.map((field) => ({
    origin: origin(field),
    reason: 'is not set; a server would choose a port',
  }));
}

function unusedAddresses(
  { spec, status }: Service,
  families: Set<IPFamily>,
): { field: string; reason: string }[] {
  const why = (family: IPFamily | undefined, what: string): string | undefined => {
    if (family === undefined) return `is no ${what}`;
    return families.has(family) ? undefined : `is ${family}, and the Service has no ${family} cluster IP`;
  };
  const reasons: [field: string, reason: string | undefined][] = [
    ...(spec?.externalIPs ?? []).map((text, index): [string, string | undefined] => [
      `spec.externalIPs[${index}]`,
      why(parseIp(text)?.family, 'IP address'),
    ]),
    ...(spec?.loadBalancerSourceRanges ?? []).map((text, index): [string, string | undefined] => [
      `spec.loadBalancerSourceRanges[${index}]`,
      why(parseCidr(text.trim())?.family, 'address block'),
    ]),
    ...(status?.loadBalancer?.ingress ?? []).map(({ ip }, index): [string, string | undefined] => [
      `status.loadBalancer.ingress[${index}].ip`,
      ip ? why(parseIp(ip)?.family, 'IP address') : undefined,
    ]),
  ];
  return reasons.flatMap(([field, reason]) => (reason === undefined ? [] : [{ field, reason }]));
}
