/** What an API server warns of in a Service that it takes all the same (pkg/api/service, warnings.go). */
import type { Service, ServiceSpec } from '../objects.ts';
import { parseAddress } from './ip.ts';

const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';

/** Texts for the `Warning` headers of the answer. */
export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = [];
  const { clusterIPs = [], externalIPs = [], loadBalancerIP = '', type } = spec;
  const headless = type === 'ClusterIP' && spec.clusterIP === 'None';
  if (metadata?.annotations?.[TOPOLOGY_HINTS] !== undefined) {
    warnings.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  }
  if (!headless)
    warnings.push(...clusterIPs.flatMap((ip, index) => addressWarnings(`spec.clusterIPs[${index}]`, ip)));
  if (headless) warnings.push(...headlessWarnings(spec));
  warnings.push(...externalIPs.flatMap((ip, index) => addressWarnings(`spec.externalIPs[${index}]`, ip)));
  if (externalIPs.length > 0 && !headless && type !== 'ExternalName') {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (loadBalancerIP !== '') warnings.push(...addressWarnings('spec.loadBalancerIP', loadBalancerIP));
  if (type === 'ExternalName' && externalIPs.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

function headlessWarnings(spec: ServiceSpec): string[] {
  const warnings: string[] = [];
  if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
  if (spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services');
  if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  return warnings;
}

function addressWarnings(field: string, text: string): string[] {
  const address = parseAddress(text);
  if (address === undefined || address.canonical === text) return [];
  if (address.leadingZeros || address.ipv4InIPv6) {
    return [
      `${field}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(address.canonical)}`,
    ];
  }
  return [
    `${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(address.canonical)})`,
  ];
}
