/** From whole lists of objects to the state of one IP family: what a sync after the first listing has. */
import type { EndpointSlice, IPFamily, Service, ServiceCIDR } from '../kubernetes/objects.ts';
import type { Capabilities, ProxierState } from './build-ruleset.ts';
import type { ProxyConfiguration } from './configuration.ts';
import { type EndpointsMap, endpointsOfSlices, serviceOfSlice } from './endpoints-map.ts';
import type { ProxyNode } from './node.ts';
import { addService, type ServicePortMap } from './service-map.ts';

export interface ClusterSnapshot {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly configuration: ProxyConfiguration;
  readonly node: ProxyNode;
  readonly capabilities: Capabilities;
  readonly serviceCIDRs?: readonly ServiceCIDR[];
}

export function proxierState(snapshot: ClusterSnapshot, family: IPFamily): ProxierState {
  const { configuration, node, capabilities, serviceCIDRs } = snapshot;
  return {
    family,
    services: allServicePorts(snapshot.services, family),
    endpoints: allEndpoints(snapshot.slices, family, node.name),
    configuration,
    node,
    capabilities,
    ...(serviceCIDRs ? { serviceCIDRs } : {}),
  };
}

function allServicePorts(services: readonly Service[], family: IPFamily): ServicePortMap {
  const ports: ServicePortMap = new Map();
  for (const service of services) addService(ports, service, family);
  return ports;
}

function allEndpoints(slices: readonly EndpointSlice[], family: IPFamily, nodeName: string): EndpointsMap {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.addressType === family ? serviceOfSlice(slice) : undefined;
    if (service === undefined) continue;
    const known = byService.get(service);
    if (known) known.push(slice);
    else byService.set(service, [slice]);
  }
  const endpoints: EndpointsMap = new Map();
  for (const [service, ofService] of byService) {
    for (const [key, list] of endpointsOfSlices(service, ofService, nodeName)) endpoints.set(key, list);
  }
  return endpoints;
}
