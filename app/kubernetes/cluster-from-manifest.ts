/**
 * A cluster from files: the objects that rules are made of, taken as an API server would take them one after
 * the other. A later object of the same name replaces the earlier, as `kubectl apply` would.
 */
import { admitObject } from './admission.ts';
import type { ManifestObject } from './manifest.ts';
import type { EndpointSlice, KubernetesObject, Node, Service, ServiceCIDR } from './objects.ts';

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

interface Admitted {
  readonly given: ManifestObject;
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
  const byName = new ByName();
  for (const given of objects) {
    const { object, place } = given;
    if (!KINDS.has(`${object.apiVersion} ${object.kind}`)) continue;
    const admission = admitObject(object);
    if (admission.problems.length > 0 || admission.unknownFields.length > 0) {
      const name = `${place}: ${object.kind} ${JSON.stringify(admission.object.metadata?.name ?? '')}`;
      for (const problem of admission.problems) problems.push(`${name} is invalid: ${problem}`);
      for (const field of admission.unknownFields) warnings.push(`${name}: unknown field "${field}"`);
    }
    byName.set({ given, admitted: admission.object });
  }
  if (problems.length === 0) problems.push(...conflicts(byName.ofKind('Service')));
  const ofKind = (kind: string): KubernetesObject[] => byName.ofKind(kind).map(({ admitted }) => admitted);
  return {
    services: ofKind('Service'),
    slices: ofKind('EndpointSlice') as EndpointSlice[],
    nodes: ofKind('Node'),
    serviceCIDRs: ofKind('ServiceCIDR') as ServiceCIDR[],
    problems,
    warnings,
  };
}

/**
 * The last object of each name, where its first was. In a map for each namespace, so that kind, namespace and
 * name of ten thousands need not be put together to keys.
 */
class ByName {
  readonly #kinds = new Map<string, { entries: Admitted[]; indexes: Map<string, Map<string, number>> }>();

  set(entry: Admitted): void {
    const { namespace = '', name = '' } = entry.admitted.metadata ?? {};
    const { entries, indexes } = entryOf(this.#kinds, entry.given.object.kind ?? '', () => ({
      entries: [],
      indexes: new Map(),
    }));
    const names = entryOf(indexes, namespace, () => new Map<string, number>());
    const index = names.get(name) ?? entries.length;
    names.set(name, index);
    entries[index] = entry;
  }

  ofKind(kind: string): readonly Admitted[] {
    return this.#kinds.get(kind)?.entries ?? [];
  }
}

function entryOf<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** What two Services cannot both have: a server allocates each address and each node port once. */
function conflicts(services: readonly Admitted[]): string[] {
  const taken = new Set<string>();
  const problems: string[] = [];
  for (const { admitted, given } of services) {
    const refuse = (message: string): void => {
      problems.push(
        `${given.place}: Service ${JSON.stringify(admitted.metadata?.name ?? '')} is invalid: ${message}`,
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
