import { ApiError } from '../api-error.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';

/**
 * Limits on what a namespace may use. Clients ask for them when they describe a namespace; there are none,
 * and none can be made: a limit that nobody enforces would be worse than no limit.
 */
export const resourceQuotas: Resource = {
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  kind: 'ResourceQuota',
  namespaced: true,
  shortNames: ['quota'],
  verbs: allVerbs,
  strategy: { admitCreate: refuseUnenforced },
  table: {
    columns: [
      nameColumn,
      column('Request', 'What is used and allowed of requests.'),
      column('Limit', 'What is used and allowed of limits.'),
      ageColumn,
    ],
    row: (object) => [object.metadata.name, '', '', ageOf(object.metadata.creationTimestamp)],
  },
};

export const limitRanges: Resource = {
  group: '',
  version: 'v1',
  resource: 'limitranges',
  singular: 'limitrange',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  verbs: allVerbs,
  strategy: { admitCreate: refuseUnenforced },
  table: {
    columns: [nameColumn, column('Created At', 'When it was made.')],
    row: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? ''],
  },
};

function refuseUnenforced(): never {
  throw new ApiError(
    501,
    'NotImplemented',
    'the lab enforces no quotas and limits, and so takes none: its pods use no resources',
  );
}
