import type { Service } from '../../../../app/kubernetes/objects.ts';
import { matchesLabels } from '../../../../app/kubernetes/selectors.ts';
import { keyOf } from '../../api-server/api-object.ts';
import type { LabClient, Stored } from '../../api-server/registry/lab-client.ts';
import type { RunnablePod } from '../../api-server/resources/workload-types.ts';

/** Calls `enqueue` with every Service that a change of a Service or a pod may mean new endpoints for. */
export function watchServicesAndPods(client: LabClient, enqueue: (key: string) => void): (() => void)[] {
  const labelsOf = new Map<string, Record<string, string>>();
  return [
    client.watch<Service>('services', ({ object }) => enqueue(keyOf(object.metadata))),
    client.watch<RunnablePod>('pods', ({ type, object }) => {
      const { uid, namespace, labels = {} } = object.metadata;
      const before = labelsOf.get(uid);
      if (type === 'DELETED') labelsOf.delete(uid);
      else labelsOf.set(uid, labels);
      for (const service of client.list<Service>('services', { namespace })) {
        if (selectsLabels(service, labels) || (before && selectsLabels(service, before))) {
          enqueue(keyOf(service.metadata));
        }
      }
    }),
  ];
}

/** The pods that a Service selects, by name. One without a selector selects none. */
export function podsOf(client: LabClient, service: Stored<Service>): Stored<RunnablePod>[] {
  return client
    .list<RunnablePod>('pods', { namespace: service.metadata.namespace })
    .filter((pod) => selectsLabels(service, pod.metadata.labels ?? {}));
}

export function hasSelector(service: Service): boolean {
  return Object.keys(service.spec?.selector ?? {}).length > 0;
}

function selectsLabels(service: Service, labels: Record<string, string>): boolean {
  if (!hasSelector(service)) return false;
  const terms = Object.entries(service.spec?.selector ?? {}).map(([key, value]) => ({
    key,
    operator: '=' as const,
    values: [value],
  }));
  return matchesLabels(terms, labels);
}
