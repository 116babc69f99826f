/** The order in which people write a Service's fields: a new one goes after those that come before it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../app/kubernetes/json.ts';
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
  const order = orderAt(mapPath);
  const place = order.indexOf(key);
  if (place < 0) return undefined;
  return keys.filter((one) => order.includes(one) && order.indexOf(one) < place).at(-1);
}

function orderAt(mapPath: FieldPath): readonly string[] {
  return ORDER[mapPath.filter((step) => typeof step === 'string').join('.')] ?? [];
}

/** The same object with its fields in that order; others follow as they were. */
export function inFieldOrder(object: JsonObject): JsonObject {
  return ordered(object, []) as JsonObject;
}

function ordered(value: JsonValue, path: FieldPath): JsonValue {
  if (Array.isArray(value)) return value.map((item) => ordered(item, path));
  if (!isJsonObject(value)) return value;
  const order = orderAt(path);
  const rank = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
  const keys = order.length === 0 ? Object.keys(value) : Object.keys(value).sort((a, b) => rank(a) - rank(b));
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key] ?? null, [...path, key])]));
}
