import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { allVerbs, type Resource } from './resource.ts';

/**
 * Kinds that the lab only keeps: nothing of it reads them, but manifests bring them along, and clients
 * expect a namespace's `default` ServiceAccount.
 */

interface WithData extends KubernetesObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  type?: string;
}

export const configMaps: Resource = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  singular: 'configmap',
  kind: 'ConfigMap',
  namespaced: true,
  shortNames: ['cm'],
  verbs: allVerbs,
  strategy: { allowUnconditionalUpdate: true },
  table: {
    columns: [nameColumn, column('Data', 'How many entries there are.'), ageColumn],
    row(object) {
      const { data = {}, binaryData = {} } = object as WithData;
      const entries = Object.keys(data).length + Object.keys(binaryData).length;
      return [object.metadata.name, entries, ageOf(object.metadata.creationTimestamp)];
    },
  },
};

export const secrets: Resource = {
  group: '',
  version: 'v1',
  resource: 'secrets',
  singular: 'secret',
  kind: 'Secret',
  namespaced: true,
  verbs: allVerbs,
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate: takeOverStringData,
    prepareForUpdate: takeOverStringData,
  },
  table: {
    columns: [
      nameColumn,
      column('Type', 'What the secret is for.'),
      column('Data', 'How many entries there are.'),
      ageColumn,
    ],
    row(object) {
      const { data = {}, type = '' } = object as WithData;
      return [object.metadata.name, type, Object.keys(data).length, ageOf(object.metadata.creationTimestamp)];
    },
  },
};

export const serviceAccounts: Resource = {
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  kind: 'ServiceAccount',
  namespaced: true,
  shortNames: ['sa'],
  verbs: allVerbs,
  strategy: { allowUnconditionalUpdate: true, returnDeletedObject: true },
  table: {
    columns: [nameColumn, column('Secrets', 'How many secrets the account may use.'), ageColumn],
    row(object) {
      const accountSecrets = object['secrets'];
      const count = Array.isArray(accountSecrets) ? accountSecrets.length : 0;
      return [object.metadata.name, count, ageOf(object.metadata.creationTimestamp)];
    },
  },
};

/** `stringData` is a way to write `data` without encoding it; it is never kept. */
function takeOverStringData(object: KubernetesObject & { [field: string]: unknown }): void {
  const plain = object['stringData'];
  delete object['stringData'];
  if (typeof plain !== 'object' || plain === null) return;
  const encoded = Object.entries(plain as Record<string, string>).map(([key, value]) => [
    key,
    Buffer.from(value, 'utf8').toString('base64'),
  ]);
  object['data'] = { ...(object['data'] as object | undefined), ...Object.fromEntries(encoded) };
}
