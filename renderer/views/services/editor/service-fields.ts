/** Which of a Service's fields apply to what it is, and what becomes of the others when it becomes something else. */
import type { JsonObject, JsonValue } from '../../../../app/kubernetes/json.ts';
import type { ServicePort, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import { type FieldPath, valueAt } from './field-path.ts';
import type { Edit } from './object-edit.ts';

type ServiceType = NonNullable<ServiceSpec['type']>;

export const serviceTypes: readonly ServiceType[] = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];

/** Fields that a Service may only have while it is of certain types (the API refuses or ignores them otherwise). */
const BY_TYPE: Readonly<Record<string, readonly ServiceType[]>> = {
  externalName: ['ExternalName'],
  clusterIP: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  clusterIPs: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  ipFamilies: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  ipFamilyPolicy: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  internalTrafficPolicy: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  trafficDistribution: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  healthCheckNodePort: ['LoadBalancer'],
  loadBalancerIP: ['LoadBalancer'],
  loadBalancerClass: ['LoadBalancer'],
  loadBalancerSourceRanges: ['LoadBalancer'],
  allocateLoadBalancerNodePorts: ['LoadBalancer'],
};

/** What a form shows of a Service, by what the object says (or would be by default). */
export interface Applicable {
  readonly type: string;
  readonly isHeadless: boolean;
  /** It has, or may have, a cluster IP that a proxy serves. */
  readonly isProxied: boolean;
  readonly nodePorts: boolean;
  /** Traffic from outside reaches it, so that the external policy means something. */
  readonly externalPolicy: boolean;
  readonly healthCheck: boolean;
  readonly loadBalancer: boolean;
}

export function applicable(object: JsonObject): Applicable {
  const text = (field: string): string => String(valueAt(object, ['spec', field]) ?? '');
  const type = text('type') || 'ClusterIP';
  const isHeadless = type === 'ClusterIP' && text('clusterIP') === 'None';
  const externalIPs = valueAt(object, ['spec', 'externalIPs']);
  const isOutside = type === 'NodePort' || type === 'LoadBalancer';
  return {
    type,
    isHeadless,
    isProxied: type !== 'ExternalName' && !isHeadless,
    nodePorts: isOutside,
    externalPolicy:
      isOutside || (type === 'ClusterIP' && Array.isArray(externalIPs) && externalIPs.length > 0),
    healthCheck: type === 'LoadBalancer' && text('externalTrafficPolicy') === 'Local',
    loadBalancer: type === 'LoadBalancer',
  };
}

/** The edits that make a Service one of another type: fields that it may no longer have go with the change. */
export function typeEdits(object: JsonObject, type: ServiceType): Edit[] {
  const spec = (valueAt(object, ['spec']) ?? {}) as JsonObject;
  const edits: Edit[] = [{ kind: 'set', path: ['spec', 'type'], value: type }];
  const goes = (field: string): boolean => {
    if (!Object.hasOwn(spec, field)) return false;
    if (field === 'externalTrafficPolicy') return !keepsExternalPolicy(spec, type);
    // Only a ClusterIP Service may be headless.
    if (
      (field === 'clusterIP' || field === 'clusterIPs') &&
      spec['clusterIP'] === 'None' &&
      type !== 'ClusterIP'
    ) {
      return true;
    }
    return BY_TYPE[field] !== undefined && !BY_TYPE[field].includes(type);
  };
  for (const field of Object.keys(spec)) {
    if (goes(field)) edits.push({ kind: 'remove', path: ['spec', field] });
  }
  if (type === 'NodePort' || type === 'LoadBalancer') return edits;
  for (const [index, port] of portsOf(object).entries()) {
    if (port.nodePort !== undefined)
      edits.push({ kind: 'remove', path: ['spec', 'ports', index, 'nodePort'] });
  }
  return edits;
}

function keepsExternalPolicy(spec: JsonObject, type: ServiceType): boolean {
  if (type === 'NodePort' || type === 'LoadBalancer') return true;
  const { externalIPs } = spec;
  return type === 'ClusterIP' && Array.isArray(externalIPs) && externalIPs.length > 0;
}

export function headlessEdits(object: JsonObject, headless: boolean): Edit[] {
  const remove = (field: string): Edit[] =>
    valueAt(object, ['spec', field]) === undefined ? [] : [{ kind: 'remove', path: ['spec', field] }];
  if (!headless) return [...remove('clusterIPs'), ...remove('clusterIP')];
  return [...remove('clusterIPs'), { kind: 'set', path: ['spec', 'clusterIP'], value: 'None' }];
}

export function affinityEdits(object: JsonObject, affinity: string): Edit[] {
  const set: Edit = { kind: 'set', path: ['spec', 'sessionAffinity'], value: affinity };
  const config: FieldPath = ['spec', 'sessionAffinityConfig'];
  return affinity === 'None' && valueAt(object, config) !== undefined
    ? [set, { kind: 'remove', path: config }]
    : [set];
}

/** The ports that can be shown as such: whatever else the list holds is the text's to mend. */
export function portsOf(object: JsonObject): Partial<ServicePort>[] {
  const ports = valueAt(object, ['spec', 'ports']);
  if (!Array.isArray(ports)) return [];
  return ports.map((port) =>
    typeof port === 'object' && port !== null ? (port as Partial<ServicePort>) : {},
  );
}

/** A port beside others: with a number that is free, and a name, as several ports must have. */
export function anotherPort(object: JsonObject): JsonObject {
  const ports = portsOf(object);
  const taken = new Set(ports.map(({ port }) => port));
  let port = 80;
  while (taken.has(port)) port += 1;
  if (ports.length === 0) return { port, protocol: 'TCP' };
  const names = new Set(ports.map(({ name }) => name));
  let number = ports.length + 1;
  while (names.has(`port-${number}`)) number += 1;
  return { name: `port-${number}`, port, protocol: 'TCP' };
}

/** What a form's text means as a value: whole numbers are numbers where the field takes them. */
export function fieldValue(text: string, takesNumber: boolean): JsonValue {
  return takesNumber && /^\d{1,15}$/.test(text) ? Number(text) : text;
}
