import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import { configMaps, secrets, serviceAccounts } from './configuration.ts';
import { deployments } from './deployments.ts';
import { endpoints } from './endpoints.ts';
import { endpointSlices } from './endpointslices.ts';
import { coreEvents, newEvents } from './events.ts';
import { ipAddresses } from './ip-addresses.ts';
import { leases } from './leases.ts';
import { namespaces } from './namespaces.ts';
import { nodes } from './nodes.ts';
import { pods } from './pods.ts';
import { limitRanges, resourceQuotas } from './quotas.ts';
import { replicaSets } from './replicasets.ts';
import type { Resource } from './resource.ts';
import { serviceCIDRs } from './service-cidrs.ts';
import { services } from './services.ts';

/** Everything the server serves. A new kind is one file here and one line in this list. */
export function allResources(allocator: ServiceAllocator): Resource[] {
  return [
    configMaps,
    endpoints,
    coreEvents,
    limitRanges,
    namespaces,
    nodes,
    pods,
    resourceQuotas,
    secrets,
    serviceAccounts,
    services(allocator),
    deployments,
    replicaSets,
    leases,
    endpointSlices,
    newEvents,
    ipAddresses,
    serviceCIDRs,
  ];
}
