/**
 * The containers that are nodes of a cluster, by the labels that kind, k3d and minikube give them, as they write them
 * in their own sources.
 */
import { containersWithLabel, installedRuntimes, type PublishedPort } from './container-runtime.ts';
import type { ContainerRuntime } from './target-spec.ts';

export type ClusterProvider = 'kind' | 'k3d' | 'minikube';

export interface ClusterNodeContainer {
  readonly provider: ClusterProvider;
  /** As the provider calls it: `kind`, a minikube profile. */
  readonly cluster: string;
  /** The context that the provider writes into the kubeconfig: `kind-kind`, `k3d-demo`, `minikube`. */
  readonly context: string;
  /** The Node's name in the cluster: each of the three names its containers so. */
  readonly node: string;
  readonly role: 'control-plane' | 'worker';
  readonly runtime: ContainerRuntime;
  readonly id: string;
  readonly state: 'running' | 'paused' | 'stopped';
  readonly addresses: readonly string[];
  readonly ports: readonly PublishedPort[];
}

export interface NodeContainers {
  readonly nodes: readonly ClusterNodeContainer[];
  /** Runtimes that are installed and could not be asked, each with the reason. */
  readonly failures: readonly { readonly runtime: ContainerRuntime; readonly message: string }[];
}

interface Provider {
  provider: ClusterProvider;
  /** What `ps --filter label=` looks for. */
  label: string;
  cluster: string;
  role: string;
  /** Other values are helpers of the cluster: its load balancer, its registry. */
  roles: Readonly<Record<string, ClusterNodeContainer['role']>>;
  context(cluster: string): string;
}

const PROVIDERS: readonly Provider[] = [
  {
    provider: 'kind',
    label: 'io.x-k8s.kind.cluster',
    cluster: 'io.x-k8s.kind.cluster',
    role: 'io.x-k8s.kind.role',
    roles: { 'control-plane': 'control-plane', worker: 'worker' },
    context: (cluster) => `kind-${cluster}`,
  },
  {
    provider: 'k3d',
    label: 'app=k3d',
    cluster: 'k3d.cluster',
    role: 'k3d.role',
    roles: { server: 'control-plane', agent: 'worker' },
    context: (cluster) => `k3d-${cluster}`,
  },
  {
    provider: 'minikube',
    label: 'created_by.minikube.sigs.k8s.io',
    cluster: 'name.minikube.sigs.k8s.io',
    role: 'role.minikube.sigs.k8s.io',
    // It leaves the value empty; what carries no role at all is a container for its errands.
    roles: { '': 'worker', 'control-plane': 'control-plane', worker: 'worker' },
    context: (cluster) => cluster,
  },
];

/** Asks every runtime that is installed; one that does not answer is told of, and the others are asked on. */
export async function findNodeContainers(): Promise<NodeContainers> {
  const nodes: ClusterNodeContainer[] = [];
  const failures: { runtime: ContainerRuntime; message: string }[] = [];
  for (const runtime of installedRuntimes()) {
    try {
      for (const provider of PROVIDERS) nodes.push(...(await nodesOf(runtime, provider)));
    } catch (error) {
      failures.push({ runtime, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { nodes, failures };
}

async function nodesOf(runtime: ContainerRuntime, provider: Provider): Promise<ClusterNodeContainer[]> {
  const containers = await containersWithLabel(runtime, provider.label);
  return containers.flatMap(({ name, id, labels, running, paused, addresses, ports }) => {
    const cluster = labels[provider.cluster];
    const value = labels[provider.role];
    const told =
      value !== undefined && Object.hasOwn(provider.roles, value) ? provider.roles[value] : undefined;
    // minikube's first node has the profile's own name.
    const role = told && provider.provider === 'minikube' && name === cluster ? 'control-plane' : told;
    if (cluster === undefined || role === undefined) return [];
    return {
      provider: provider.provider,
      cluster,
      context: provider.context(cluster),
      node: name,
      role,
      runtime,
      id,
      state: paused ? 'paused' : running ? 'running' : 'stopped',
      addresses,
      ports,
    };
  });
}
