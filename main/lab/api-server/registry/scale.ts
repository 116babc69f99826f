import type { ApiObject, StoredObject } from '../api-object.ts';
import type { Table } from '../resources/resource.ts';
import { ageColumn, column, nameColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { formatLabelSelector, type LabelSelector } from '../tables/labels.ts';

export const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' } as const;

/** The scale subresource of a workload (`autoscaling/v1` Scale). */
export function scaleOf(object: StoredObject): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { replicas, selector } = (object['spec'] ?? {}) as { replicas?: number; selector?: LabelSelector };
  const status = (object['status'] ?? {}) as { replicas?: number };
  const selectorText = formatLabelSelector(selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: status.replicas ?? 0, ...(selectorText !== '<none>' && { selector: selectorText }) },
  };
}

export const scaleTable: Table = {
  columns: [
    nameColumn,
    column('Desired', 'How many pods are wanted.', { type: 'integer' }),
    column('Available', 'How many pods there are.', { type: 'integer' }),
    ageColumn,
  ],
  row(object) {
    const { replicas = 0 } = (object['spec'] ?? {}) as { replicas?: number };
    const { replicas: current = 0 } = (object['status'] ?? {}) as { replicas?: number };
    return [object.metadata.name, replicas, current, ageOf(object.metadata.creationTimestamp)];
  },
};

/** The workload as a new Scale wants it. */
export function withScale(object: StoredObject, scale: ApiObject): ApiObject {
  const replicas = ((scale['spec'] ?? {}) as { replicas?: number }).replicas ?? 0;
  const { resourceVersion } = scale.metadata;
  const { resourceVersion: _current, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, ...(resourceVersion && { resourceVersion }) },
    spec: { ...(object['spec'] as object), replicas },
  };
}
