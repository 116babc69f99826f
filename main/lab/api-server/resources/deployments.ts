import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import { ageColumn, column, nameColumn, workloadColumns } from '../tables/columns.ts';
import { containerCells } from '../tables/containers.ts';
import { ageOf } from '../tables/human-duration.ts';
import { formatLabelSelector } from '../tables/labels.ts';
import { countGeneration, firstGeneration, specChanged } from './generation.ts';
import { allVerbs, type Resource } from './resource.ts';
import { takeOver, takeOverMeta } from './take-over.ts';
import type { Deployment } from './workload-types.ts';

export const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  singular: 'deployment',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  verbs: allVerbs,
  subresources: ['scale', 'status'],
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate(object): void {
      firstGeneration(object);
      object['status'] = {};
    },
    prepareForUpdate(object, old): void {
      takeOver(object, old, 'status');
      // Annotations count too: the controller copies them to its replica sets.
      const annotated = !jsonEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {});
      countGeneration(object, old, specChanged(object, old) || annotated);
    },
    prepareForStatusUpdate(object, old): void {
      takeOver(object, old, 'spec');
      takeOverMeta(object, old, 'labels');
    },
  },
  table: {
    columns: [
      nameColumn,
      column('Ready', 'How many of the wanted pods are ready.'),
      column('Up-to-date', 'How many pods are of the wanted template.'),
      column('Available', 'How many pods have been ready for long enough.'),
      ageColumn,
      ...workloadColumns,
    ],
    row(object) {
      const deployment = object as Deployment;
      const { spec = {}, status = {} } = deployment;
      return [
        object.metadata.name,
        `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
        status.updatedReplicas ?? 0,
        status.availableReplicas ?? 0,
        ageOf(object.metadata.creationTimestamp),
        ...containerCells(deployment),
        formatLabelSelector(spec.selector),
      ];
    },
  },
};
