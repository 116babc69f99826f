import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { column, nameColumn } from '../tables/columns.ts';
import { allVerbs, type Resource } from './resource.ts';

export interface IPAddress extends KubernetesObject {
  spec?: { parentRef?: { group?: string; resource?: string; namespace?: string; name?: string } };
}

export const ipAddresses: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  kind: 'IPAddress',
  namespaced: false,
  shortNames: ['ip'],
  verbs: allVerbs,
  strategy: { allowUnconditionalUpdate: true },
  table: {
    columns: [nameColumn, column('ParentRef', 'The object that holds the address.')],
    row: (object) => [object.metadata.name, parentOf(object as IPAddress)],
  },
};

function parentOf({ spec }: IPAddress): string {
  const { group, resource = '', namespace, name = '' } = spec?.parentRef ?? {};
  const groupResource = group ? `${resource}.${group}` : resource;
  return namespace ? `${groupResource}/${namespace}/${name}` : `${groupResource}/${name}`;
}
