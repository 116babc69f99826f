import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { ApiObject, StoredObject } from '../api-object.ts';

/** The generation of a new object of a kind that counts them. */
export function firstGeneration(object: ApiObject): void {
  object.metadata.generation = 1;
}

/** Counts the generation up when one of these fields differs from before. */
export function countGeneration(object: ApiObject, old: StoredObject, changed: boolean): void {
  const generation = old.metadata.generation ?? 0;
  object.metadata.generation = changed ? generation + 1 : generation;
}

export function specChanged(object: ApiObject, old: StoredObject): boolean {
  return !jsonEqual(object['spec'], old['spec']);
}
