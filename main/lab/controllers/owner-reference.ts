import { jsonEqual } from '../../../app/kubernetes/json.ts';
import type { KubernetesObject, OwnerReference } from '../../../app/kubernetes/objects.ts';
import { matchesLabels, selectorFromObject } from '../../../app/kubernetes/selectors.ts';
import { isConflict, isNotFound } from '../api-server/api-error.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import { controllerOf } from '../api-server/resources/workload-types.ts';
import type { LabelSelector } from '../api-server/tables/labels.ts';

/** The reference by which a dependent names the one object that manages it. */
export function controllerReference(owner: Stored<KubernetesObject>): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether labels match a LabelSelector. An empty selector matches nothing: that is no workload's intent. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  const terms = selectorFromObject(selector ?? {});
  return terms !== undefined && terms.length > 0 && matchesLabels(terms, labels);
}

/**
 * The objects that belong to an owner: those it manages and still selects, and orphans that it selects,
 * which it takes over. What it manages and no longer selects is let go.
 */
export function claim<T extends KubernetesObject>(
  client: LabClient,
  request: { resource: string; owner: Stored<KubernetesObject>; selector: LabelSelector | undefined },
): Stored<T>[] {
  const { resource, owner, selector } = request;
  const { namespace, uid, deletionTimestamp } = owner.metadata;
  const candidates = client.list<T>(resource, { namespace });
  return candidates.flatMap((object) => {
    const controller = controllerOf(object);
    const selected = selects(selector, object.metadata.labels);
    if (controller) {
      if (controller.uid !== uid) return [];
      if (selected) return [object];
      if (!deletionTimestamp)
        tolerateRaces(() => writeOwners(client, resource, object, withoutOwner(object, uid)));
      return [];
    }
    if (!selected || deletionTimestamp || object.metadata.deletionTimestamp) return [];
    const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
    return tolerateRaces(() => [writeOwners(client, resource, object, owners)]) ?? [];
  });
}

function withoutOwner(object: KubernetesObject, uid: string): OwnerReference[] {
  return (object.metadata?.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
}

function writeOwners<T extends KubernetesObject>(
  client: LabClient,
  resource: string,
  object: Stored<T>,
  ownerReferences: OwnerReference[],
): Stored<T> {
  if (jsonEqual(object.metadata.ownerReferences ?? [], ownerReferences)) return object;
  return client.update<T>(resource, { ...object, metadata: { ...object.metadata, ownerReferences } });
}

function tolerateRaces<R>(action: () => R): R | undefined {
  try {
    return action();
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}
