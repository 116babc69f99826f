import { cpus, release, totalmem } from 'node:os';
import { platform } from 'node:process';
import { jsonEqual } from '../../../app/kubernetes/json.ts';
import type { KubernetesObject, Service, ServiceCIDR } from '../../../app/kubernetes/objects.ts';
import { formatAddress, parseRange } from './allocation/ip-range.ts';
import { timestamp } from './api-object.ts';
import { goArchitecture, kubernetesVersion } from './discovery/version.ts';
import type { LabClient } from './registry/lab-client.ts';
import type { LabNode } from './resources/nodes.ts';
import type { Condition } from './resources/workload-types.ts';

export interface ClusterOptions {
  serviceCIDRs: string[];
  podCIDRs: string[];
  node: { name: string; addresses: string[] };
}

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
const defaultServiceCIDR = 'kubernetes';
export const serviceCIDRFinalizer = 'networking.k8s.io/service-cidr-finalizer';

/** Makes what every cluster has from its beginning, where it is not there yet. */
export function bootstrapCluster(client: LabClient, options: ClusterOptions, serverPort: number): void {
  for (const name of systemNamespaces) {
    if (!client.get('namespaces', { name })) client.create('namespaces', { metadata: { name } });
  }
  bootstrapServiceCIDR(client, options.serviceCIDRs);
  bootstrapKubernetesService(client, options.serviceCIDRs, serverPort);
  bootstrapNode(client.as('kubelet'), options);
}

function bootstrapServiceCIDR(client: LabClient, cidrs: string[]): void {
  const existing = client.get<ServiceCIDR & { status?: { conditions?: Condition[] } }>('servicecidrs', {
    name: defaultServiceCIDR,
  });
  if (existing && jsonEqual(existing.spec?.cidrs, cidrs)) return;
  if (existing) {
    // Its ranges cannot be changed: the lab was started with others than before.
    client.update<KubernetesObject>('servicecidrs', {
      ...existing,
      metadata: { ...existing.metadata, finalizers: [] },
    });
    client.delete('servicecidrs', { name: defaultServiceCIDR });
  }
  const created = client.create<ServiceCIDR>('servicecidrs', {
    metadata: { name: defaultServiceCIDR, finalizers: [serviceCIDRFinalizer] },
    spec: { cidrs },
  });
  client.update<KubernetesObject>('servicecidrs', withReadyCondition(created), 'status');
}

/** A ServiceCIDR whose ranges may be used. */
export function withReadyCondition<T extends KubernetesObject>(serviceCIDR: T): T & { status: unknown } {
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: '',
    message: 'Kubernetes Service CIDR is ready',
    lastTransitionTime: timestamp(),
  };
  return { ...serviceCIDR, status: { conditions: [condition] } };
}

/** The Service by which pods of a cluster find its API server. It has no endpoints: ours is outside. */
export function bootstrapKubernetesService(
  client: LabClient,
  serviceCIDRs: string[],
  serverPort: number,
): void {
  const key = { namespace: 'default', name: 'kubernetes' };
  if (client.get('services', key)) return;
  const [first] = serviceCIDRs.map(parseRange);
  if (!first) throw new Error('a cluster needs a range of Service addresses');
  client.create<Service>('services', {
    metadata: { ...key, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: formatAddress(first.first, first.family),
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: serverPort }],
      sessionAffinity: 'None',
    },
  });
}

function bootstrapNode(client: LabClient, { node, podCIDRs }: ClusterOptions): void {
  const key = { name: node.name };
  const existing =
    client.get<LabNode>('nodes', key) ??
    client.create<LabNode>('nodes', {
      metadata: { ...key, labels: nodeLabels(node.name) },
      spec: { podCIDR: podCIDRs[0] ?? '', podCIDRs },
    });
  const status = nodeStatus(node, existing.status?.conditions);
  if (!jsonEqual(status, existing.status)) client.update<LabNode>('nodes', { ...existing, status }, 'status');
}

function nodeLabels(name: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': goArchitecture(),
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': goArchitecture(),
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}

function nodeStatus({ name, addresses }: ClusterOptions['node'], known: Condition[] = []): LabNode['status'] {
  const resources = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' };
  return {
    addresses: [
      ...addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: name },
    ],
    allocatable: resources,
    capacity: resources,
    conditions: known.length > 0 ? known : nodeConditions(),
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      architecture: goArchitecture(),
      bootID: '',
      containerRuntimeVersion: 'kube-proxy-lab://network-namespaces',
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion: kubernetesVersion,
      machineID: '',
      operatingSystem: 'linux',
      osImage: platform === 'linux' ? 'Kube Proxy Lab' : `Kube Proxy Lab (simulated on ${platform})`,
      systemUUID: '',
    },
  };
}

function nodeConditions(): Condition[] {
  const lastHeartbeatTime = timestamp();
  const common = { lastHeartbeatTime, lastTransitionTime: lastHeartbeatTime };
  const healthy = (type: string, reason: string, message: string): Condition => ({
    ...common,
    type,
    status: 'False',
    reason,
    message,
  });
  return [
    healthy('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    healthy('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    healthy('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    {
      ...common,
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    },
  ];
}
