/** The defaults of a Service (pkg/apis/core/v1 `SetDefaults_Service`). */
import { isJsonObject, type JsonObject, jsonObjects } from '../json.ts';
import { childObject, setMissing } from './missing-fields.ts';

/** Seconds for which a client keeps its endpoint, when `sessionAffinity: ClientIP` does not say (3 hours). */
const CLIENT_IP_AFFINITY_SECONDS = 10_800;

const TYPES_WITH_CLUSTER_IP = new Set(['ClusterIP', 'NodePort', 'LoadBalancer']);

export function defaultService(service: JsonObject): void {
  const spec = childObject(service, 'spec');
  setMissing(spec, 'sessionAffinity', 'None');
  defaultSessionAffinityConfig(spec);
  setMissing(spec, 'type', 'ClusterIP');
  for (const port of jsonObjects(spec['ports'])) {
    setMissing(port, 'protocol', 'TCP');
    if (!port['targetPort'] && port['port'] !== undefined) port['targetPort'] = port['port'];
  }
  const type = String(spec['type']);
  if (isExternallyAccessible(spec)) setMissing(spec, 'externalTrafficPolicy', 'Cluster');
  if (TYPES_WITH_CLUSTER_IP.has(type)) spec['internalTrafficPolicy'] ??= 'Cluster';
  if (type !== 'LoadBalancer') return;
  spec['allocateLoadBalancerNodePorts'] ??= true;
  for (const ingress of jsonObjects(childObject(childObject(service, 'status'), 'loadBalancer')['ingress'])) {
    if (ingress['ip']) ingress['ipMode'] ??= 'VIP';
  }
}

function defaultSessionAffinityConfig(spec: JsonObject): void {
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] !== 'ClientIP') return;
  const config = spec['sessionAffinityConfig'];
  const clientIP = isJsonObject(config) ? config['clientIP'] : undefined;
  const timeout = isJsonObject(clientIP) ? clientIP['timeoutSeconds'] : undefined;
  if (timeout === undefined || timeout === null) {
    spec['sessionAffinityConfig'] = { clientIP: { timeoutSeconds: CLIENT_IP_AFFINITY_SECONDS } };
  }
}

/** Whether traffic from outside the cluster can reach a Service: node ports, a load balancer, external IPs. */
export function isExternallyAccessible(spec: JsonObject): boolean {
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer') return true;
  return spec['type'] === 'ClusterIP' && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0;
}
