/**
 * Clusters made at random from everything that rules depend on, for tests. The same seed gives the same cluster.
 */
import type {
  Endpoint,
  EndpointSlice,
  IPFamily,
  LoadBalancerIngress,
  Node,
  Protocol,
  Service,
  ServiceCIDR,
  ServicePort,
} from '../kubernetes/objects.ts';
import type { ProxyConfiguration } from './configuration.ts';
import { readConfiguration } from './configuration-reader.ts';
import { resolveNode } from './node.ts';
import type { ClusterSnapshot } from './proxier-state.ts';

/** Chooses at random, repeatably (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(first: T, ...rest: T[]): T {
    return [first, ...rest][this.between(0, rest.length)] ?? first;
  }

  /** Each item with that probability. */
  some<T>(items: readonly T[], probability = 0.5): T[] {
    return items.filter(() => this.chance(probability));
  }
}

const NODE: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'lab-node', labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
  spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] },
  status: {
    addresses: [
      { type: 'InternalIP', address: '10.0.0.5' },
      { type: 'InternalIP', address: 'fd00:10::5' },
    ],
  },
};

const SERVICE_CIDRS: ServiceCIDR[] = [
  { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.254.0.0/16', 'fd00:10:254::/112'] } },
  { metadata: { name: 'more' }, spec: { cidrs: ['10.255.0.0/24'] } },
];

/** A cluster of up to `size` Services, with a configuration. */
export function randomCluster(seed: number, size = 8): ClusterSnapshot {
  const dice = new Dice(seed);
  const configuration = randomConfiguration(dice);
  const services: Service[] = [];
  const slices: EndpointSlice[] = [];
  const count = dice.between(0, size);
  for (let index = 1; index <= count; index++) {
    const service = randomService(dice, index);
    services.push(service);
    slices.push(...randomSlices(dice, service, index));
  }
  const node = resolveNode({ name: 'lab-node', node: NODE, bindAddresses: configuration.bindAddresses });
  const serviceCIDRs = dice.chance(0.8) ? SERVICE_CIDRS : [];
  return { services, slices, serviceCIDRs, configuration, node, capabilities: { nfacct: dice.chance(0.8) } };
}

/** Another cluster, most of whose Services are the given one's: what one sync finds after the last. */
export function changedCluster(cluster: ClusterSnapshot, seed: number): ClusterSnapshot {
  const dice = new Dice(seed);
  const other = randomCluster(seed);
  const services = cluster.services.map((service) => {
    const replacement = other.services.find(({ metadata }) => metadata?.name === service.metadata?.name);
    return dice.chance(0.3) && replacement ? replacement : service;
  });
  const slices = cluster.slices.map((slice) => (dice.chance(0.4) ? withFewerEndpoints(dice, slice) : slice));
  return { ...cluster, services, slices };
}

function withFewerEndpoints(dice: Dice, slice: EndpointSlice): EndpointSlice {
  return { ...slice, endpoints: dice.some(slice.endpoints ?? [], 0.6) };
}

function randomConfiguration(dice: Dice): ProxyConfiguration {
  const lines = [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
    'kind: KubeProxyConfiguration',
    'hostnameOverride: lab-node',
    ...dice.pick(
      ['detectLocalMode: ClusterCIDR', 'clusterCIDR: "10.244.0.0/16,fd00:10:244::/56"'],
      ['detectLocalMode: ClusterCIDR', 'clusterCIDR: "10.244.0.0/16"'],
      ['detectLocalMode: ClusterCIDR'],
      ['detectLocalMode: NodeCIDR'],
      ['detectLocalMode: BridgeInterface', 'detectLocal: {bridgeInterface: cni0}'],
      ['detectLocalMode: InterfaceNamePrefix', 'detectLocal: {interfaceNamePrefix: veth}'],
    ),
    ...dice.pick(
      [],
      [],
      ['nodePortAddresses: [10.0.0.0/24]'],
      ['nodePortAddresses: [127.0.0.0/8, 10.0.0.0/8, "fd00:10::/64"]'],
      ['nodePortAddresses: [primary]'],
      ['nodePortAddresses: [203.0.113.0/24]'],
    ),
    `iptables: {masqueradeAll: ${dice.chance(0.2)}, masqueradeBit: ${dice.pick(14, 14, 10, 31, 0)}, localhostNodePorts: ${dice.chance(0.7)}}`,
    `nftables: {masqueradeAll: ${dice.chance(0.2)}, masqueradeBit: ${dice.pick(14, 14, 10, 31, 0)}}`,
    `conntrack: {tcpBeLiberal: ${dice.chance(0.2)}}`,
  ];
  return readConfiguration(lines.join('\n')).configuration;
}

/** A Service of any type, with the index in its name, addresses and node ports. */
export function randomService(dice: Dice, index: number): Service {
  const type = dice.pick('ClusterIP', 'NodePort', 'LoadBalancer', 'LoadBalancer', 'ExternalName');
  const ipFamilies: IPFamily[] = dice.pick<IPFamily[]>(
    ['IPv4'],
    ['IPv6'],
    ['IPv4', 'IPv6'],
    ['IPv6', 'IPv4'],
  );
  const clusterIPs = dice.chance(0.05)
    ? ['None']
    : ipFamilies.map((family) =>
        family === 'IPv4' ? `10.254.0.${index + 10}` : `fd00:10:254::${index + 10}`,
      );
  const external = type === 'NodePort' || type === 'LoadBalancer';
  const addresses = [`203.0.113.${index}`, '203.0.113.200', `2001:db8::${index}`, 'fd00:10::5', '10.0.0.5'];
  const externalIPs = dice.chance(0.3) ? dice.some(addresses) : [];
  const affinity = dice.chance(0.3);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: `service-${index}`,
      namespace: dice.pick('default', 'kube-system'),
      ...(dice.chance(0.05) ? { labels: { 'service.kubernetes.io/service-proxy-name': 'another' } } : {}),
    },
    spec: {
      type,
      clusterIP: clusterIPs[0] ?? 'None',
      clusterIPs,
      ipFamilies,
      ports: randomPorts(dice, index, external),
      externalIPs,
      internalTrafficPolicy: dice.chance(0.25) ? 'Local' : 'Cluster',
      ...(external || externalIPs.length > 0
        ? { externalTrafficPolicy: dice.chance(0.4) ? ('Local' as const) : ('Cluster' as const) }
        : {}),
      ...(type === 'LoadBalancer' ? { healthCheckNodePort: 31000 + index } : {}),
      ...(type === 'LoadBalancer' && dice.chance(0.5)
        ? {
            loadBalancerSourceRanges: dice.some([
              '10.0.0.0/8',
              ' 192.0.2.0/24 ',
              '203.0.113.7/32',
              '0.0.0.0/0',
              'fd00::/16',
              '2001:db8::/64',
              '::/0',
            ]),
          }
        : {}),
      ...(affinity
        ? {
            sessionAffinity: 'ClientIP' as const,
            sessionAffinityConfig: { clientIP: { timeoutSeconds: dice.pick(10800, 60, 1, 86400) } },
          }
        : {}),
    },
    status:
      type === 'LoadBalancer' && dice.chance(0.8)
        ? { loadBalancer: { ingress: randomIngress(dice, index) } }
        : { loadBalancer: {} },
  };
}

function randomIngress(dice: Dice, index: number): LoadBalancerIngress[] {
  const addresses = [`192.0.2.${index + 100}`, `192.0.2.${index + 150}`, `2001:db8:1::${index}`];
  return dice.some(addresses, 0.6).map((ip) => ({
    ip,
    ...(dice.chance(0.5) ? { ipMode: dice.chance(0.7) ? ('VIP' as const) : ('Proxy' as const) } : {}),
  }));
}

function randomPorts(dice: Dice, index: number, external: boolean): ServicePort[] {
  const protocols: Protocol[] = dice.pick<Protocol[]>(
    ['TCP'],
    ['UDP'],
    ['SCTP'],
    ['TCP', 'UDP'],
    ['TCP', 'TCP', 'UDP'],
  );
  return protocols.map((protocol, place) => ({
    name: protocols.length === 1 && dice.chance(0.5) ? '' : `p${place}`,
    protocol,
    // TCP and UDP may share a number.
    port: protocol === 'UDP' ? 80 : 80 + place,
    targetPort: dice.pick<number | string>(8080, 'web'),
    ...(external && dice.chance(0.9) ? { nodePort: 30000 + index * 10 + place } : {}),
  }));
}

/** Slices of each of the Service's families, as many as there may be. */
export function randomSlices(dice: Dice, service: Service, index: number): EndpointSlice[] {
  const { name = '', namespace = 'default' } = service.metadata ?? {};
  const families = service.spec?.ipFamilies ?? ['IPv4'];
  return families.flatMap((family) =>
    Array.from({ length: dice.pick(0, 1, 1, 2, 3) }, (_, number) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${family.toLowerCase()}-${number}`,
        namespace,
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: family,
      ports: (service.spec?.ports ?? [])
        .filter(() => dice.chance(0.95))
        .map((port) => ({
          name: port.name ?? '',
          protocol: port.protocol ?? 'TCP',
          port: port.targetPort === 'web' ? 8000 + number : 8080,
        })),
      endpoints: randomEndpoints(dice, family, index),
    })),
  );
}

export function randomEndpoints(dice: Dice, family: IPFamily, index: number): Endpoint[] {
  const hinted = dice.chance(0.3);
  return Array.from({ length: dice.between(0, 5) }, () => {
    const node = dice.pick('lab-node', 'lab-node', 'other-node');
    const number = dice.between(1, 9) + index * 10;
    const zone = dice.pick('zone-a', 'zone-b');
    return {
      // Few numbers, so that addresses are listed twice now and then.
      addresses: [family === 'IPv4' ? `10.244.0.${number}` : `fd00:10:244::${number}`],
      conditions: dice.pick(
        {},
        { ready: true, serving: true, terminating: false },
        { ready: true, serving: true, terminating: false },
        { ready: false, serving: true, terminating: true },
        { ready: false, serving: false, terminating: true },
        { ready: false, serving: false, terminating: false },
      ),
      nodeName: node,
      ...(hinted
        ? {
            hints: {
              forZones: dice.chance(0.9) ? [{ name: zone }] : [],
              ...(dice.chance(0.5) ? { forNodes: [{ name: node }] } : {}),
            },
          }
        : {}),
    };
  });
}
