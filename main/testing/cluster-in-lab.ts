/** Takes test clusters to a running lab: their Services and slices, with the lab's pods as endpoints. */
import type { EndpointSlice, Pod, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import type { TestCluster } from './clusters.ts';
import { type LabUnderTest, until } from './lab-under-test.ts';

/** Endpoints of one number are one pod's, in both families: 10.244.0.11 and fd00:10:244::11. */
function podOf(address: string): string {
  const node = address.startsWith('10.244.1.') ? 'remote' : 'local';
  return `${node}-${address.split(/[.:]/).at(-1)}`;
}

function podManifest(name: string, ports: ReadonlyMap<string, { port: number; protocol: string }>): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'echo',
          ports: [...ports.values()].map(({ port, protocol }) => ({ containerPort: port, protocol })),
        },
      ],
    },
  };
}

/** A namespace for each cluster: the same names may be in several. The server chooses addresses and node ports. */
function servicesOf({ name: namespace, objects }: TestCluster, addresses: OwnAddresses): Service[] {
  return objects.services
    .filter(({ metadata }) => metadata?.name !== 'kubernetes')
    .map(({ metadata, spec = {}, status }) => {
      const { clusterIP, clusterIPs, healthCheckNodePort, selector, externalIPs, ports, ...rest } = spec;
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: metadata?.name ?? '', namespace, labels: metadata?.labels ?? {} },
        spec: {
          ...rest,
          ...(clusterIP === 'None' ? { clusterIP } : {}),
          externalIPs: (externalIPs ?? []).map((address) => addresses.of(namespace, address)),
          ports: (ports ?? []).map(({ nodePort, ...port }) => port),
        },
        ...(status
          ? { status: withOwnAddresses(status, (address) => addresses.of(namespace, address)) }
          : {}),
      };
    });
}

function withOwnAddresses(
  status: NonNullable<Service['status']>,
  own: (address: string) => string,
): NonNullable<Service['status']> {
  const ingress = (status.loadBalancer?.ingress ?? []).map((entry) =>
    entry.ip ? { ...entry, ip: own(entry.ip) } : entry,
  );
  return { loadBalancer: { ingress } };
}

/** Addresses outside that two clusters both have become two. */
class OwnAddresses {
  readonly #known = new Map<string, string>();

  of(cluster: string, address: string): string {
    const key = `${cluster} ${address}`;
    const own = this.#known.get(key) ?? `198.18.0.${this.#known.size + 1}`;
    this.#known.set(key, own);
    return own;
  }
}

function slicesOf(
  { name: namespace, objects }: TestCluster,
  addressOf: (endpoint: string) => string,
): EndpointSlice[] {
  return objects.slices.map(({ metadata, endpoints, ...rest }) => ({
    ...rest,
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: metadata?.name ?? '', namespace, labels: metadata?.labels ?? {} },
    endpoints: (endpoints ?? []).map((endpoint) => ({
      ...endpoint,
      addresses: endpoint.addresses.map(addressOf),
    })),
  }));
}

/** Pods that listen on all ports that any slice has, by name. */
async function startPods(lab: LabUnderTest, clusters: readonly TestCluster[]): Promise<Map<string, Pod>> {
  const ports = new Map<string, { port: number; protocol: string }>();
  const names = new Set(['asker']);
  for (const slice of clusters.flatMap(({ objects }) => objects.slices)) {
    for (const { port = 0, protocol = 'TCP' } of slice.ports ?? []) {
      if (protocol !== 'SCTP') ports.set(`${protocol} ${port}`, { port, protocol });
    }
    for (const { addresses } of slice.endpoints ?? []) names.add(podOf(addresses[0] ?? ''));
  }
  await applyAll(
    lab,
    [...names].map((name) => podManifest(name, ports)),
  );
  await lab.kubectl(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
  const pods = JSON.parse(await lab.kubectl(['get', 'pods', '-o', 'json'])) as { items: Pod[] };
  return new Map(pods.items.map((pod) => [pod.metadata?.name ?? '', pod]));
}

async function applyAll(lab: LabUnderTest, items: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await lab.kubectl(['apply', '-f', '-'], { input: list });
}

export interface ClusterInLab {
  readonly services: Service[];
  readonly slices: EndpointSlice[];
  readonly serviceCIDRs: ServiceCIDR[];
  /** Addresses of the pod that asks. */
  readonly asker: { readonly IPv4: string; readonly IPv6: string };
}

/** Resolves with the objects as the lab's server has them, when the lab's rules know all of them. */
export async function bringToLab(lab: LabUnderTest, clusters: readonly TestCluster[]): Promise<ClusterInLab> {
  await lab.kubectl(['label', 'node', 'lab-node', 'topology.kubernetes.io/zone=zone-a', '--overwrite']);
  // As a router outside would: what is not on the wire is the node's to know.
  for (const route of ['10.254.0.0/16', '198.18.0.0/24'])
    await lab.exec('client', 'ip', 'route', 'replace', route, 'via', '10.0.0.5');
  await lab.exec('client', 'ip', '-6', 'route', 'replace', 'fd00:10:254::/112', 'via', 'fd00:10::5');
  const pods = await startPods(lab, clusters);
  const podAddress = (name: string, isIPv6: boolean): string => {
    const ips = pods.get(name)?.status?.podIPs ?? [];
    const found = ips.find(({ ip }) => ip.includes(':') === isIPv6)?.ip;
    if (found === undefined) throw new Error(`pod ${name} has no such address`);
    return found;
  };
  const addressOf = (endpoint: string): string => podAddress(podOf(endpoint), endpoint.includes(':'));
  const addresses = new OwnAddresses();
  const services = clusters.flatMap((cluster) => servicesOf(cluster, addresses));
  const namespaces = clusters.map(({ name }) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  await applyAll(lab, namespaces);
  await applyAll(lab, [...services, ...clusters.flatMap((cluster) => slicesOf(cluster, addressOf))]);
  for (const { metadata, status } of services) {
    if (!status?.loadBalancer?.ingress?.length) continue;
    const patch = JSON.stringify({ status });
    await lab.kubectl([
      'patch', 'service', metadata?.name ?? '', '-n', metadata?.namespace ?? '', '--subresource=status', '--type=merge', '-p', patch,
    ]); // biome-ignore format: one command
  }
  return {
    ...(await objectsOf(lab)),
    asker: { IPv4: podAddress('asker', false), IPv6: podAddress('asker', true) },
  };
}

async function objectsOf(lab: LabUnderTest): Promise<Omit<ClusterInLab, 'asker'>> {
  const [services, slices, serviceCIDRs] = await Promise.all(
    ['services', 'endpointslices', 'servicecidrs'].map(async (kind) => {
      const list = JSON.parse(await lab.kubectl(['get', kind, '-A', '-o', 'json'])) as { items: unknown[] };
      return list.items;
    }),
  );
  const named = (services as Service[]).filter(({ metadata }) => metadata?.name !== 'kubernetes');
  return { services: named, slices: slices as EndpointSlice[], serviceCIDRs: serviceCIDRs as ServiceCIDR[] };
}

/** Waits until the lab has written what it has been told: a Service made last has its rules. */
export async function untilWritten(lab: LabUnderTest, service: string): Promise<void> {
  await until(`the rules of ${service}`, async () => {
    const [save, nft] = await Promise.all([
      lab.exec('node', 'iptables-save'),
      lab.exec('node', 'nft', 'list', 'ruleset'),
    ]);
    return `${save.stdout}${nft.stdout}`.includes(service) || undefined;
  });
}
