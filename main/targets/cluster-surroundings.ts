/** Where a cluster's node is, seen from this computer: what `app/reach` is told. */
import { networkInterfaces } from 'node:os';
import type { ClusterKind } from '../../app/contract/clusters.ts';
import type { Node } from '../../app/kubernetes/objects.ts';
import type { ClusterSurroundings } from '../../app/reach/ways.ts';
import { type MinikubeProfile, readMinikubeProfile } from './minikube-profile.ts';
import { type ClusterNodeContainer, findNodeContainers } from './node-containers.ts';
import { type RuntimeHome, runtimeHome } from './runtime-home.ts';

export interface FoundSurroundings {
  readonly surroundings: ClusterSurroundings;
  /** What could not be asked, and might have told more. */
  readonly gaps: readonly string[];
}

export interface ClusterAsked {
  /** The context's name, which the provider wrote. */
  readonly context: string;
  readonly kind: ClusterKind;
  readonly nodes: readonly Node[];
}

type NodeKind = ClusterSurroundings['node'];

const CONTAINER_KINDS: Readonly<Record<RuntimeHome, NodeKind>> = {
  'this kernel': 'container',
  rootless: 'container of a rootless runtime',
  'virtual machine': 'container in a virtual machine',
  'another computer': 'container of another computer',
};

/** Asks the container runtimes that are installed; never rejects. */
export async function clusterSurroundings(asked: ClusterAsked): Promise<FoundSurroundings> {
  const { nodes: containers, failures } = await findNodeContainers();
  const gaps = failures.map(({ message }) => message);
  const own = containers.filter((container) => isOf(container, asked));
  const common = { platform: platform(), nodeAddresses: addressesOf(asked.nodes), networks: ownNetworks() };
  const [first] = own;
  if (first) {
    const { node, gap } = await containerKind(first);
    const surroundings = {
      ...common,
      provider: first.provider,
      node,
      published: own.flatMap(({ ports }) => ports),
    };
    return { surroundings, gaps: gap === undefined ? gaps : [...gaps, gap] };
  }
  const profile = asked.kind === 'minikube' ? readMinikubeProfile(asked.context) : undefined;
  const provider = asked.kind === 'lab' ? 'other' : asked.kind;
  const node = profile ? minikubeKind(profile) : machineKind(common.nodeAddresses);
  return { surroundings: { ...common, provider, node, published: [] }, gaps };
}

/** By the context that its provider writes, or where that was renamed by its address. */
function isOf({ node, context, addresses }: ClusterNodeContainer, asked: ClusterAsked): boolean {
  const named = asked.nodes.find(({ metadata }) => metadata?.name === node);
  if (!named) return false;
  return context === asked.context || addressesOf([named]).some((address) => addresses.includes(address));
}

async function containerKind({ runtime }: ClusterNodeContainer): Promise<{ node: NodeKind; gap?: string }> {
  try {
    return { node: CONTAINER_KINDS[await runtimeHome(runtime)] };
  } catch (error) {
    // It knew the container a moment ago: taken for what it mostly is on such a system.
    const node = process.platform === 'linux' ? 'container' : 'container in a virtual machine';
    return { node, gap: error instanceof Error ? error.message : String(error) };
  }
}

function minikubeKind({ driver, network }: MinikubeProfile): NodeKind {
  if (driver === 'none') return 'this computer';
  if (driver === 'ssh' || driver === '') return 'unknown';
  // Its container was not found: another runtime's context, or one that does not answer.
  if (driver === 'docker' || driver === 'podman') return 'unknown';
  if (driver === 'qemu2' && (network === '' || network === 'builtin' || network === 'user')) {
    return 'virtual machine behind user networking';
  }
  return 'virtual machine';
}

/** A node with an address of this computer's is this computer: k3s, kubeadm. */
function machineKind(addresses: readonly string[]): NodeKind {
  const own = new Set(interfaces().map(({ address }) => address));
  return addresses.some((address) => own.has(address)) ? 'this computer' : 'unknown';
}

function addressesOf(nodes: readonly Node[]): string[] {
  const all = nodes.flatMap(({ status }) => status?.addresses ?? []);
  const order = ['InternalIP', 'ExternalIP'];
  const found = order.flatMap((wanted) => all.filter(({ type }) => type === wanted));
  return [...new Set(found.map(({ address }) => address))];
}

/** Without the loopback's: what is there is on this computer whatever its network says. */
function ownNetworks(): string[] {
  return interfaces().flatMap(({ cidr }) => cidr ?? []);
}

function interfaces(): { address: string; cidr: string | null }[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
}

function platform(): ClusterSurroundings['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}
