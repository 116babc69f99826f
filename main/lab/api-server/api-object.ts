import type { KubernetesObject, ObjectMeta } from '../../../app/kubernetes/objects.ts';

/** The metadata of an object that the server has accepted: what every stored object is sure to have. */
interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** An object as a client sends it: `apiVersion`, `kind` and `metadata` are there, the rest is the kind's own. */
export interface ApiObject extends KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** An object as the store keeps it. Stored objects are never changed in place: copy first. */
export interface StoredObject extends ApiObject {
  metadata: StoredMeta;
}

/** `namespace/name`, or `name` for an object outside all namespaces: its key among those of its resource. */
export function keyOf(meta: { namespace?: string; name?: string }): string {
  return objectPath(meta.namespace, meta.name ?? '');
}

export function objectPath(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** RFC 3339 in whole seconds, the form of every `metav1.Time`. */
export function timestamp(milliseconds: number = Date.now()): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
