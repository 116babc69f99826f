/**
 * A cluster from files: the objects that rules are made of, taken as an API server would take them one after
 * the other. A later object of the same name replaces the earlier, as `kubectl apply` would.
 */
import { admitObject } from './admission.ts';
import type { ManifestObject } from './manifest.ts';
import {
  type EndpointSlice,
  type KubernetesObject,
  type Node,
  objectKey,
  type Service,
  type ServiceCIDR,
} from './objects.ts';

export interface ManifestCluster {
  readonly services: Service[];
  readonly slices: EndpointSlice[];
  readonly nodes: Node[];
  readonly serviceCIDRs: ServiceCIDR[];
  /** Why a server would refuse objects among them: one line each, with place, object and field. */
  readonly problems: string[];
  /** Fields that nobody knows: one line each. */
  readonly warnings: string[];
}

interface Admitted extends ManifestObject {
  readonly admitted: KubernetesObject;
}

/** Kinds that rules depend on; objects of others are somebody else's business, and not looked at. */
const KINDS = new Set([
  'v1 Service',
  'v1 Node',
  'discovery.k8s.io/v1 EndpointSlice',
  'networking.k8s.io/v1 ServiceCIDR',
]);

export function clusterFromManifest(objects: readonly ManifestObject[]): ManifestCluster {
  const problems: string[] = [];
  const warnings: string[] = [];
  const byName = new Map<string, Admitted>();
  for (const { object, place } of objects) {
    if (!KINDS.has(`${object.apiVersion} ${object.kind}`)) continue;
    const admission = admitObject(object);
    if (admission.problems.length > 0 || admission.unknownFields.length > 0) {
      const name = `${place}: ${object.kind} ${JSON.stringify(admission.object.metadata?.name ?? '')}`;
      for (const problem of admission.problems) problems.push(`${name} is invalid: ${problem}`);
      for (const field of admission.unknownFields) warnings.push(`${name}: unknown field "${field}"`);
    }
    byName.set(`${object.kind} ${objectKey(admission.object)}`, {
      object,
      place,
      admitted: admission.object,
    });
  }
  const all = [...byName.values()];
  if (problems.length === 0)
    problems.push(...conflicts(all.filter(({ object }) => object.kind === 'Service')));
  const ofKind = (kind: string): KubernetesObject[] =>
    all.filter(({ object }) => object.kind === kind).map(({ admitted }) => admitted);
  return {
    services: ofKind('Service'),
    slices: ofKind('EndpointSlice') as EndpointSlice[],
    nodes: ofKind('Node'),
    serviceCIDRs: ofKind('ServiceCIDR') as ServiceCIDR[],
    problems,
    warnings,
  };
}

/** What two Services cannot both have: a server allocates each address and each node port once. */
function conflicts(services: readonly Admitted[]): string[] {
  const taken = new Set<string>();
  const problems: string[] = [];
  for (const { admitted, place } of services) {
    const refuse = (message: string): void => {
      problems.push(
        `${place}: Service ${JSON.stringify(admitted.metadata?.name ?? '')} is invalid: ${message}`,
      );
    };
    allocate(admitted, (key, message) => {
      if (taken.has(key)) refuse(message());
      taken.add(key);
    });
  }
  return problems;
}

/** Calls `take` for everything that a Service has to itself, with the server's message for when it is taken. */
function allocate({ spec = {} }: Service, take: (key: string, message: () => string) => void): void {
  const { clusterIP, clusterIPs = [], ports = [], healthCheckNodePort } = spec;
  const addresses = clusterIPs.length > 0 ? clusterIPs : clusterIP ? [clusterIP] : [];
  const takePort = (protocol: string, port: number, field: string): void =>
    take(`${protocol} ${port}`, () => `${field}: Invalid value: ${port}: provided port is already allocated`);
  for (const address of addresses) {
    if (address === '' || address === 'None') continue;
    const reason = `failed to allocate IP ${address}: provided IP is already allocated`;
    take(address, () => `spec.clusterIPs: Invalid value: ${JSON.stringify(addresses)}: ${reason}`);
  }
  for (const [index, { nodePort, protocol = 'TCP' }] of ports.entries()) {
    if (nodePort) takePort(protocol, nodePort, `spec.ports[${index}].nodePort`);
  }
  if (healthCheckNodePort) takePort('TCP', healthCheckNodePort, 'spec.healthCheckNodePort');
}
