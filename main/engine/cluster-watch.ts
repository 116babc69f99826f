/**
 * What a kube-proxy watches of a cluster: Services, EndpointSlices, ServiceCIDRs and its own Node, by
 * @kubernetes/client-node's informers. Reports each change with the object before it, and keeps trying when
 * the server is away.
 */

import {
  type KubernetesObject as ClientObject,
  type KubeConfig,
  type KubernetesListObject,
  ListWatch,
  Watch,
} from '@kubernetes/client-node';
import {
  type EndpointSlice,
  type KubernetesObject,
  type Node,
  objectKey,
  type Service,
  type ServiceCIDR,
} from '../../app/kubernetes/objects.ts';
import { getJson } from '../cluster/call-api.ts';

export interface ClusterListener {
  service(previous: Service | undefined, current: Service | undefined): void;
  endpointSlice(previous: EndpointSlice | undefined, current: EndpointSlice | undefined): void;
  node(current: Node | undefined): void;
  serviceCIDRs(current: ServiceCIDR[]): void;
  /** The server answers again, or does not (with why). */
  connection(state: ConnectionState): void;
}

export type ConnectionState = { connected: true } | { connected: false; reason: string };

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

interface Resource<Item> {
  path: string;
  fieldSelector?: string;
  /** Services that another proxy serves, and headless ones, kube-proxy leaves out at the server. */
  labelSelector?: string;
  changed(previous: Item | undefined, current: Item | undefined): void;
}

/** kube-proxy's own selection (cmd/kube-proxy/app/server.go): not its business, never sent to it. */
const PROXIED = '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name';

/** One kind's informer, restarted after every failure, with the previous object kept beside the new one. */
class ResourceWatch<Item extends KubernetesObject> {
  readonly #listWatch: ListWatch<ClientObject>;
  readonly #known = new Map<string, Item>();
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Resolves once the first list has been taken in. */
  readonly listed: Promise<void>;

  constructor(
    kubeConfig: KubeConfig,
    resource: Resource<Item>,
    connection: (state: ConnectionState) => void,
  ) {
    let markListed = (): void => {};
    this.listed = new Promise((resolve) => {
      markListed = resolve;
    });
    const query = new URLSearchParams();
    if (resource.fieldSelector) query.set('fieldSelector', resource.fieldSelector);
    if (resource.labelSelector) query.set('labelSelector', resource.labelSelector);
    const listPath = query.size ? `${resource.path}?${query}` : resource.path;
    const list = async (): Promise<KubernetesListObject<ClientObject>> => {
      const result = await getJson<KubernetesListObject<ClientObject>>(kubeConfig, listPath);
      this.#retryMs = FIRST_RETRY_MS;
      connection({ connected: true });
      // The informer hands out what is listed in the turn after this one.
      setImmediate(markListed);
      return result;
    };
    this.#listWatch = new ListWatch(
      resource.path,
      new Watch(kubeConfig),
      list,
      false,
      resource.labelSelector,
      resource.fieldSelector,
    );
    // The client's own types hold dates where the wire has strings; what it hands out is the wire's JSON.
    const take = (object: ClientObject): void => {
      const item = object as unknown as Item;
      const key = objectKey(item);
      const previous = this.#known.get(key);
      this.#known.set(key, item);
      resource.changed(previous, item);
    };
    this.#listWatch.on('add', take);
    this.#listWatch.on('update', take);
    this.#listWatch.on('delete', (object) => {
      const item = object as unknown as Item;
      const key = objectKey(item);
      const previous = this.#known.get(key) ?? item;
      this.#known.delete(key);
      resource.changed(previous, undefined);
    });
    this.#listWatch.on('error', (error: unknown) => {
      connection({ connected: false, reason: error instanceof Error ? describe(error) : String(error) });
      this.#retry();
    });
  }

  get items(): Item[] {
    return [...this.#known.values()];
  }

  start(): void {
    void this.#listWatch.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#listWatch.stop();
  }

  #retry(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}

/** `fetch failed` says nothing; its cause does. */
function describe(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

export class ClusterWatch {
  readonly #resources: { start(): void; stop(): Promise<void>; listed: Promise<void> }[];

  constructor(options: { kubeConfig: KubeConfig; nodeName: string; listener: ClusterListener }) {
    const { kubeConfig, nodeName, listener } = options;
    const connection = (state: ConnectionState): void => listener.connection(state);
    const cidrs: ResourceWatch<ServiceCIDR> = new ResourceWatch<ServiceCIDR>(
      kubeConfig,
      {
        path: '/apis/networking.k8s.io/v1/servicecidrs',
        changed: () => listener.serviceCIDRs(cidrs.items),
      },
      connection,
    );
    this.#resources = [
      new ResourceWatch<Service>(
        kubeConfig,
        {
          path: '/api/v1/services',
          labelSelector: PROXIED,
          changed: (previous, current) => listener.service(previous, current),
        },
        connection,
      ),
      new ResourceWatch<EndpointSlice>(
        kubeConfig,
        {
          path: '/apis/discovery.k8s.io/v1/endpointslices',
          labelSelector: PROXIED,
          changed: (previous, current) => listener.endpointSlice(previous, current),
        },
        connection,
      ),
      new ResourceWatch<Node>(
        kubeConfig,
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
    await Promise.all(this.#resources.map((resource) => resource.listed));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#resources.map((resource) => resource.stop()));
  }
}
