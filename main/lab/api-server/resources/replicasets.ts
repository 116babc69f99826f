import { ageColumn, column, nameColumn, workloadColumns } from '../tables/columns.ts';
import { containerCells } from '../tables/containers.ts';
import { ageOf } from '../tables/human-duration.ts';
import { formatLabelSelector } from '../tables/labels.ts';
import { countGeneration, firstGeneration, specChanged } from './generation.ts';
import { allVerbs, type Resource } from './resource.ts';
import { takeOver } from './take-over.ts';
import type { ReplicaSet } from './workload-types.ts';

export const replicaSets: Resource = {
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  singular: 'replicaset',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  verbs: allVerbs,
  subresources: ['scale', 'status'],
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate(object): void {
      firstGeneration(object);
      object['status'] = { replicas: 0 };
    },
    prepareForUpdate(object, old): void {
      takeOver(object, old, 'status');
      countGeneration(object, old, specChanged(object, old));
    },
  },
  table: {
    columns: [
      nameColumn,
      column('Desired', 'How many pods are wanted.', { type: 'integer' }),
      column('Current', 'How many pods there are.', { type: 'integer' }),
      column('Ready', 'How many pods are ready.', { type: 'integer' }),
      ageColumn,
      ...workloadColumns,
    ],
    row(object) {
      const replicaSet = object as ReplicaSet;
      const { spec = {}, status } = replicaSet;
      return [
        object.metadata.name,
        spec.replicas ?? 0,
        status?.replicas ?? 0,
        status?.readyReplicas ?? 0,
        ageOf(object.metadata.creationTimestamp),
        ...containerCells(replicaSet),
        formatLabelSelector(spec.selector),
      ];
    },
  },
};
