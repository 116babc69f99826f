import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { forbidden } from '../api-error.ts';
import type { ApiObject } from '../api-object.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import type { Resource } from './resource.ts';
import { takeOver } from './take-over.ts';
import type { Condition } from './workload-types.ts';

export interface Namespace extends KubernetesObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: 'Active' | 'Terminating'; conditions?: Condition[] };
}

/** Namespaces that cannot be deleted (NamespaceLifecycle admission). */
const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Holds a namespace until the controller has emptied it. */
export const contentFinalizer = 'kubernetes';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['finalize', 'status'],
  strategy: {
    allowUnconditionalUpdate: true,
    prepareForCreate(object): void {
      const namespace = object as Namespace & ApiObject;
      namespace.status = { phase: 'Active' };
      const finalizers = namespace.spec?.finalizers ?? [];
      namespace.spec = {
        finalizers: finalizers.includes(contentFinalizer) ? finalizers : [...finalizers, contentFinalizer],
      };
      labelWithName(object);
    },
    prepareForUpdate(object, old): void {
      object['spec'] = { ...(object['spec'] as object), finalizers: (old as Namespace).spec?.finalizers };
      takeOver(object, old, 'status');
      labelWithName(object);
    },
    admitDelete(object): void {
      if (!immortal.has(object.metadata.name)) return;
      throw forbidden(namespaces, object.metadata.name, 'this namespace may not be deleted');
    },
    heldAfterDelete: (object) => ((object as Namespace).spec?.finalizers?.length ?? 0) > 0,
    beginDelete(object): void {
      object['status'] = { ...(object['status'] as object), phase: 'Terminating' };
    },
  },
  table: {
    columns: [nameColumn, column('Status', 'Whether the namespace can be used.'), ageColumn],
    row: (object) => [
      object.metadata.name,
      (object as Namespace).status?.phase ?? '',
      ageOf(object.metadata.creationTimestamp),
    ],
  },
};

/** Every namespace can be selected by its name. */
function labelWithName(object: ApiObject): void {
  const { name } = object.metadata;
  if (name) object.metadata.labels = { ...object.metadata.labels, [nameLabel]: name };
}
