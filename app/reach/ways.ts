/**
 * From where a node port of a cluster on somebody's computer can be asked at which address, and why not at another.
 *
 * What is known here is the providers' documentation: kind's "extra port mappings" and "known issues" (Docker Desktop),
 * minikube's "accessing apps" and its drivers' pages, k3d's "exposing services", Docker Desktop's "networking".
 */

export const clusterProviders = ['kind', 'minikube', 'k3d', 'other'] as const;

export const nodeKinds = [
  'container',
  'container of a rootless runtime',
  'container in a virtual machine',
  'container of another computer',
  'virtual machine',
  'virtual machine behind user networking',
  'this computer',
  'unknown',
] as const;

export interface ClusterSurroundings {
  readonly provider: (typeof clusterProviders)[number];
  /** What this computer runs. */
  readonly platform: 'linux' | 'darwin' | 'win32';
  /**
   * What the node is: a container of a runtime on this computer's own kernel, or in the runtime's virtual machine (Docker
   * Desktop, podman machine, WSL), or on another computer; a virtual machine of its own, or one behind user-mode
   * networking (QEMU's builtin network); this computer itself (minikube's driver none); not known.
   */
  readonly node: (typeof nodeKinds)[number];
  /** The node's own addresses, as the Node object has them. */
  readonly nodeAddresses: readonly string[];
  /** Ports of the node's container that its runtime leads to it. */
  readonly published: readonly PublishedNodePort[];
  /** The networks that this computer is in itself, as `172.18.0.0/16`. */
  readonly networks?: readonly string[];
}

export interface PublishedNodePort {
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly hostAddress: string;
  readonly hostPort: number;
}

export interface NodePortAsked {
  readonly namespace: string;
  readonly service: string;
  /** The Service port's own number: what is forwarded to by name. */
  readonly port: number;
  readonly nodePort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

export const waysFrom = ['this computer', 'container network', 'pod'] as const;
export type WayFrom = (typeof waysFrom)[number];

/** Why a way works, or does not. */
export const wayReasons = [
  /** The runtime leads this port of the computer to the node. */
  'published',
  /** No port of the computer is led to this node port. */
  'not-published',
  /** One is, for the other protocol. */
  'published-for-another-protocol',
  /** The node's network hangs on a bridge of this kernel. */
  'bridge-of-this-kernel',
  /** The bridge is in the virtual machine that the runtime lives in. */
  'bridge-in-virtual-machine',
  /** The bridge is in a network namespace of the user's. */
  'bridge-of-rootless-runtime',
  'bridge-of-another-computer',
  /** The machine has an address that this computer reaches. */
  'machine-address',
  /** QEMU's own network stack lets nobody in. */
  'user-networking',
  /** The node is this computer. */
  'own-address',
  /** Whether the address is routed from here is not known. */
  'unknown-route',
  /** 127.0.0.1 is whoever asks, and the node is somebody else. */
  'loopback-is-not-the-node',
  /** The node's address is one of the network that whoever asks is in, or is led to. */
  'node-address',
  /** A command holds a tunnel open as long as it runs. */
  'tunnel-command',
  /** The same, and it goes to the pod, past kube-proxy's rules. */
  'forward-past-kube-proxy',
  /** The command's tunnel carries TCP alone. */
  'tunnel-carries-tcp-alone',
  /** A cluster IP is in the nodes' rules alone. */
  'rules-of-the-nodes',
  /** The same, and whoever asks is a pod: its packets pass those rules. */
  'passes-the-rules',
  /** The same, and the node is this computer. */
  'own-rules',
  /** An address of a network that this computer is in itself. */
  'same-network',
] as const;
export type WayReason = (typeof wayReasons)[number];

export interface Way {
  readonly from: WayFrom;
  readonly works: 'yes' | 'no' | 'perhaps';
  readonly reason: WayReason;
  /** What to ask; undefined where the command tells it when it runs. */
  readonly address?: string;
  readonly port?: number;
  /** To be typed, as words. */
  readonly command?: readonly string[];
  /** What would make it work. */
  readonly remedy?: WayRemedy;
}

/** `recreates`: it cannot be had without making the cluster anew. */
export type WayRemedy =
  | { readonly how: 'kind-mapping'; readonly yaml: string; readonly recreates: true }
  | { readonly how: 'command'; readonly command: readonly string[]; readonly recreates: boolean };

/** All ways to a node port, those that work before those that do not; each place's in the order people try them. */
export function waysTo(asked: NodePortAsked, cluster: ClusterSurroundings): Way[] {
  const ways = [
    ...publishedWays(asked, cluster),
    ...nodeAddressWays(asked, cluster),
    ...loopbackWay(asked, cluster),
    ...commandWays(asked, cluster),
    ...insideWays(asked, cluster),
  ];
  return workingFirst(ways);
}

export function workingFirst(ways: readonly Way[]): Way[] {
  const rank = { yes: 0, perhaps: 1, no: 2 };
  return ways.toSorted((a, b) => rank[a.works] - rank[b.works]);
}

const isContainer = ({ node }: ClusterSurroundings): boolean => node.startsWith('container');

function publishedWays(asked: NodePortAsked, cluster: ClusterSurroundings): Way[] {
  if (!isContainer(cluster)) return [];
  const ports = cluster.published.filter(({ containerPort }) => containerPort === asked.nodePort);
  const fitting = ports.filter(({ protocol }) => protocol === asked.protocol);
  if (fitting.length === 0) {
    const remedy = publishingRemedy(asked, cluster);
    const reason = ports.length > 0 ? 'published-for-another-protocol' : 'not-published';
    return [{ from: 'this computer', works: 'no', reason, ...(remedy ? { remedy } : {}) }];
  }
  const elsewhere = cluster.node === 'container of another computer';
  return fitting.map(({ hostAddress, hostPort }) => ({
    from: 'this computer',
    // On the other computer's loopback, or its address, which is not known here.
    works: elsewhere ? 'no' : 'yes',
    reason: elsewhere ? 'bridge-of-another-computer' : 'published',
    address: dialled(hostAddress),
    port: hostPort,
  }));
}

/** What to dial for what is listened on: every address is reached at the loopback one. */
function dialled(hostAddress: string): string {
  if (hostAddress === '0.0.0.0') return '127.0.0.1';
  return hostAddress === '::' ? '::1' : hostAddress;
}

function publishingRemedy(
  { nodePort, protocol }: NodePortAsked,
  { provider }: ClusterSurroundings,
): WayRemedy | undefined {
  const suffix = protocol === 'TCP' ? '' : `/${protocol.toLowerCase()}`;
  switch (provider) {
    case 'kind': {
      const lines = ['extraPortMappings:', `- containerPort: ${nodePort}`, `  hostPort: ${nodePort}`];
      return {
        how: 'kind-mapping',
        yaml: [...lines, `  protocol: ${protocol}`, ''].join('\n'),
        recreates: true,
      };
    }
    case 'k3d': {
      const mapping = `${nodePort}:${nodePort}${suffix}@server:0`;
      return { how: 'command', command: ['k3d', 'cluster', 'create', '--port', mapping], recreates: true };
    }
    case 'minikube': {
      const command = ['minikube', 'start', `--ports=${nodePort}:${nodePort}${suffix}`];
      return { how: 'command', command, recreates: true };
    }
    case 'other':
      return undefined;
  }
}

const ADDRESS_REASONS: Record<ClusterSurroundings['node'], Pick<Way, 'works' | 'reason'>> = {
  container: { works: 'yes', reason: 'bridge-of-this-kernel' },
  'container of a rootless runtime': { works: 'no', reason: 'bridge-of-rootless-runtime' },
  'container in a virtual machine': { works: 'no', reason: 'bridge-in-virtual-machine' },
  'container of another computer': { works: 'no', reason: 'bridge-of-another-computer' },
  'virtual machine': { works: 'yes', reason: 'machine-address' },
  'virtual machine behind user networking': { works: 'no', reason: 'user-networking' },
  'this computer': { works: 'yes', reason: 'own-address' },
  unknown: { works: 'perhaps', reason: 'unknown-route' },
};

function nodeAddressWays(
  { nodePort: port }: NodePortAsked,
  { node, nodeAddresses }: ClusterSurroundings,
): Way[] {
  return nodeAddresses.map((address) => ({ from: 'this computer', ...ADDRESS_REASONS[node], address, port }));
}

/** People try localhost first. Where the same port is published there, that way is listed already. */
function loopbackWay({ nodePort, protocol }: NodePortAsked, cluster: ClusterSurroundings): Way[] {
  const same = cluster.published.some(
    (port) => port.containerPort === nodePort && port.hostPort === nodePort && port.protocol === protocol,
  );
  if (cluster.node === 'this computer' || (isContainer(cluster) && same)) return [];
  return [
    {
      from: 'this computer',
      works: 'no',
      reason: 'loopback-is-not-the-node',
      address: '127.0.0.1',
      port: nodePort,
    },
  ];
}

/** The tunnels of commands, which end at the Service by its name. */
export function commandWays(
  { namespace, service, port, protocol }: Omit<NodePortAsked, 'nodePort'>,
  cluster: ClusterSurroundings,
): Way[] {
  const ways: Way[] = [];
  const tcp = protocol === 'TCP';
  const tunnel = (command: string[], reason: WayReason): Way => ({
    from: 'this computer',
    works: tcp ? 'yes' : 'no',
    reason: tcp ? reason : 'tunnel-carries-tcp-alone',
    command,
  });
  if (cluster.provider === 'minikube') {
    ways.push(tunnel(['minikube', 'service', service, '--namespace', namespace, '--url'], 'tunnel-command'));
  }
  const forward = ['kubectl', 'port-forward', '--namespace', namespace, `service/${service}`, `:${port}`];
  ways.push(tunnel(forward, 'forward-past-kube-proxy'));
  return ways;
}

function insideWays({ nodePort: port }: NodePortAsked, cluster: ClusterSurroundings): Way[] {
  const places: WayFrom[] = isContainer(cluster) ? ['container network', 'pod'] : ['pod'];
  return places.flatMap((from) =>
    cluster.nodeAddresses.map(
      (address): Way => ({ from, works: 'yes', reason: 'node-address', address, port }),
    ),
  );
}
