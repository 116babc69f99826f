import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
  IPFamily,
  Service,
} from '../../../../app/kubernetes/objects.ts';
import { keyOf, objectPath } from '../../api-server/api-object.ts';
import type { LabClient, Stored } from '../../api-server/registry/lab-client.ts';
import type { EndpointAddress, EndpointSubset, Endpoints } from '../../api-server/resources/endpoints.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { managedByLabel, serviceNameLabel } from './endpointslice-controller.ts';
import { hasSelector } from './service-sync.ts';
import { type PortGroup, planSlices, portsKey } from './slice-plan.ts';

const controllerName = 'endpointslicemirroring-controller.k8s.io';
/** Set to "true" on Endpoints that are not to be mirrored. */
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';

/**
 * Mirrors Endpoints that people write themselves, for a Service without a selector, into EndpointSlices:
 * kube-proxy reads those alone.
 */
export function startMirroringController(context: ControllerContext): Controller {
  const { client } = context;
  const queue = new WorkQueue({
    name: 'endpointslice mirroring',
    sync: (key) => mirror(client, key),
    log: context.log,
  });
  const stopEndpoints = client.watch<Endpoints>('endpoints', ({ object }) =>
    queue.add(keyOf(object.metadata)),
  );
  const stopServices = client.watch<Service>('services', ({ object }) => queue.add(keyOf(object.metadata)));
  const stopSlices = client.watch<EndpointSlice>('endpointslices', ({ type, object }) => {
    const { labels = {}, namespace } = object.metadata;
    const name = labels[serviceNameLabel];
    if (type !== 'ADDED' && labels[managedByLabel] === controllerName && name)
      queue.add(objectPath(namespace, name));
  });
  return stopAll([stopEndpoints, stopServices, stopSlices, () => queue.stop()]);
}

function mirror(client: LabClient, key: string): void {
  const service = client.get<Service>('services', splitKey(key));
  const endpoints = client.get<Endpoints>('endpoints', splitKey(key));
  const mirrored = mirroredSlices(client, key);
  const skipped = endpoints?.metadata.labels?.[skipLabel] === 'true' || (service && hasSelector(service));
  if (!service || !endpoints || skipped) {
    for (const slice of mirrored) client.delete('endpointslices', slice.metadata);
    return;
  }
  for (const family of ['IPv4', 'IPv6'] as const) {
    const existing = mirrored.filter((slice) => slice.addressType === family);
    mirrorFamily(client, { endpoints, family, existing });
  }
}

function mirroredSlices(client: LabClient, key: string): Stored<EndpointSlice>[] {
  const { namespace, name } = splitKey(key);
  return client
    .list<EndpointSlice>('endpointslices', { namespace })
    .filter(({ metadata: { labels = {} } }) => {
      return labels[managedByLabel] === controllerName && labels[serviceNameLabel] === name;
    });
}

function mirrorFamily(
  client: LabClient,
  mirrored: { endpoints: Stored<Endpoints>; family: IPFamily; existing: Stored<EndpointSlice>[] },
): void {
  const { endpoints, family, existing } = mirrored;
  const groups = groupsOf(endpoints.subsets ?? [], family);
  if (groups.length === 0) {
    for (const slice of existing) client.delete('endpointslices', slice.metadata);
    return;
  }
  const { name, namespace = '', uid } = endpoints.metadata;
  const labels = { ...endpoints.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: controllerName };
  const owner = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const plan = planSlices(existing, groups);
  for (const planned of plan.create) {
    client.create<EndpointSlice>('endpointslices', {
      metadata: { generateName: `${name}-`, namespace, labels, ownerReferences: [owner] },
      addressType: family,
      ...planned,
    });
  }
  const touched = new Set([...plan.update.map(({ slice }) => slice), ...plan.remove]);
  const relabelled = existing.filter(
    (slice) => !touched.has(slice) && !jsonEqual(slice.metadata.labels, labels),
  );
  for (const { slice, planned } of plan.update) {
    client.update<EndpointSlice>('endpointslices', {
      ...slice,
      metadata: { ...slice.metadata, labels },
      ...planned,
    });
  }
  for (const slice of relabelled) {
    client.update<EndpointSlice>('endpointslices', { ...slice, metadata: { ...slice.metadata, labels } });
  }
  for (const slice of plan.remove) client.delete('endpointslices', slice.metadata);
}

function groupsOf(subsets: EndpointSubset[], family: IPFamily): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(
      ({ name = '', port, protocol = 'TCP', appProtocol }): EndpointPort => ({
        name,
        port,
        protocol: protocol as NonNullable<EndpointPort['protocol']>,
        ...(appProtocol && { appProtocol }),
      }),
    );
    const endpoints = [
      ...(subset.addresses ?? []).map((address) => endpointOf(address, true)),
      ...(subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false)),
    ].filter(({ addresses: [ip = ''] }) => (ip.includes(':') ? 'IPv6' : 'IPv4') === family);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(...endpoints);
    if (group.endpoints.length > 0) groups.set(key, group);
  }
  return [...groups.values()];
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  };
}
