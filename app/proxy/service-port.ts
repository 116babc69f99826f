/**
 * What the proxy needs to know about one port of one Service, in one IP family.
 *
 * Follows kube-proxy's `BaseServicePortInfo` (pkg/proxy/serviceport.go): values are reduced to the family and
 * canonical, and each knows the field it came from.
 */
import type { IPFamily, LoadBalancerIngress, Protocol, Service, ServicePort } from '../kubernetes/objects.ts';
import type { ServicePortName } from '../ruleset/model.ts';
import type { ObjectOrigin } from '../ruleset/origin.ts';
import { servicePortKey, servicePortNameString } from './chain-names.ts';
import { type IpBlock, parseCidr, parseIp } from './ip-address.ts';
import { pinnedPortOf } from './userspace/proxy-ports.ts';

/** A value with the path of the field that holds it. */
export interface FieldValue<T> {
  readonly value: T;
  readonly field: string;
}

export interface ServicePortInfo {
  readonly name: ServicePortName;
  /** See servicePortKey. */
  readonly key: string;
  /** `namespace/name:port` or `namespace/name`: what rules say in comments and hashes are made of. */
  readonly nameString: string;
  readonly clusterIP: FieldValue<string>;
  readonly port: FieldValue<number>;
  readonly protocol: Protocol;
  /** 0 when the port has none. */
  readonly nodePort: FieldValue<number>;
  readonly externalIPs: readonly FieldValue<string>[];
  /** Load balancer addresses that the node itself answers for (ipMode VIP). */
  readonly loadBalancerVIPs: readonly FieldValue<string>[];
  /** All load balancer addresses: a kube-proxy from before ipMode answers for each. */
  readonly loadBalancerIPs: readonly FieldValue<string>[];
  readonly loadBalancerSourceRanges: readonly FieldValue<IpBlock>[];
  readonly sessionAffinity: 'None' | 'ClientIP';
  /** Seconds a client stays with its endpoint; 0 without session affinity. */
  readonly stickyMaxAgeSeconds: number;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  /** 0 when the Service needs no health check. */
  readonly healthCheckNodePort: number;
  /** userspace mode: the port its proxy has to listen on; 0 for any. */
  readonly pinnedProxyPort: number;
  /** What is wrong with the Service's annotation that pins it. */
  readonly proxyPortProblem?: string;
}

/** The API's default for `sessionAffinityConfig.clientIP.timeoutSeconds`. */
const DEFAULT_STICKY_SECONDS = 10800;

/** Reachable by more than its cluster IP. */
export function isExternallyAccessible(info: ServicePortInfo): boolean {
  return info.nodePort.value !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0;
}

/**
 * Whether traffic to the port is ever sent by `Cluster` policy: internal traffic unless that is `Local`, and
 * with any external access also the node's and the pods' own traffic to it, which no policy applies to.
 */
export function usesClusterEndpoints(info: ServicePortInfo): boolean {
  return !info.internalPolicyLocal || isExternallyAccessible(info);
}

/** Whether traffic to the port is ever sent by `Local` policy. */
export function usesLocalEndpoints(info: ServicePortInfo): boolean {
  return info.internalPolicyLocal || (info.externalPolicyLocal && isExternallyAccessible(info));
}

/** The field that makes the port reachable from outside. */
export function exposureOrigin(info: ServicePortInfo): ObjectOrigin {
  const [first] = [...info.loadBalancerVIPs, ...info.externalIPs];
  const field = info.nodePort.value !== 0 ? info.nodePort.field : (first?.field ?? info.port.field);
  return serviceOrigin(info, field);
}

/** The origin that names a field of the port's Service. */
export function serviceOrigin(info: ServicePortInfo, field: string): ObjectOrigin {
  return { kind: 'Service', namespace: info.name.namespace, name: info.name.name, field };
}

/** The Service's ports by key, empty when the Service has no cluster IP of the family. */
export function servicePortInfos(service: Service, family: IPFamily): ServicePortInfo[] {
  const clusterIP = clusterIPOfFamily(service, family);
  if (clusterIP === undefined) return [];
  return (service.spec?.ports ?? []).map((port, index) =>
    newServicePortInfo({ service, family, clusterIP, port, index }),
  );
}

interface PortSource {
  readonly service: Service;
  readonly family: IPFamily;
  readonly clusterIP: FieldValue<string>;
  readonly port: ServicePort;
  readonly index: number;
}

function newServicePortInfo({ service, family, clusterIP, port, index }: PortSource): ServicePortInfo {
  const spec = service.spec ?? {};
  const name: ServicePortName = {
    namespace: service.metadata?.namespace ?? 'default',
    name: service.metadata?.name ?? '',
    port: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
  };
  const externalPolicyLocal = isExternal(service) && spec.externalTrafficPolicy === 'Local';
  const { pinnedProxyPort, proxyPortProblem } = pinnedPortOf(service, name.port);
  const info: ServicePortInfo = {
    name,
    key: servicePortKey(name),
    nameString: servicePortNameString(name),
    clusterIP,
    port: { value: port.port, field: fieldsOfPort(index).port },
    protocol: name.protocol,
    nodePort: port.nodePort
      ? { value: port.nodePort, field: fieldsOfPort(index).nodePort.field }
      : fieldsOfPort(index).nodePort,
    externalIPs: externalIPs(spec.externalIPs, family),
    loadBalancerVIPs: loadBalancerIPs(service, family, isVIP),
    loadBalancerIPs: loadBalancerIPs(service, family, () => true),
    loadBalancerSourceRanges: sourceRanges(spec.loadBalancerSourceRanges, family),
    sessionAffinity: spec.sessionAffinity ?? 'None',
    stickyMaxAgeSeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_STICKY_SECONDS)
        : 0,
    externalPolicyLocal,
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && externalPolicyLocal ? (spec.healthCheckNodePort ?? 0) : 0,
    pinnedProxyPort,
  };
  return proxyPortProblem === undefined ? info : { ...info, proxyPortProblem };
}

// Ten thousand Services have these in common: what is not there, and the paths of their first ports' fields.
const NOTHING: readonly never[] = [];
const portFields: { port: string; nodePort: FieldValue<0> }[] = [];

function fieldsOfPort(index: number): (typeof portFields)[number] {
  portFields[index] ??= {
    port: `spec.ports[${index}].port`,
    nodePort: { value: 0, field: `spec.ports[${index}].nodePort` },
  };
  return portFields[index];
}

/** Only Services that can be reached from outside have an external traffic policy. */
function isExternal({ spec }: Service): boolean {
  const type = spec?.type ?? 'ClusterIP';
  return (
    type === 'LoadBalancer' ||
    type === 'NodePort' ||
    (type === 'ClusterIP' && (spec?.externalIPs ?? []).length > 0)
  );
}

/**
 * The cluster IP of a family, by `ipFamilies` as kube-proxy does, else (an object that no API server has
 * defaulted) by what the addresses are.
 */
function clusterIPOfFamily({ spec }: Service, family: IPFamily): FieldValue<string> | undefined {
  const listed = spec?.clusterIPs ?? [];
  const candidates = listed.length > 0 ? listed : spec?.clusterIP ? [spec.clusterIP] : [];
  const families = spec?.ipFamilies ?? [];
  for (const [index, text] of candidates.entries()) {
    const ip = parseIp(text);
    if (ip === undefined || ip.family !== family) continue;
    if (families.length > 0 && families[index] !== family) continue;
    return { value: ip.address, field: listed.length > 0 ? `spec.clusterIPs[${index}]` : 'spec.clusterIP' };
  }
  return undefined;
}

/** Addresses that are none, or of the other family, are passed over. */
function externalIPs(texts: string[] | undefined, family: IPFamily): readonly FieldValue<string>[] {
  if (texts === undefined) return NOTHING;
  return texts.flatMap((text, index) => {
    const ip = parseIp(text);
    return ip?.family === family ? [{ value: ip.address, field: `spec.externalIPs[${index}]` }] : [];
  });
}

function loadBalancerIPs(
  service: Service,
  family: IPFamily,
  isWanted: (ingress: LoadBalancerIngress) => boolean,
): readonly FieldValue<string>[] {
  const ingress = service.status?.loadBalancer?.ingress;
  if (ingress === undefined) return NOTHING;
  return ingress.flatMap((entry, index) => {
    const ip = isWanted(entry) ? parseIp(entry.ip ?? '') : undefined;
    return ip?.family === family
      ? [{ value: ip.address, field: `status.loadBalancer.ingress[${index}].ip` }]
      : [];
  });
}

function isVIP({ ipMode }: LoadBalancerIngress): boolean {
  return ipMode === undefined || ipMode === 'VIP';
}

/** The API allows blanks around a source range. */
function sourceRanges(texts: string[] | undefined, family: IPFamily): readonly FieldValue<IpBlock>[] {
  if (texts === undefined) return NOTHING;
  return texts.flatMap((text, index) => {
    const block = parseCidr(text.trim());
    return block?.family === family
      ? [{ value: block, field: `spec.loadBalancerSourceRanges[${index}]` }]
      : [];
  });
}
