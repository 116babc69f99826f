import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';
import { takeOver } from './take-over.ts';
import { type Condition, conditionOf } from './workload-types.ts';

export interface LabNode extends KubernetesObject {
  spec?: {
    podCIDR?: string;
    podCIDRs?: string[];
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string; timeAdded?: string }[];
  };
  status?: {
    addresses?: { type: string; address: string }[];
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: Condition[];
    daemonEndpoints?: unknown;
    nodeInfo?: Record<string, string>;
  };
}

export const nodes: Resource = {
  group: '',
  version: 'v1',
  resource: 'nodes',
  singular: 'node',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  verbs: allVerbs,
  subresources: ['status'],
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForUpdate(object: ApiObject, old: StoredObject): void {
      takeOver(object, old, 'status');
    },
  },
  table: {
    columns: [
      nameColumn,
      column('Status', 'Whether the node is ready and takes pods.'),
      column('Roles', 'What the node is used for.'),
      ageColumn,
      column('Version', 'The version of Kubernetes that the node speaks.'),
      wideColumn('Internal-IP', 'The address of the node inside the cluster.'),
      wideColumn('External-IP', 'The address of the node outside the cluster.'),
      wideColumn('OS-Image', 'The operating system of the node.'),
      wideColumn('Kernel-Version', 'The kernel of the node.'),
      wideColumn('Container-Runtime', 'What runs the containers of the node.'),
    ],
    row(object) {
      const { spec = {}, status = {} } = object as LabNode;
      const info = status.nodeInfo ?? {};
      return [
        object.metadata.name,
        statusOf(status.conditions, spec.unschedulable === true),
        rolesOf(object.metadata.labels ?? {}),
        ageOf(object.metadata.creationTimestamp),
        info['kubeletVersion'] ?? '',
        addressOf(status.addresses, 'InternalIP'),
        addressOf(status.addresses, 'ExternalIP'),
        info['osImage'] || '<unknown>',
        info['kernelVersion'] || '<unknown>',
        info['containerRuntimeVersion'] || '<unknown>',
      ];
    },
  },
};

function statusOf(conditions: Condition[] | undefined, unschedulable: boolean): string {
  const ready = conditionOf(conditions, 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return unschedulable ? `${state},SchedulingDisabled` : state;
}

function rolesOf(labels: Record<string, string>): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key.length > prefix.length) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return [...new Set(roles)].sort().join(',') || '<none>';
}

function addressOf(addresses: { type: string; address: string }[] | undefined, type: string): string {
  return addresses?.find((item) => item.type === type)?.address ?? '<none>';
}
