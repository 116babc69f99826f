import type { Service, ServiceCIDR } from '../../../app/kubernetes/objects.ts';
import { parseAddress, parseRange } from '../api-server/allocation/ip-range.ts';
import { serviceCIDRFinalizer, withReadyCondition } from '../api-server/bootstrap.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import type { IPAddress } from '../api-server/resources/ip-addresses.ts';
import { type Condition, isTrue } from '../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

type Range = ServiceCIDR & { status?: { conditions?: Condition[] } };

/**
 * Lets ranges of Service addresses be used, keeps one that is being deleted until no address of it is
 * used, and puts back IPAddress objects that were removed while a Service holds their address.
 */
export function startServiceCIDRController(context: ControllerContext): Controller {
  const { client } = context;
  const queue = new WorkQueue({
    name: 'servicecidr controller',
    sync: (name) => syncRange(client, name),
    log: context.log,
  });
  const repairs = new WorkQueue({
    name: 'ipaddress repair',
    sync: (address) => repairAddress(client, address),
    log: context.log,
  });
  const stopRanges = client.watch<Range>('servicecidrs', ({ type, object }) => {
    if (type !== 'DELETED') queue.add(object.metadata.name);
  });
  const stopAddresses = client.watch<IPAddress>('ipaddresses', ({ type, object }) => {
    if (type !== 'DELETED') return;
    repairs.add(object.metadata.name);
    for (const range of client.list<Range>('servicecidrs')) {
      if (range.metadata.deletionTimestamp) queue.add(range.metadata.name);
    }
  });
  return stopAll([stopRanges, stopAddresses, () => queue.stop(), () => repairs.stop()]);
}

function syncRange(client: LabClient, name: string): void {
  const range = client.get<Range>('servicecidrs', { name });
  if (!range) return;
  const { deletionTimestamp, finalizers = [] } = range.metadata;
  if (deletionTimestamp !== undefined) {
    if (finalizers.includes(serviceCIDRFinalizer) && !isUsed(client, range)) {
      const others = finalizers.filter((item) => item !== serviceCIDRFinalizer);
      client.update<Range>('servicecidrs', { ...range, metadata: { ...range.metadata, finalizers: others } });
    }
    return;
  }
  const held = finalizers.includes(serviceCIDRFinalizer)
    ? range
    : client.update<Range>('servicecidrs', {
        ...range,
        metadata: { ...range.metadata, finalizers: [...finalizers, serviceCIDRFinalizer] },
      });
  if (!isTrue(held.status?.conditions, 'Ready'))
    client.update('servicecidrs', withReadyCondition(held), 'status');
}

/** Whether an address is taken that no other range has as well. */
function isUsed(client: LabClient, range: Stored<Range>): boolean {
  const others = client
    .list<Range>('servicecidrs')
    .filter(
      ({ metadata }) => metadata.uid !== range.metadata.uid && metadata.deletionTimestamp === undefined,
    );
  const has = (ranges: Range[], address: string): boolean =>
    ranges.flatMap(({ spec }) => spec?.cidrs ?? []).some((cidr) => contains(cidr, address));
  return client
    .list<IPAddress>('ipaddresses')
    .some(({ metadata: { name } }) => has([range], name) && !has(others, name));
}

function contains(cidr: string, address: string): boolean {
  const { family, first, last } = parseRange(cidr);
  const value = parseAddress(address, family);
  return value !== undefined && value >= first && value <= last;
}

function repairAddress(client: LabClient, address: string): void {
  if (client.get('ipaddresses', { name: address })) return;
  const holder = client
    .list<Service>('services')
    .find((service) => service.spec?.clusterIPs?.includes(address));
  if (!holder) return;
  const { namespace = '', name } = holder.metadata;
  client.create<IPAddress>('ipaddresses', {
    metadata: {
      name: address,
      labels: {
        'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  });
}
