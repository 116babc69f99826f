import type { IPFamily, KubernetesObject, Service } from '../../../app/kubernetes/objects.ts';
import { formatAddress, parseAddress } from '../api-server/allocation/ip-range.ts';
import { keyOf } from '../api-server/api-object.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

export interface LoadBalancerOptions {
  enabled?: boolean;
  ipv4?: { first: string; last: string };
  ipv6?: { first: string; last: string };
}

/** Gives LoadBalancer Services addresses outside, while it is on; a cluster without leaves them pending. */
export interface LoadBalancerController extends Controller {
  readonly enabled: boolean;
  set(enabled: boolean): void;
}

/** Outside addresses, of which the lab's client routes all to the node. */
const defaultPools = {
  ipv4: { first: '10.0.0.100', last: '10.0.0.199' },
  ipv6: { first: 'fd00:10::100', last: 'fd00:10::199' },
};

/** Where it is kept whether the load balancer is on: in the cluster, with everything else. */
const stateKey = { namespace: 'kube-system', name: 'kube-proxy-lab-load-balancer' };

export function startLoadBalancerController(
  context: ControllerContext,
  options: LoadBalancerOptions = {},
): LoadBalancerController {
  const client = context.client.as('service-controller');
  const balancer = new LoadBalancer(client, { ...defaultPools, ...options });
  const queue = new WorkQueue({ name: 'load balancer', sync: (key) => balancer.sync(key), log: context.log });
  const stopServices = client.watch<Service>('services', ({ type, object }) => {
    queue.add(keyOf(object.metadata));
    // A freed address may be the one that another waits for.
    if (type === 'DELETED') for (const key of balancer.pending()) queue.add(key);
  });
  const controller = stopAll([stopServices, () => queue.stop()]);
  return {
    stop: () => controller.stop(),
    get enabled(): boolean {
      return balancer.enabled;
    },
    set(enabled: boolean): void {
      if (!balancer.set(enabled)) return;
      for (const service of client.list<Service>('services')) queue.add(keyOf(service.metadata));
    },
  };
}

type Pools = Required<Pick<LoadBalancerOptions, 'ipv4' | 'ipv6'>> & Pick<LoadBalancerOptions, 'enabled'>;

class LoadBalancer {
  readonly #client: LabClient;
  readonly #pools: Pools;
  enabled: boolean;

  constructor(client: LabClient, pools: Pools) {
    this.#client = client;
    this.#pools = pools;
    const state = client.get<KubernetesObject & { data?: Record<string, string> }>('configmaps', stateKey);
    this.enabled = state ? state.data?.['enabled'] === 'true' : pools.enabled === true;
  }

  /** Answers whether that is a change. */
  set(enabled: boolean): boolean {
    if (enabled === this.enabled) return false;
    this.enabled = enabled;
    const state = { metadata: stateKey, data: { enabled: String(enabled) } };
    if (this.#client.get('configmaps', stateKey)) this.#client.update('configmaps', state);
    else this.#client.create('configmaps', state);
    if (!enabled) this.#withdraw();
    return true;
  }

  pending(): string[] {
    return this.#client
      .list<Service>('services')
      .filter((service) => this.#serves(service) && addressesOf(service).length === 0)
      .map((service) => keyOf(service.metadata));
  }

  sync(key: string): void {
    const service = this.#client.get<Service>('services', splitKey(key));
    if (service && this.#serves(service)) this.#write(service, this.#addressesFor(service));
  }

  /** Takes back what it has given; addresses that somebody else has written stay. */
  #withdraw(): void {
    for (const service of this.#client.list<Service>('services')) {
      const held = addressesOf(service);
      if (held.some((ip) => this.#isOurs(ip)))
        this.#write(
          service,
          held.filter((ip) => !this.#isOurs(ip)),
        );
    }
  }

  #isOurs(address: string): boolean {
    return this.#isFree(address, familyOf(address), new Set());
  }

  #write(service: Stored<Service>, wanted: string[]): void {
    const held = addressesOf(service);
    if (wanted.length === held.length && wanted.every((ip, index) => ip === held[index])) return;
    const loadBalancer =
      wanted.length > 0 ? { ingress: wanted.map((ip) => ({ ip, ipMode: 'VIP' as const })) } : {};
    const status = { ...service.status, loadBalancer };
    this.#client.update<Service>('services', { ...service, status }, 'status');
  }

  /** A Service of another load balancer's class is that one's. */
  #serves(service: Stored<Service>): boolean {
    const { type, loadBalancerClass } = service.spec ?? {};
    return (
      this.enabled &&
      type === 'LoadBalancer' &&
      !loadBalancerClass &&
      service.metadata.deletionTimestamp === undefined
    );
  }

  #addressesFor(service: Stored<Service>): string[] {
    const held = addressesOf(service);
    const taken = this.#taken(service);
    return (service.spec?.ipFamilies ?? ['IPv4']).flatMap((family) => {
      const asked = service.spec?.loadBalancerIP ?? '';
      if (asked && familyOf(asked) === family) return this.#isFree(asked, family, taken) ? [asked] : [];
      const kept = held.find((ip) => familyOf(ip) === family && this.#isFree(ip, family, taken));
      return kept ? [kept] : this.#next(family, taken);
    });
  }

  #next(family: IPFamily, taken: Set<string>): string[] {
    const { first, last } = this.#range(family);
    for (let value = first; value <= last; value += 1n) {
      const address = formatAddress(value, family);
      if (!taken.has(address)) return [address];
    }
    return [];
  }

  #isFree(address: string, family: IPFamily, taken: Set<string>): boolean {
    const value = parseAddress(address, family);
    const { first, last } = this.#range(family);
    return value !== undefined && value >= first && value <= last && !taken.has(address);
  }

  #range(family: IPFamily): { first: bigint; last: bigint } {
    const { first, last } = family === 'IPv6' ? this.#pools.ipv6 : this.#pools.ipv4;
    return { first: parseAddress(first, family) ?? 1n, last: parseAddress(last, family) ?? 0n };
  }

  #taken(except: Stored<Service>): Set<string> {
    const others = this.#client
      .list<Service>('services')
      .filter((service) => service.metadata.uid !== except.metadata.uid);
    return new Set(others.flatMap(addressesOf));
  }
}

function addressesOf(service: Service): string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
}

function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
