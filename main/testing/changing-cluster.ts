/**
 * A cluster that changes at random through its API, as people and controllers change one. The same seed makes the
 * same changes, so that one that showed a fault shows it again.
 */
import {
  type EndpointSlice,
  type KubernetesObject,
  objectKey,
  type Service,
} from '../../app/kubernetes/objects.ts';
import { Dice, randomEndpoints, randomService, randomSlices } from '../../app/proxy/random-cluster.ts';
import { type ApiRequest, ClusterApi } from '../cluster/cluster-api.ts';
import { ApiError } from '../lab/api-server/api-error.ts';

const MOST_SERVICES = 12;
const NODE = '/api/v1/nodes/lab-node';
const CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';

interface Step {
  readonly call: ApiRequest;
  /** What is known after it. */
  readonly taken?: () => unknown;
}

interface Change {
  readonly words: string;
  readonly steps: readonly Step[];
}

export class ChangingCluster {
  readonly #api: ClusterApi;
  readonly #dice: Dice;
  readonly #services = new Map<number, Service>();
  readonly #slices = new Map<string, EndpointSlice>();
  #hasMoreCIDRs = false;
  /** Every change so far, in words. */
  readonly history: string[] = [];
  /** What the server did not take: made of fields that do not go together. */
  refused = 0;

  constructor(kubeConfig: ConstructorParameters<typeof ClusterApi>[0], seed: number) {
    this.#api = new ClusterApi(kubeConfig);
    this.#dice = new Dice(seed);
  }

  /** Makes one change that the server takes. @throws where it takes none of many. */
  async change(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const change = this.#choose();
      if (!change) continue;
      try {
        for (const { call, taken } of change.steps) {
          await this.#api.call(call);
          taken?.();
        }
      } catch (error) {
        if (!(error instanceof ApiError) || error.code >= 500) throw error;
        this.refused += 1;
        continue;
      }
      this.history.push(change.words);
      return;
    }
    throw new Error('the server takes no change any more');
  }

  #choose(): Change | undefined {
    const dice = this.#dice;
    const kinds = [
      ...Array<() => Change | undefined>(3).fill(() => this.#addService()),
      ...Array<() => Change | undefined>(2).fill(() => this.#deleteService()),
      ...Array<() => Change | undefined>(8).fill(() => this.#editService()),
      ...Array<() => Change | undefined>(8).fill(() => this.#editEndpoints()),
      ...Array<() => Change | undefined>(2).fill(() => this.#addSlice()),
      () => this.#editSlicePorts(),
      () => this.#deleteSlice(),
      () => this.#moveSlice(),
      () => this.#labelNode(),
      () => this.#changeServiceCIDRs(),
    ];
    return kinds[dice.between(0, kinds.length - 1)]?.();
  }

  #pick<Item>(items: Iterable<Item>): Item | undefined {
    const all = [...items];
    return all[this.#dice.between(0, Math.max(0, all.length - 1))];
  }

  // --- Services -------------------------------------------------------------------------------------------------

  #addService(): Change | undefined {
    const index = this.#dice.between(1, MOST_SERVICES);
    if (this.#services.has(index)) return undefined;
    const service = asTaken(randomService(this.#dice, index));
    const slices = randomSlices(this.#dice, service, index).filter(({ metadata }) => {
      const orphan = `${metadata?.namespace}/${metadata?.name}`;
      return !this.#slices.has(orphan);
    });
    // Who is first, the Service or its endpoints, is chance in a cluster, too.
    const isFirst = this.#dice.chance(0.5);
    const creation = {
      call: create(collection(service, '/api/v1', 'services'), service),
      taken: () => this.#services.set(index, service),
    };
    const others = slices.map((slice) => this.#creation(slice));
    return {
      words: `add Service ${brief(service)} with ${slices.length} slices`,
      steps: isFirst ? [creation, ...others] : [...others, creation],
    };
  }

  #deleteService(): Change | undefined {
    const entry = this.#pick(this.#services);
    if (!entry) return undefined;
    const [index, service] = entry;
    const slices = [...this.#slices.values()].filter((slice) => serviceName(slice) === objectKey(service));
    const goWithIt = this.#dice.chance(0.7) ? slices : [];
    return {
      words: `delete Service ${objectKey(service)} and ${goWithIt.length} of ${slices.length} slices`,
      steps: [
        {
          call: { method: 'DELETE', path: serviceAt(service) },
          taken: () => this.#services.delete(index),
        },
        ...goWithIt.map((slice) => this.#deletion(slice)),
      ],
    };
  }

  #editService(): Change | undefined {
    const entry = this.#pick(this.#services);
    if (!entry) return undefined;
    const [index, service] = entry;
    // One aspect of another Service of that index: what a person would type into the same object.
    const { spec = {}, status } = randomService(this.#dice, index);
    const aspects: Record<string, unknown> = {
      ports: { ports: spec.ports },
      type: {
        type: spec.type === 'ExternalName' ? 'NodePort' : spec.type,
        externalTrafficPolicy: spec.externalTrafficPolicy ?? null,
        ...(spec.type === 'LoadBalancer' ? {} : { loadBalancerSourceRanges: null }),
      },
      affinity: {
        sessionAffinity: spec.sessionAffinity ?? 'None',
        sessionAffinityConfig: spec.sessionAffinityConfig ?? null,
      },
      'internal policy': { internalTrafficPolicy: spec.internalTrafficPolicy },
      'external policy': { externalTrafficPolicy: spec.externalTrafficPolicy ?? null },
      'source ranges': { loadBalancerSourceRanges: spec.loadBalancerSourceRanges ?? null },
      'external IPs': { externalIPs: spec.externalIPs },
      'traffic distribution': {
        trafficDistribution: this.#dice.pick(null, 'PreferClose', 'PreferSameNode'),
      },
    };
    const [aspect = '', change] = this.#pick(Object.entries(aspects)) ?? [];
    if (this.#dice.chance(0.15)) return this.#balance(service, status);
    if (this.#dice.chance(0.1)) return this.#label(service);
    return {
      words: `edit ${aspect} of Service ${objectKey(service)}: ${JSON.stringify(change)}`,
      steps: [{ call: patch(serviceAt(service), { spec: change }) }],
    };
  }

  /** Labels that take a Service away from kube-proxy, or give it back. */
  #label(service: Service): Change {
    const label = this.#dice.pick(
      'service.kubernetes.io/service-proxy-name',
      'service.kubernetes.io/headless',
      'app',
    );
    const value = this.#dice.pick(null, 'another');
    return {
      words: `label Service ${objectKey(service)} with ${label}=${value}`,
      steps: [{ call: patch(serviceAt(service), { metadata: { labels: { [label]: value } } }) }],
    };
  }

  #balance(service: Service, status: Service['status']): Change {
    return {
      words: `balance the load of Service ${objectKey(service)}: ${JSON.stringify(status)}`,
      steps: [{ call: patch(`${serviceAt(service)}/status`, { status: status ?? { loadBalancer: null } }) }],
    };
  }

  // --- EndpointSlices -------------------------------------------------------------------------------------------

  #editEndpoints(): Change | undefined {
    const slice = this.#pick(this.#slices.values());
    if (!slice || slice.addressType === 'FQDN') return undefined;
    const others = randomEndpoints(this.#dice, slice.addressType, this.#indexOf(slice));
    const kept = slice.endpoints ?? [];
    const endpoints = this.#dice.pick(
      () => [...kept, ...others.slice(0, 1)],
      () => kept.filter((_, place) => place !== 0),
      () => this.#dice.some(kept, 0.6),
      () => others,
      () => [...kept].reverse(),
      // The same addresses: not ready any more, terminating, on another node, with other hints.
      () => kept.map((endpoint, place) => ({ ...others[place], addresses: endpoint.addresses })),
    )();
    const changed = { ...slice, endpoints };
    return {
      words: `endpoints of slice ${objectKey(slice)}: ${JSON.stringify(endpoints)}`,
      steps: [
        {
          call: patch(sliceAt(slice), { endpoints }),
          taken: () => this.#slices.set(objectKey(slice), changed),
        },
      ],
    };
  }

  #editSlicePorts(): Change | undefined {
    const slice = this.#pick(this.#slices.values());
    if (!slice) return undefined;
    const ports = (slice.ports ?? []).map((port) => ({ ...port, port: this.#dice.pick(8080, 8000, 9090) }));
    const some = this.#dice.chance(0.7) ? ports : this.#dice.some(ports);
    return {
      words: `ports of slice ${objectKey(slice)}: ${JSON.stringify(some)}`,
      steps: [
        {
          call: patch(sliceAt(slice), { ports: some }),
          taken: () => this.#slices.set(objectKey(slice), { ...slice, ports: some }),
        },
      ],
    };
  }

  #addSlice(): Change | undefined {
    const entry = this.#pick(this.#services);
    if (!entry) return undefined;
    const [index, service] = entry;
    const [another] = randomSlices(this.#dice, service, index);
    if (!another) return undefined;
    const name = `${another.metadata?.name}-more-${this.#dice.between(1, 9)}`;
    const slice = { ...another, metadata: { ...another.metadata, name } };
    return {
      words: `add slice ${objectKey(slice)}: ${JSON.stringify(slice.endpoints)}`,
      steps: [this.#creation(slice)],
    };
  }

  #deleteSlice(): Change | undefined {
    const slice = this.#pick(this.#slices.values());
    if (!slice) return undefined;
    return {
      words: `delete slice ${objectKey(slice)}`,
      steps: [this.#deletion(slice)],
    };
  }

  #creation(slice: EndpointSlice): Step {
    const taken = (): unknown => this.#slices.set(objectKey(slice), slice);
    return { call: create(sliceCollection(slice), slice), taken };
  }

  #deletion(slice: EndpointSlice): Step {
    const taken = (): unknown => this.#slices.delete(objectKey(slice));
    return { call: { method: 'DELETE', path: sliceAt(slice) }, taken };
  }

  /** To another Service, or to none. */
  #moveSlice(): Change | undefined {
    const slice = this.#pick(this.#slices.values());
    const service = this.#pick(this.#services.values());
    if (!slice || !service || service.metadata?.namespace !== slice.metadata?.namespace) return undefined;
    const name = this.#dice.chance(0.8) ? (service.metadata?.name ?? null) : null;
    const labels = { ...slice.metadata?.labels };
    if (name === null) delete labels['kubernetes.io/service-name'];
    else labels['kubernetes.io/service-name'] = name;
    const moved = { ...slice, metadata: { ...slice.metadata, labels } };
    return {
      words: `move slice ${objectKey(slice)} to ${name}`,
      steps: [
        {
          call: patch(sliceAt(slice), { metadata: { labels: { 'kubernetes.io/service-name': name } } }),
          taken: () => this.#slices.set(objectKey(slice), moved),
        },
      ],
    };
  }

  #indexOf(slice: EndpointSlice): number {
    return Number(/service-(\d+)-/.exec(slice.metadata?.name ?? '')?.[1] ?? 1);
  }

  // --- The node and the cluster ---------------------------------------------------------------------------------

  #labelNode(): Change {
    const zone = this.#dice.pick('zone-a', 'zone-b', null);
    return {
      words: `put lab-node into zone ${zone}`,
      steps: [{ call: patch(NODE, { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } }) }],
    };
  }

  #changeServiceCIDRs(): Change {
    const name = 'more';
    const cidr = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name },
      spec: { cidrs: ['10.255.0.0/24'] },
    };
    return {
      words: `${this.#hasMoreCIDRs ? 'delete' : 'add'} ServiceCIDR ${name}`,
      steps: [
        {
          call: this.#hasMoreCIDRs ? { method: 'DELETE', path: `${CIDRS}/${name}` } : create(CIDRS, cidr),
          taken: () => {
            this.#hasMoreCIDRs = !this.#hasMoreCIDRs;
          },
        },
      ],
    };
  }
}

/** As the server takes it: a name outside has no address of the cluster's. */
function asTaken(service: Service): Service {
  const { spec = {} } = service;
  const { healthCheckNodePort, clusterIP, clusterIPs, ipFamilies, ...rest } = spec;
  if (spec.type === 'ExternalName') {
    return { ...service, spec: { ...rest, externalName: 'service.example' } };
  }
  const addresses = clusterIP === 'None' ? { clusterIP } : { clusterIP: clusterIPs?.[0] ?? '', clusterIPs };
  return {
    ...service,
    spec: { ...rest, ...addresses, ...(ipFamilies ? { ipFamilies } : {}) } as typeof spec,
  };
}

function brief(service: Service): string {
  return `${objectKey(service)} ${JSON.stringify(service.spec)}`;
}

function serviceName({ metadata }: EndpointSlice): string {
  return `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`;
}

function collection({ metadata }: KubernetesObject, group: string, plural: string): string {
  return `${group}/namespaces/${metadata?.namespace}/${plural}`;
}

function sliceCollection(slice: EndpointSlice): string {
  return collection(slice, '/apis/discovery.k8s.io/v1', 'endpointslices');
}

function sliceAt(slice: EndpointSlice): string {
  return `${sliceCollection(slice)}/${slice.metadata?.name}`;
}

function serviceAt(service: Service): string {
  return `${collection(service, '/api/v1', 'services')}/${service.metadata?.name}`;
}

function create(path: string, body: KubernetesObject): ApiRequest {
  return { method: 'POST', path, body };
}

function patch(path: string, body: object): ApiRequest {
  return { method: 'PATCH', path, patch: 'merge', body };
}
