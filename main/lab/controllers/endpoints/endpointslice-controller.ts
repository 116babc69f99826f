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
import type { LabNode } from '../../api-server/resources/nodes.ts';
import type { RunnablePod } from '../../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from '../controller.ts';
import { controllerReference } from '../owner-reference.ts';
import { isReady } from '../pod-readiness.ts';
import { WorkQueue } from '../work-queue.ts';
import {
  belongsInEndpoints,
  isHeadless,
  podAddresses,
  podHostname,
  podPort,
  serviceFamilies,
} from './pod-endpoint.ts';
import { hasSelector, podsOf, watchServicesAndPods } from './service-sync.ts';
import { type PlannedSlice, type PortGroup, planSlices, portsKey } from './slice-plan.ts';
import { TriggerTimes, triggerTimeAnnotation } from './trigger-time.ts';

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const serviceNameLabel = 'kubernetes.io/service-name';
export const headlessLabel = 'service.kubernetes.io/headless';
const controllerName = 'endpointslice-controller.k8s.io';
const zoneLabel = 'topology.kubernetes.io/zone';

/** The first pod is seen at once; those that follow it closely are taken together. */
const syncIntervalMilliseconds = 50;

/** Keeps the EndpointSlices of Services with a selector in step with their pods. */
export function startEndpointSliceController(context: ControllerContext): Controller {
  const { client } = context;
  const controller = new EndpointSliceController(client);
  const queue = new WorkQueue({
    name: 'endpointslice controller',
    intervalMilliseconds: syncIntervalMilliseconds,
    sync: (key) => controller.sync(key),
    log: context.log,
  });
  const stopSlices = client.watch<EndpointSlice>('endpointslices', ({ type, object }) => {
    const { labels = {}, namespace } = object.metadata;
    const service = labels[serviceNameLabel];
    // Slices that somebody has changed or removed are made right again.
    if (labels[managedByLabel] === controllerName && service && type !== 'ADDED') {
      queue.add(objectPath(namespace, service));
    }
  });
  const stopNodes = client.watch<LabNode>('nodes', ({ type }) => {
    if (type === 'ADDED') return;
    for (const service of client.list<Service>('services')) queue.add(keyOf(service.metadata));
  });
  const watches = watchServicesAndPods(client, (key) => queue.add(key));
  return stopAll([stopSlices, stopNodes, ...watches, () => queue.stop()]);
}

class EndpointSliceController {
  readonly #client: LabClient;
  readonly #triggerTimes = new TriggerTimes();

  constructor(client: LabClient) {
    this.#client = client;
  }

  sync(key: string): void {
    const service = this.#client.get<Service>('services', splitKey(key));
    if (!service) {
      // The garbage collector removes its slices.
      this.#triggerTimes.forget(key);
      return;
    }
    if (service.spec?.type === 'ExternalName' || !hasSelector(service)) return;
    const pods = podsOf(this.#client, service);
    const triggerTime = this.#triggerTimes.next(key, service, pods);
    const slices = this.#slicesOf(service);
    const families = serviceFamilies(service);
    for (const slice of slices) {
      if (!families.some((family) => family === slice.addressType))
        this.#client.delete('endpointslices', slice.metadata);
    }
    for (const family of families) {
      const existing = slices.filter((slice) => slice.addressType === family);
      this.#reconcile(service, { family, existing, pods, triggerTime });
    }
  }

  #slicesOf(service: Stored<Service>): Stored<EndpointSlice>[] {
    const { namespace, name } = service.metadata;
    return this.#client
      .list<EndpointSlice>('endpointslices', { namespace })
      .filter(({ metadata: { labels = {}, deletionTimestamp } }) => {
        const ours = labels[serviceNameLabel] === name && labels[managedByLabel] === controllerName;
        return ours && deletionTimestamp === undefined;
      });
  }

  #reconcile(
    service: Stored<Service>,
    request: {
      family: IPFamily;
      existing: Stored<EndpointSlice>[];
      pods: Stored<RunnablePod>[];
      triggerTime: string | undefined;
    },
  ): void {
    const { family, existing, pods, triggerTime } = request;
    const owned = existing.filter((slice) => isOwned(slice, service));
    const plan = planSlices(owned, this.#groups(service, family, pods));
    const labels = sliceLabels(service);
    const touched = new Set([...plan.update.map(({ slice }) => slice), ...plan.remove]);
    // Slices that stay as they are may still have to follow the labels of their Service.
    const relabelled = owned
      .filter((slice) => !touched.has(slice) && !jsonEqual(slice.metadata.labels, labels))
      .map((slice) => ({ slice, planned: { ports: slice.ports ?? [], endpoints: slice.endpoints ?? [] } }));
    if (service.metadata.deletionTimestamp === undefined) {
      for (const planned of plan.create) this.#create(service, { family, planned, labels, triggerTime });
    }
    for (const { slice, planned } of [...plan.update, ...relabelled]) {
      this.#update(slice, { planned, labels, triggerTime });
    }
    const strangers = existing.filter((slice) => !isOwned(slice, service));
    for (const slice of [...plan.remove, ...strangers]) this.#client.delete('endpointslices', slice.metadata);
  }

  #groups(service: Stored<Service>, family: IPFamily, pods: Stored<RunnablePod>[]): PortGroup[] {
    const groups = new Map<string, PortGroup>();
    for (const pod of pods) {
      if (!belongsInEndpoints(pod, { terminating: true })) continue;
      const endpoint = this.#endpoint(service, pod, family);
      if (endpoint.addresses.length === 0) continue;
      const ports = slicePorts(service, pod);
      const key = portsKey(ports);
      const group = groups.get(key) ?? { ports, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  #endpoint(service: Stored<Service>, pod: Stored<RunnablePod>, family: IPFamily): Endpoint {
    const serving = isReady(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
    const { namespace, name, uid } = pod.metadata;
    const { nodeName } = pod.spec;
    const node = nodeName ? this.#client.get<LabNode>('nodes', { name: nodeName }) : undefined;
    const zone = node?.metadata.labels?.[zoneLabel];
    const hostname = podHostname(pod, service);
    const hints = ready ? hintsFor(service, { zone, nodeName }) : undefined;
    return {
      addresses: podAddresses(pod.status, family),
      conditions: { ready, serving, terminating },
      ...(hostname && { hostname }),
      targetRef: { kind: 'Pod', namespace: namespace ?? '', name, uid },
      ...(nodeName && { nodeName }),
      ...(zone && { zone }),
      ...(hints && { hints }),
    };
  }

  #create(
    service: Stored<Service>,
    request: {
      family: IPFamily;
      planned: PlannedSlice;
      labels: Record<string, string>;
      triggerTime: string | undefined;
    },
  ): void {
    const { family, planned, labels, triggerTime } = request;
    const { namespace = '', name } = service.metadata;
    this.#client.create<EndpointSlice>('endpointslices', {
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels,
        ...(triggerTime && { annotations: { [triggerTimeAnnotation]: triggerTime } }),
        ownerReferences: [controllerReference(service)],
      },
      addressType: family,
      ...planned,
    });
  }

  #update(
    slice: Stored<EndpointSlice>,
    {
      planned,
      labels,
      triggerTime,
    }: { planned: PlannedSlice; labels: Record<string, string>; triggerTime: string | undefined },
  ): void {
    const { [triggerTimeAnnotation]: _old, ...others } = slice.metadata.annotations ?? {};
    const annotations = { ...others, ...(triggerTime && { [triggerTimeAnnotation]: triggerTime }) };
    this.#client.update<EndpointSlice>('endpointslices', {
      ...slice,
      metadata: { ...slice.metadata, labels, annotations },
      ...planned,
    });
  }
}

function isOwned(slice: EndpointSlice, service: Stored<Service>): boolean {
  return (slice.metadata?.ownerReferences ?? []).some((owner) => owner.uid === service.metadata.uid);
}

/** A slice carries its Service's labels beside those that say whose it is. */
function sliceLabels(service: Stored<Service>): Record<string, string> {
  const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: controllerName,
  };
}

function slicePorts(service: Service, pod: RunnablePod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort): EndpointPort[] => {
    const port = podPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

/** Who should use an endpoint, where the Service wants traffic to stay close. */
function hintsFor(
  service: Service,
  { zone, nodeName }: { zone: string | undefined; nodeName: string | undefined },
): Endpoint['hints'] {
  const wish = service.spec?.trafficDistribution;
  const sameNode = wish === 'PreferSameNode';
  if (!sameNode && wish !== 'PreferClose' && wish !== 'PreferSameZone') return undefined;
  const forNodes = sameNode && nodeName ? { forNodes: [{ name: nodeName }] } : undefined;
  if (!zone && !forNodes) return undefined;
  return { ...(zone && { forZones: [{ name: zone }] }), ...forNodes };
}
