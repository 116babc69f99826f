/** The order in which people write a Service's fields: a new one goes after those that come before it. */
import type { FieldPath } from './field-path.ts';

const ORDER: Readonly<Record<string, readonly string[]>> = {
  '': ['apiVersion', 'kind', 'metadata', 'spec', 'status'],
  metadata: ['name', 'namespace', 'labels', 'annotations'],
  spec: [
    'type',
    'externalName',
    'clusterIP',
    'clusterIPs',
    'ipFamilies',
    'ipFamilyPolicy',
    'selector',
    'ports',
    'publishNotReadyAddresses',
    'sessionAffinity',
    'sessionAffinityConfig',
    'internalTrafficPolicy',
    'externalTrafficPolicy',
    'healthCheckNodePort',
    'trafficDistribution',
    'externalIPs',
    'loadBalancerIP',
    'loadBalancerClass',
    'loadBalancerSourceRanges',
    'allocateLoadBalancerNodePorts',
  ],
  'spec.ports': ['name', 'protocol', 'port', 'targetPort', 'nodePort', 'appProtocol'],
};

/** Of the keys that a map has, the one that a new key goes after; undefined for the end. */
export function predecessor(mapPath: FieldPath, keys: readonly string[], key: string): string | undefined {
  const order = ORDER[mapPath.filter((step) => typeof step === 'string').join('.')] ?? [];
  const place = order.indexOf(key);
  if (place < 0) return undefined;
  return keys.filter((one) => order.includes(one) && order.indexOf(one) < place).at(-1);
}
