import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { EndpointSlice } from '../../../../app/kubernetes/objects.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { formatEndpointAddresses, formatEndpointPorts } from '../tables/endpoint-cells.ts';
import { ageOf } from '../tables/human-duration.ts';
import { countGeneration, firstGeneration } from './generation.ts';
import { allVerbs, type Resource } from './resource.ts';

export const endpointSlices: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  singular: 'endpointslice',
  kind: 'EndpointSlice',
  namespaced: true,
  verbs: allVerbs,
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate: firstGeneration,
    prepareForUpdate(object, old): void {
      countGeneration(object, old, !jsonEqual(contentOf(object), contentOf(old)));
    },
  },
  table: {
    columns: [
      nameColumn,
      column('AddressType', 'What kind of addresses the slice holds.'),
      column('Ports', 'The ports of its endpoints.'),
      column('Endpoints', 'The addresses of its endpoints.'),
      ageColumn,
    ],
    row(object) {
      const slice = object as unknown as EndpointSlice;
      return [
        object.metadata.name,
        slice.addressType,
        formatEndpointPorts(slice.ports ?? []),
        formatEndpointAddresses(slice.endpoints ?? []),
        ageOf(object.metadata.creationTimestamp),
      ];
    },
  },
};

/** Everything but metadata, of which the labels alone count. */
function contentOf(object: ApiObject | StoredObject): unknown {
  return [object['addressType'], object['endpoints'], object['ports'], object.metadata.labels ?? {}];
}
