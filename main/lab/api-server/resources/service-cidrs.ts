import type { ServiceCIDR } from '../../../../app/kubernetes/objects.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';
import { takeOver } from './take-over.ts';

export const serviceCIDRs: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  kind: 'ServiceCIDR',
  namespaced: false,
  verbs: allVerbs,
  subresources: ['status'],
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate(object): void {
      object['status'] = {};
    },
    prepareForUpdate(object, old): void {
      takeOver(object, old, 'status');
    },
  },
  table: {
    columns: [nameColumn, column('CIDRs', 'The ranges that cluster IPs are taken from.'), ageColumn],
    row: (object) => [
      object.metadata.name,
      ((object as ServiceCIDR).spec?.cidrs ?? []).join(','),
      ageOf(object.metadata.creationTimestamp),
    ],
  },
};
