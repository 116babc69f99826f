import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { formatSubsets } from '../tables/endpoint-cells.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';

export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: { kind?: string; namespace?: string; name?: string; uid?: string };
}

export interface EndpointsPort {
  name?: string;
  port: number;
  protocol?: string;
  appProtocol?: string;
}

export interface EndpointSubset {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: EndpointsPort[];
}

export interface Endpoints extends KubernetesObject {
  subsets?: EndpointSubset[];
}

export const endpoints: Resource = {
  group: '',
  version: 'v1',
  resource: 'endpoints',
  singular: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  shortNames: ['ep'],
  verbs: allVerbs,
  warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  strategy: { allowUnconditionalUpdate: true, allowCreateOnUpdate: true },
  table: {
    columns: [nameColumn, column('Endpoints', 'The addresses and ports behind the Service.'), ageColumn],
    row: (object) => [
      object.metadata.name,
      formatSubsets((object as Endpoints).subsets ?? []),
      ageOf(object.metadata.creationTimestamp),
    ],
  },
};
