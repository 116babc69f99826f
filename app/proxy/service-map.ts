/** All Service ports the proxy serves, by key (see servicePortKey). */
import type { IPFamily, Service } from '../kubernetes/objects.ts';
import { type ServicePortInfo, servicePortInfos } from './service-port.ts';

export type ServicePortMap = Map<string, ServicePortInfo>;

/** Services with this label are another proxy's. */
const SERVICE_PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';
/** Services and slices with this label need no proxy. */
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** Objects that kube-proxy does not even list (the label selector of its informers). */
export function isLeftToOthers(labels: Record<string, string> | undefined): boolean {
  return labels !== undefined && (SERVICE_PROXY_NAME_LABEL in labels || HEADLESS_LABEL in labels);
}

/** Whether the proxy has nothing to do for a Service: headless, ExternalName, or another proxy's. */
export function shouldSkipService(service: Service): boolean {
  const { clusterIP, clusterIPs, type } = service.spec ?? {};
  const address = clusterIP ?? clusterIPs?.[0] ?? '';
  return (
    address === '' ||
    address === 'None' ||
    type === 'ExternalName' ||
    isLeftToOthers(service.metadata?.labels)
  );
}

/** The ports of one Service in one family; empty when the Service is skipped. */
export function serviceToServiceMap(service: Service | undefined, family: IPFamily): ServicePortMap {
  const ports: ServicePortMap = new Map();
  if (service !== undefined) addService(ports, service, family);
  return ports;
}

/** Adds the ports of a Service to others; none when the Service is skipped. */
export function addService(ports: ServicePortMap, service: Service, family: IPFamily): void {
  if (shouldSkipService(service)) return;
  for (const info of servicePortInfos(service, family)) ports.set(info.key, info);
}

/** The health check node port of each Service that has one, by `namespace/name`. */
export function healthCheckNodePorts(services: ServicePortMap): Map<string, number> {
  const ports = new Map<string, number>();
  for (const { name, healthCheckNodePort } of services.values()) {
    if (healthCheckNodePort !== 0) ports.set(`${name.namespace}/${name.name}`, healthCheckNodePort);
  }
  return ports;
}
