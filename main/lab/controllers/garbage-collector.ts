import type { OwnerReference } from '../../../app/kubernetes/objects.ts';
import { isConflict, isNotFound } from '../api-server/api-error.ts';
import type { StoredObject } from '../api-server/api-object.ts';
import type { LabClient } from '../api-server/registry/lab-client.ts';
import { apiVersionOf, type Resource } from '../api-server/resources/resource.ts';
import { type Controller, type ControllerContext, stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

const foregroundFinalizer = 'foregroundDeletion';
const orphanFinalizer = 'orphan';

/**
 * Removes what has lost its owners, and carries out how an owner is deleted: its dependents with it
 * (background), before it (foreground) or not at all (orphan).
 */
export function startGarbageCollector(
  context: ControllerContext,
  resources: readonly Resource[],
): Controller {
  const collected = resources.filter(({ conversion }) => !conversion);
  const collector = new GarbageCollector(context.client, collected);
  const queue = new WorkQueue({
    name: 'garbage collector',
    sync: (uid) => collector.sync(uid),
    log: context.log,
  });
  const watches = collected.map((resource) =>
    context.client.watch(resource.resource, ({ type, object }) => {
      const { uid } = object.metadata;
      const touched = collector.note(resource, object as StoredObject, type === 'DELETED');
      for (const key of touched) queue.add(key);
      if (type !== 'DELETED' && needsWork(object as StoredObject)) queue.add(uid);
    }),
  );
  return stopAll([...watches, () => queue.stop()]);
}

function needsWork({ metadata }: StoredObject): boolean {
  return (
    (metadata.ownerReferences ?? []).length > 0 ||
    (metadata.finalizers ?? []).some((name) => name === foregroundFinalizer || name === orphanFinalizer)
  );
}

interface Known {
  resource: Resource;
  namespace?: string | undefined;
  name: string;
  owners: string[];
}

class GarbageCollector {
  readonly #client: LabClient;
  readonly #byKind = new Map<string, Resource>();
  /** Every object by uid, and the uids of each one's dependents. */
  readonly #known = new Map<string, Known>();
  readonly #dependents = new Map<string, Set<string>>();

  constructor(client: LabClient, resources: readonly Resource[]) {
    this.#client = client;
    for (const resource of resources)
      this.#byKind.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
  }

  /** Keeps the graph; answers with the objects that have to be looked at because of the change. */
  note(resource: Resource, { metadata }: StoredObject, deleted: boolean): string[] {
    const { uid, namespace, name } = metadata;
    const before = this.#known.get(uid)?.owners ?? [];
    const owners = (metadata.ownerReferences ?? []).map((owner) => owner.uid);
    for (const owner of before) this.#dependents.get(owner)?.delete(uid);
    if (deleted) {
      const dependents = [...(this.#dependents.get(uid) ?? [])];
      this.#known.delete(uid);
      this.#dependents.delete(uid);
      // Owners that wait for their dependents may be waiting no longer.
      return [...dependents, ...before];
    }
    this.#known.set(uid, { resource, namespace, name, owners });
    for (const owner of owners) {
      const dependents = this.#dependents.get(owner) ?? new Set();
      this.#dependents.set(owner, dependents.add(uid));
    }
    return before.filter((owner) => !owners.includes(owner));
  }

  sync(uid: string): void {
    const object = this.#read(uid);
    if (!object) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.includes(orphanFinalizer)) this.#orphan(object);
    else if (deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer))
      this.#deleteDependents(object);
    else if (deletionTimestamp === undefined) this.#collect(object);
  }

  /** Deletes an object none of whose owners is there any more. */
  #collect(object: StoredObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = owners.map((owner) => this.#ownerState(object, owner));
    if (states.includes('there')) return;
    const { uid, finalizers = [] } = object.metadata;
    // An owner that waits for this one waits for its dependents too.
    const waiting = states.includes('waiting') && (this.#dependents.get(uid)?.size ?? 0) > 0;
    const propagationPolicy = waiting
      ? 'Foreground'
      : finalizers.includes(orphanFinalizer)
        ? 'Orphan'
        : 'Background';
    this.#delete(uid, propagationPolicy);
  }

  /** `waiting`: being deleted, but not before its dependents. */
  #ownerState(object: StoredObject, owner: OwnerReference): 'there' | 'waiting' | 'gone' {
    const resource = this.#byKind.get(`${owner.apiVersion} ${owner.kind}`);
    // An owner of a kind that is not served cannot be asked after; it is left alone.
    if (!resource) return 'there';
    const { namespace } = object.metadata;
    const key = { name: owner.name, ...(resource.namespaced && namespace && { namespace }) };
    const found = this.#client.get(resource.resource, key);
    if (found?.metadata.uid !== owner.uid) return 'gone';
    const { deletionTimestamp, finalizers = [] } = found.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer) ? 'waiting' : 'there';
  }

  #deleteDependents(owner: StoredObject): void {
    const { uid } = owner.metadata;
    const dependents = [...(this.#dependents.get(uid) ?? [])].flatMap((id) => this.#read(id) ?? []);
    for (const dependent of dependents) this.#collect(dependent);
    const blocking = dependents.filter((dependent) =>
      dependent.metadata.ownerReferences?.some(
        (reference) => reference.uid === uid && reference.blockOwnerDeletion,
      ),
    );
    const left = blocking.filter((dependent) => this.#read(dependent.metadata.uid));
    if (left.length === 0) this.#removeFinalizer(uid, foregroundFinalizer);
  }

  #orphan(owner: StoredObject): void {
    const { uid } = owner.metadata;
    for (const id of [...(this.#dependents.get(uid) ?? [])]) {
      const dependent = this.#read(id);
      const known = this.#known.get(id);
      if (!dependent || !known) continue;
      const ownerReferences = (dependent.metadata.ownerReferences ?? []).filter(
        (reference) => reference.uid !== uid,
      );
      this.#client.update(known.resource.resource, {
        ...dependent,
        metadata: { ...dependent.metadata, ownerReferences },
      });
    }
    this.#removeFinalizer(uid, orphanFinalizer);
  }

  #removeFinalizer(uid: string, name: string): void {
    const object = this.#read(uid);
    const known = this.#known.get(uid);
    if (!object || !known) return;
    const finalizers = (object.metadata.finalizers ?? []).filter((item) => item !== name);
    this.#client.update(known.resource.resource, { ...object, metadata: { ...object.metadata, finalizers } });
  }

  #delete(uid: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): void {
    const known = this.#known.get(uid);
    if (!known) return;
    try {
      this.#client.delete(known.resource.resource, keyFor(known), {
        propagationPolicy,
        preconditions: { uid },
      });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  #read(uid: string): StoredObject | undefined {
    const known = this.#known.get(uid);
    if (!known) return undefined;
    const object = this.#client.get(known.resource.resource, keyFor(known));
    return object?.metadata.uid === uid ? (object as StoredObject) : undefined;
  }
}

function keyFor({ namespace, name }: Known): { namespace?: string; name: string } {
  return { name, ...(namespace && { namespace }) };
}
