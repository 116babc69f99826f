import { goJson, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { IPFamily, KubernetesObject, Service, ServicePort } from '../../../../app/kubernetes/objects.ts';
import { objectPath } from '../../api-server/api-object.ts';
import type { LabClient, Stored } from '../../api-server/registry/lab-client.ts';
import type {
  EndpointAddress,
  EndpointSubset,
  Endpoints,
  EndpointsPort,
} from '../../api-server/resources/endpoints.ts';
import type { RunnablePod } from '../../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from '../controller.ts';
import { isReady } from '../pod-readiness.ts';
import { WorkQueue } from '../work-queue.ts';
import { headlessLabel } from './endpointslice-controller.ts';
import {
  belongsInEndpoints,
  isHeadless,
  podAddresses,
  podHostname,
  podPort,
  serviceFamilies,
} from './pod-endpoint.ts';
import { hasSelector, podsOf, watchServicesAndPods } from './service-sync.ts';
import { TriggerTimes, triggerTimeAnnotation } from './trigger-time.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const controllerName = 'endpoint-controller';
const syncIntervalMilliseconds = 50;

/** Keeps the Endpoints of Services with a selector, for clients that do not know EndpointSlices. */
export function startEndpointsController(context: ControllerContext): Controller {
  const { client } = context;
  const controller = new EndpointsController(client);
  const queue = new WorkQueue({
    name: 'endpoints controller',
    intervalMilliseconds: syncIntervalMilliseconds,
    sync: (key) => controller.sync(key),
    log: context.log,
  });
  const stopEndpoints = client.watch<Endpoints>('endpoints', ({ type, object }) => {
    const { labels = {}, namespace, name } = object.metadata;
    if (type !== 'ADDED' && labels[managedByLabel] === controllerName) queue.add(objectPath(namespace, name));
  });
  const watches = watchServicesAndPods(client, (key) => queue.add(key));
  return stopAll([stopEndpoints, ...watches, () => queue.stop()]);
}

class EndpointsController {
  readonly #client: LabClient;
  readonly #triggerTimes = new TriggerTimes();

  constructor(client: LabClient) {
    this.#client = client;
  }

  sync(key: string): void {
    const service = this.#client.get<Service>('services', splitKey(key));
    if (!service) {
      this.#triggerTimes.forget(key);
      return;
    }
    if (service.spec?.type === 'ExternalName' || !hasSelector(service)) return;
    const pods = podsOf(this.#client, service);
    const triggerTime = this.#triggerTimes.next(key, service, pods);
    this.#write(service, subsetsOf(service, pods), triggerTime);
  }

  #write(service: Stored<Service>, subsets: EndpointSubset[], triggerTime: string | undefined): void {
    const key = { name: service.metadata.name, namespace: service.metadata.namespace ?? '' };
    const labels = {
      ...service.metadata.labels,
      ...(isHeadless(service) && { [headlessLabel]: '' }),
      [managedByLabel]: controllerName,
    };
    const current = this.#client.get<Endpoints>('endpoints', key);
    if (current && jsonEqual(current.subsets ?? [], subsets) && jsonEqual(current.metadata.labels, labels))
      return;
    const { [triggerTimeAnnotation]: _old, ...others } = current?.metadata.annotations ?? {};
    const annotations = { ...others, ...(triggerTime && { [triggerTimeAnnotation]: triggerTime }) };
    const metadata: KubernetesObject['metadata'] = { ...(current?.metadata ?? key), labels, annotations };
    if (current) this.#client.update<Endpoints>('endpoints', { ...current, metadata, subsets });
    else if (service.metadata.deletionTimestamp === undefined) {
      this.#client.create<Endpoints>('endpoints', { metadata, subsets });
    }
  }
}

/** An address with one of its ports. */
interface Part {
  address: EndpointAddress;
  port: EndpointsPort | undefined;
  ready: boolean;
}

/**
 * Addresses that have the same ports, together: ports first gathered by address, then addresses by ports
 * (the real controller's `RepackSubsets`).
 */
function subsetsOf(service: Service, pods: RunnablePod[]): EndpointSubset[] {
  const parts = pods.flatMap((pod) => partsOf(service, pod));
  const byAddress = Map.groupBy(parts, ({ address, ready }) => goJson([address, ready]));
  const gathered = [...byAddress.values()].map((same) => ({
    ...same[0],
    ports: sortByJson(same.flatMap(({ port }) => (port ? [port] : []))),
  }));
  const byPorts = Map.groupBy(gathered, ({ ports }) => goJson(ports));
  return [...byPorts.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, same]): EndpointSubset => {
      const addresses = (wanted: boolean): EndpointAddress[] =>
        same
          .flatMap(({ address, ready }) => (address && ready === wanted ? [address] : []))
          .sort(
            (left, right) =>
              compareText(left.ip, right.ip) || compareText(left.targetRef?.uid, right.targetRef?.uid),
          );
      const [ready, notReady, ports] = [addresses(true), addresses(false), same[0]?.ports ?? []];
      return {
        ...(ready.length > 0 && { addresses: ready }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady }),
        ...(ports.length > 0 && { ports }),
      };
    });
}

function partsOf(service: Service, pod: RunnablePod): Part[] {
  const unready = service.spec?.publishNotReadyAddresses === true;
  if (!belongsInEndpoints(pod, { terminating: unready })) return [];
  const family: IPFamily = serviceFamilies(service)[0] ?? 'IPv4';
  const [ip] = podAddresses(pod.status, family);
  if (!ip) return [];
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  const hostname = podHostname(pod, service);
  const address: EndpointAddress = {
    ip,
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
  const ready = unready || isReady(pod);
  const ports = service.spec?.ports ?? [];
  if (ports.length === 0) return isHeadless(service) ? [{ address, port: undefined, ready }] : [];
  return ports.flatMap((servicePort) => {
    const port = endpointsPort(pod, servicePort);
    return port ? [{ address, port, ready }] : [];
  });
}

function endpointsPort(pod: RunnablePod, servicePort: ServicePort): EndpointsPort | undefined {
  const port = podPort(pod, servicePort);
  if (port === undefined) return undefined;
  const { name, protocol = 'TCP', appProtocol } = servicePort;
  return { ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) };
}

function sortByJson<T>(items: T[]): T[] {
  return [...items].sort((left, right) => compareText(goJson(left), goJson(right)));
}

function compareText(left = '', right = ''): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
