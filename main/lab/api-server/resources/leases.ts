import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';

interface Lease extends KubernetesObject {
  spec?: { holderIdentity?: string };
}

/** Which of several equal programs leads, and which nodes are alive: kept for the clients that ask. */
export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  singular: 'lease',
  kind: 'Lease',
  namespaced: true,
  verbs: allVerbs,
  strategy: { allowCreateOnUpdate: true },
  table: {
    columns: [nameColumn, column('Holder', 'Who has the lease.'), ageColumn],
    row: (object) => [
      object.metadata.name,
      (object as Lease).spec?.holderIdentity ?? '',
      ageOf(object.metadata.creationTimestamp),
    ],
  },
};
