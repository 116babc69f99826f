import type { ObjectMeta } from '../../../../app/kubernetes/objects.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';

/** Gives an object a field as it was before, or none where there was none: what a client may not change. */
export function takeOver(object: ApiObject, old: StoredObject, field: 'spec' | 'status'): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

export function takeOverMeta<F extends keyof ObjectMeta>(
  object: ApiObject,
  old: StoredObject,
  field: F,
): void {
  const metadata: ObjectMeta = { ...object.metadata };
  const before: ObjectMeta = old.metadata;
  if (before[field] === undefined) delete metadata[field];
  else metadata[field] = before[field];
  object.metadata = metadata;
}
