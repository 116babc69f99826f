/**
 * What a kube-proxy watches of a cluster: Services, EndpointSlices, ServiceCIDRs and its own Node. Reports each change
 * with the object before it, and keeps trying when the server is away.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type {
  EndpointSlice,
  KubernetesObject,
  Node,
  Service,
  ServiceCIDR,
} from '../../app/kubernetes/objects.ts';
import { type ApiTransport, transportOf } from '../cluster/api-transport.ts';
import { reasonOf } from '../cluster/connection-problem.ts';
import { ResourceWatch, type WatchedResource, type WatchState } from '../cluster/resource-watch.ts';
import { SleepWatch } from '../cluster/sleep-watch.ts';

export interface ClusterListener {
  service(previous: Service | undefined, current: Service | undefined): void;
  endpointSlice(previous: EndpointSlice | undefined, current: EndpointSlice | undefined): void;
  node(current: Node | undefined): void;
  serviceCIDRs(current: ServiceCIDR[]): void;
  /** The server answers again, or does not (with why). */
  connection(state: ConnectionState): void;
}

export type ConnectionState = { connected: true } | { connected: false; reason: string };

/** kube-proxy's own selection (cmd/kube-proxy/app/server.go): not its business, never sent to it. */
const PROXIED = '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name';

interface Kind<Item> extends WatchedResource {
  changed(previous: Item | undefined, current: Item | undefined): void;
  /** Old clusters do not serve it, and narrow roles do not allow it: the rules can be right without it. */
  optional?: boolean;
}

/** One kind's watch, and when it has been listed. */
class KindWatch<Item extends KubernetesObject> {
  readonly #watch: ResourceWatch<Item>;
  /** Resolves once the first list has been taken in. */
  readonly listed: Promise<void>;

  constructor(
    transport: ApiTransport,
    { changed, optional = false, ...resource }: Kind<Item>,
    connection: (state: ConnectionState) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.listed = promise;
    this.#watch = new ResourceWatch<Item>(transport, resource, {
      changed,
      state: (state) => {
        if (state.state === 'live' || (optional && isRefused(state))) {
          connection({ connected: true });
          return resolve();
        }
        const reason = 'error' in state ? reasonOf(state.error) : 'not asked yet';
        connection({ connected: false, reason });
      },
    });
  }

  get items(): Item[] {
    return [...this.#watch.items];
  }

  start(): void {
    this.#watch.start();
  }

  restart(): void {
    this.#watch.restart();
  }

  async stop(): Promise<void> {
    await this.#watch.stop();
  }
}

function isRefused({ state }: WatchState): boolean {
  return state === 'forbidden' || state === 'absent';
}

export class ClusterWatch {
  readonly #resources: { start(): void; restart(): void; stop(): Promise<void>; listed: Promise<void> }[];
  readonly #sleep = new SleepWatch(() => this.#restart());

  constructor(options: { kubeConfig: KubeConfig; nodeName: string; listener: ClusterListener }) {
    const { nodeName, listener } = options;
    const transport = transportOf(options.kubeConfig);
    const connection = (state: ConnectionState): void => listener.connection(state);
    const cidrs: KindWatch<ServiceCIDR> = new KindWatch<ServiceCIDR>(
      transport,
      {
        path: '/apis/networking.k8s.io/v1/servicecidrs',
        optional: true,
        changed: () => listener.serviceCIDRs(cidrs.items),
      },
      connection,
    );
    this.#resources = [
      new KindWatch<Service>(
        transport,
        {
          path: '/api/v1/services',
          labelSelector: PROXIED,
          changed: (previous, current) => listener.service(previous, current),
        },
        connection,
      ),
      new KindWatch<EndpointSlice>(
        transport,
        {
          path: '/apis/discovery.k8s.io/v1/endpointslices',
          labelSelector: PROXIED,
          changed: (previous, current) => listener.endpointSlice(previous, current),
        },
        connection,
      ),
      new KindWatch<Node>(
        transport,
        {
          path: '/api/v1/nodes',
          fieldSelector: `metadata.name=${nodeName}`,
          changed: (_previous, current) => listener.node(current),
        },
        connection,
      ),
      cidrs,
    ];
  }

  /** Begins; resolves once every kind has been listed, however long the server is away. */
  async start(): Promise<void> {
    for (const resource of this.#resources) resource.start();
    this.#sleep.start();
    await Promise.all(this.#resources.map((resource) => resource.listed));
  }

  async stop(): Promise<void> {
    this.#sleep.stop();
    await Promise.all(this.#resources.map((resource) => resource.stop()));
  }
  #restart(): void {
    for (const resource of this.#resources) resource.restart();
  }
}
