import type { IPFamily, Service, ServiceCIDR } from '../../../app/kubernetes/objects.ts';
import { validateClusterIPFields } from '../../../app/kubernetes/validation/service-cluster-ips.ts';
import { ClusterIPAllocator } from './allocation/cluster-ip-allocator.ts';
import { ipAddressesResource } from './allocation/ip-address-object.ts';
import { type IPRange, parseRange } from './allocation/ip-range.ts';
import { NodePortAllocator, type PortRange } from './allocation/node-port-allocator.ts';
import { ServiceAllocator } from './allocation/service-allocator.ts';
import { objectRules } from './registry/object-rules.ts';
import { Registry } from './registry/registry.ts';
import { allResources } from './resources/all-resources.ts';
import { type Condition, isTrue } from './resources/workload-types.ts';
import type { ObjectStore } from './storage/object-store.ts';

const serviceKind = { group: '', kind: 'Service' };

/** The registry on a store, with allocators that know what the stored Services hold. */
export function labRegistry(
  store: ObjectStore,
  { serviceCIDRs, nodePortRange }: { serviceCIDRs: string[]; nodePortRange: PortRange },
): Registry {
  const families = [...new Set(serviceCIDRs.map((cidr) => parseRange(cidr).family))];
  const allocator = new ServiceAllocator({
    clusterIPs: families.map(
      (family) =>
        new ClusterIPAllocator(
          family,
          () => readyRanges(store, family),
          (address) => store.get(ipAddressesResource, address) !== undefined,
        ),
    ),
    nodePorts: new NodePortAllocator(nodePortRange),
    invalid: (service, errors) => objectRules.invalid(serviceKind, service.metadata?.name ?? '', errors),
    validateAddressFields(service) {
      const errors = validateClusterIPFields(service);
      if (errors.length > 0) throw objectRules.invalid(serviceKind, service.metadata?.name ?? '', errors);
    },
  });
  for (const service of store.list('services')) allocator.restore(service as Service);
  return new Registry({ store, rules: objectRules }, allResources(allocator));
}

/** The ranges that addresses may be taken from now: those of ServiceCIDRs that are ready and not going. */
function readyRanges(store: ObjectStore, family: IPFamily): IPRange[] {
  return store
    .list('servicecidrs')
    .filter((object) => {
      const { conditions } = (object['status'] ?? {}) as { conditions?: Condition[] };
      return isTrue(conditions, 'Ready') && object.metadata.deletionTimestamp === undefined;
    })
    .flatMap((object) => (object as ServiceCIDR).spec?.cidrs ?? [])
    .map(parseRange)
    .filter((range) => range.family === family);
}
