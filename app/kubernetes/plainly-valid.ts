/**
 * Tells at a glance that a Service or an EndpointSlice is valid, as nearly all are, so that a cluster of ten
 * thousand need not go through decoding, defaults and validation one by one.
 *
 * It errs on one side only: a yes means that validation would find nothing; a no means that it must be asked.
 */

import { parseIp } from '../proxy/ip-address.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { KubernetesObject } from './objects.ts';

/** Objects that need nothing else to be taken; their missing fields have the API's defaults. */
export function isPlainlyValid(object: KubernetesObject & JsonObject): boolean {
  if (!isPlainMetadata(object.metadata)) return false;
  if (object.kind === 'Service' && object.apiVersion === 'v1') return isPlainService(object);
  return (
    object.kind === 'EndpointSlice' && object.apiVersion === 'discovery.k8s.io/v1' && isPlainSlice(object)
  );
}

type Check = (value: JsonValue) => boolean;

type Checks = ReadonlyMap<string, Check>;

function checks(byField: Record<string, Check>): Checks {
  return new Map(Object.entries(byField));
}

/** Whether an object has no fields but the given ones, and those that it has pass their check. */
function hasOnly(object: JsonObject, byField: Checks): boolean {
  for (const field in object) {
    const check = byField.get(field);
    const value = object[field];
    if (check === undefined || value === undefined || !check(value)) return false;
  }
  return true;
}

function matching(pattern: RegExp, longest: number): Check {
  return (value) => typeof value === 'string' && value.length <= longest && pattern.test(value);
}

function oneOf(...values: JsonValue[]): Check {
  return (value) => values.includes(value);
}

function integer(low: number, high: number): Check {
  return (value) => typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
}

function listOf(check: Check, longest: number): Check {
  return (value) => Array.isArray(value) && value.length <= longest && value.every(check);
}

function structOf(byField: Record<string, Check>): Check {
  const known = checks(byField);
  return (value) => isJsonObject(value) && hasOnly(value, known);
}

function mapOf(key: Check, item: Check): Check {
  return (value) => {
    if (!isJsonObject(value)) return false;
    for (const name in value) {
      const entry = value[name];
      if (entry === undefined || !key(name) || !item(entry)) return false;
    }
    return true;
  };
}

// No dot at the start or end, and neither two in a row nor one beside a dash: stricter than the API, and safe.
const dnsLabel = matching(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, 63);
const dnsSubdomain = matching(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/, 200);
const labelKey = matching(
  /^(?:[a-z0-9]+(?:[-.][a-z0-9]+)*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
  63,
);
const labelValue = matching(/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, 63);
const shortText = matching(/^[\x20-\x7e]*$/, 200);
const boolean: Check = (value) => typeof value === 'boolean';
const port = integer(1, 65535);
const protocol = oneOf('TCP', 'UDP', 'SCTP');
const labels = mapOf(labelKey, labelValue);
// Annotations of Services may have a meaning that validation looks at; what kubectl leaves behind has none.
const annotations: Check = mapOf(
  oneOf('kubectl.kubernetes.io/last-applied-configuration'),
  (value) => typeof value === 'string' && value.length < 50_000,
);

/** Canonical, and none of the special addresses that endpoints may not have. */
const ipv4: Check = (value) => {
  if (typeof value !== 'string' || value.startsWith('169.254.')) return false;
  const address = parseIp(value);
  const first = Number.parseInt(value, 10);
  return address?.family === 'IPv4' && address.address === value && first > 0 && first < 224 && first !== 127;
};

const METADATA = checks({
  name: dnsLabel,
  namespace: dnsLabel,
  uid: shortText,
  resourceVersion: shortText,
  generation: integer(0, Number.MAX_SAFE_INTEGER),
  creationTimestamp: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 20),
  labels,
  annotations,
});

/** A namespace must be there, as an object without one needs it filled in. */
function isPlainMetadata(value: unknown): boolean {
  return isJsonObject(value) && 'name' in value && 'namespace' in value && hasOnly(value, METADATA);
}

const TOP = { apiVersion: shortText, kind: shortText, metadata: isJsonObject };

const SERVICE_PORT: Record<string, Check> = {
  name: matching(/^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)?$/, 63),
  protocol,
  port,
  targetPort: integer(1, 65535),
  nodePort: port,
};

const SERVICE = checks({
  ...TOP,
  spec: structOf({
    type: oneOf('ClusterIP', 'NodePort'),
    clusterIP: ipv4,
    clusterIPs: listOf(ipv4, 1),
    ipFamilies: listOf(oneOf('IPv4'), 1),
    ipFamilyPolicy: oneOf('SingleStack'),
    ports: listOf(structOf(SERVICE_PORT), 100),
    selector: labels,
    sessionAffinity: oneOf('None'),
    internalTrafficPolicy: oneOf('Cluster', 'Local'),
  }),
  status: structOf({ loadBalancer: structOf({}) }),
});

function isPlainService(service: JsonObject): boolean {
  const spec = service['spec'];
  if (!hasOnly(service, SERVICE) || !isJsonObject(spec)) return false;
  const { clusterIP, clusterIPs, ports, type } = spec;
  if (clusterIP === undefined || !Array.isArray(ports) || ports.length === 0) return false;
  if (Array.isArray(clusterIPs) && clusterIPs[0] !== clusterIP) return false;
  if (type !== 'NodePort' && ports.some((entry) => isJsonObject(entry) && 'nodePort' in entry)) return false;
  if (!ports.every((entry) => isJsonObject(entry) && 'port' in entry)) return false;
  return ports.length === 1 || areDistinct(ports);
}

/** Several ports: each with a name, and nothing that two of them could share. */
function areDistinct(ports: JsonValue[]): boolean {
  const seen = new Set<string>();
  let values = 0;
  for (const entry of ports) {
    if (!isJsonObject(entry) || !entry['name']) return false;
    const keys = [
      `name ${entry['name']}`,
      `port ${entry['port']}`,
      ...('nodePort' in entry ? [`node ${entry['nodePort']}`] : []),
    ];
    values += keys.length;
    for (const key of keys) seen.add(key);
  }
  return seen.size === values;
}

const SLICE = checks({
  ...TOP,
  addressType: oneOf('IPv4'),
  ports: listOf(
    structOf({ name: matching(/^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)?$/, 63), protocol, port }),
    100,
  ),
  endpoints: listOf(
    structOf({
      addresses: (value) => Array.isArray(value) && value.length === 1 && value.every(ipv4),
      conditions: structOf({ ready: boolean, serving: boolean, terminating: boolean }),
      nodeName: dnsSubdomain,
      zone: shortText,
      targetRef: structOf({ kind: shortText, namespace: shortText, name: shortText, uid: shortText }),
    }),
    1000,
  ),
});

function isPlainSlice(slice: JsonObject): boolean {
  if (!hasOnly(slice, SLICE) || !('addressType' in slice)) return false;
  const { ports, endpoints } = slice;
  if (Array.isArray(ports)) {
    const names = new Set(ports.map((entry) => (isJsonObject(entry) ? (entry['name'] ?? '') : '')));
    if (names.size !== ports.length) return false;
  }
  return !Array.isArray(endpoints) || endpoints.every((entry) => isJsonObject(entry) && 'addresses' in entry);
}
