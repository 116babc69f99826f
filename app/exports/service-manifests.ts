/** Services as manifests that any cluster takes: what a user wrote, without what a server made of it. */
import { stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../kubernetes/json.ts';
import type { Service, ServicePort, ServiceSpec } from '../kubernetes/objects.ts';
import { KUBERNETES_YAML } from '../kubernetes/yaml-options.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** One YAML document each. The Service of the API server itself is every server's own, and left out. */
export function printServiceManifests(services: readonly Service[]): string {
  return services
    .filter((service) => !isApiServers(service))
    .map((service) => stringify(serviceManifest(service), { ...KUBERNETES_YAML, lineWidth: 0 }))
    .join('---\n');
}

/** The manifest of one Service. Fields that have the API's default are left out, too. */
export function serviceManifest(service: Service): JsonObject {
  const { name = '', namespace, labels, annotations = {} } = service.metadata ?? {};
  const { [LAST_APPLIED]: _, ...kept } = annotations;
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
  };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: cleanSpec(service) };
}

function isApiServers({ metadata }: Service): boolean {
  const { component, provider } = metadata?.labels ?? {};
  return metadata?.name === 'kubernetes' && component === 'apiserver' && provider === 'kubernetes';
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
  externalTrafficPolicy: 'Cluster',
  ipFamilyPolicy: 'SingleStack',
  allocateLoadBalancerNodePorts: true,
};

/** What a server chooses where the user does not. */
const ALLOCATED = ['clusterIP', 'clusterIPs', 'ipFamilies', 'healthCheckNodePort'] as const;

/** Seconds that the API fills in for ClientIP affinity. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

function cleanSpec(service: Service): JsonObject {
  const spec: ServiceSpec = service.spec ?? {};
  const isChosen = choices(service);
  const isHeadless = spec.clusterIP === 'None';
  const left = Object.entries(spec).filter(([field, value]) => {
    if (value === undefined || value === null || DEFAULTS[field] === value) return false;
    if (field === 'sessionAffinityConfig') return !isDefaultAffinity(spec);
    if (!(ALLOCATED as readonly string[]).includes(field)) return true;
    return (isHeadless && field === 'clusterIP') || isChosen(field);
  });
  const clean = Object.fromEntries(left);
  if (spec.ports)
    clean['ports'] = spec.ports.map((port, index) => cleanPort(port, isChosen(`ports ${index}`)));
  return clean as JsonObject;
}

function isDefaultAffinity({ sessionAffinityConfig }: ServiceSpec): boolean {
  return sessionAffinityConfig?.clientIP?.timeoutSeconds === DEFAULT_AFFINITY_SECONDS;
}

function cleanPort(port: ServicePort, nodePortIsChosen: boolean): JsonObject {
  const { nodePort, protocol, targetPort, ...rest } = port;
  return {
    ...rest,
    ...(protocol === undefined || protocol === 'TCP' ? {} : { protocol }),
    ...(targetPort === undefined || targetPort === port.port ? {} : { targetPort }),
    ...(nodePort && nodePortIsChosen ? { nodePort } : {}),
  } as JsonObject;
}

/**
 * Whether the user chose a field that a server could have chosen: `clusterIP`, or `ports N` for the node port of
 * the Nth port. Told from what was applied last, or from who manages the field; an object that carries neither
 * comes from a file, and all in it is the user's.
 */
function choices({ metadata, spec }: Service): (field: string) => boolean {
  const applied = lastApplied(metadata?.annotations?.[LAST_APPLIED]);
  const managed = (metadata?.managedFields ?? [])
    .filter(({ subresource }) => !subresource)
    .flatMap(({ fieldsV1 }) => (isJsonObject(fieldsV1) ? [at(fieldsV1, 'f:spec')] : []));
  if (applied === undefined && managed.length === 0) return () => true;
  return (field) => {
    const [name = '', index] = field.split(' ');
    if (index === undefined) {
      return applied?.[name] !== undefined || managed.some((fields) => `f:${name}` in fields);
    }
    const port = spec?.ports?.[Number(index)];
    if (port === undefined) return false;
    return (
      portsOf(applied).some((item) => isSamePort(item, port) && item['nodePort']) ||
      managed.some((fields) => 'f:nodePort' in at(at(fields, 'f:ports'), portKey(port)))
    );
  };
}

function lastApplied(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? at(value, 'spec') : undefined;
  } catch {
    return undefined;
  }
}

function at(value: JsonObject, field: string): JsonObject {
  const found = value[field];
  return isJsonObject(found) ? found : {};
}

function portsOf(spec: JsonObject | undefined): JsonObject[] {
  const ports = spec?.['ports'];
  return Array.isArray(ports) ? ports.filter((port) => isJsonObject(port)) : [];
}

function isSamePort(item: JsonObject, port: ServicePort): boolean {
  return item['port'] === port.port && (item['protocol'] ?? 'TCP') === (port.protocol ?? 'TCP');
}

/** As managedFields name a port: by its merge key. */
function portKey({ port, protocol = 'TCP' }: ServicePort): string {
  return `k:${JSON.stringify({ port, protocol })}`;
}
