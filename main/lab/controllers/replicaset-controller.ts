import { jsonEqual } from '../../../app/kubernetes/json.ts';
import { isConflict, isNotFound } from '../api-server/api-error.ts';
import { keyOf, objectPath, timestamp } from '../api-server/api-object.ts';
import type { Stored } from '../api-server/registry/lab-client.ts';
import {
  type Condition,
  controllerOf,
  type ReplicaSet,
  type RunnablePod,
} from '../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from './controller.ts';
import { claim, controllerReference, selects } from './owner-reference.ts';
import { availableIn, compareForDeletion, hasEnded, isActive, isReady } from './pod-readiness.ts';
import { WorkQueue } from './work-queue.ts';

/** Pods that become ready together are counted together. */
const statusIntervalMilliseconds = 20;

/** Keeps as many pods of each ReplicaSet's template as it wants. */
export function startReplicaSetController(context: ControllerContext): Controller {
  const controller = new ReplicaSetController(context);
  const { client } = context;
  const queue: WorkQueue = new WorkQueue({
    name: 'replicaset controller',
    intervalMilliseconds: statusIntervalMilliseconds,
    sync: (key) => queue.addAfter(key, controller.sync(key)),
    log: context.log,
  });
  const stopSets = client.watch<ReplicaSet>('replicasets', ({ object }) => queue.add(keyOf(object.metadata)));
  const stopPods = client.watch<RunnablePod>('pods', ({ object }) => {
    const owner = controllerOf(object);
    const { namespace } = object.metadata;
    if (owner?.kind === 'ReplicaSet') queue.add(objectPath(namespace, owner.name));
    if (owner) return;
    // An orphan may be one that a set has been waiting for.
    for (const set of client.list<ReplicaSet>('replicasets', { namespace })) {
      if (selects(set.spec?.selector, object.metadata.labels)) queue.add(keyOf(set.metadata));
    }
  });
  return stopAll([stopSets, stopPods, () => queue.stop()]);
}

type Pod = Stored<RunnablePod>;
type Set = Stored<ReplicaSet>;

class ReplicaSetController {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = { ...context, events: context.events.as('replicaset-controller') };
  }

  /** Answers with the milliseconds after which to look again, for pods that have to be ready for a while. */
  sync(key: string): number {
    const { client } = this.#context;
    const set = client.get<ReplicaSet>('replicasets', splitKey(key));
    if (!set) return Number.POSITIVE_INFINITY;
    const owned = claim<RunnablePod>(client, { resource: 'pods', owner: set, selector: set.spec?.selector });
    let active = owned.filter(isActive);
    let failure: string | undefined;
    if (!set.metadata.deletionTimestamp) {
      try {
        active = this.#scale(set, active);
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        active = owned.filter(isActive);
      }
    }
    const terminating = owned.filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp).length;
    this.#writeStatus(set, { active, terminating, failure });
    if (failure !== undefined) throw new Error(failure);
    const waits = active.map((pod) => availableIn(pod, set.spec?.minReadySeconds ?? 0) ?? 0);
    return Math.min(...waits.filter((wait) => wait > 0));
  }

  /** Makes what is missing, deletes what is too much; answers with the pods that are then active. */
  #scale(set: Set, active: Pod[]): Pod[] {
    const wanted = set.spec?.replicas ?? 1;
    const missing = wanted - active.length;
    if (missing > 0) return [...active, ...Array.from({ length: missing }, () => this.#createPod(set))];
    const doomed = [...active].sort(compareForDeletion).slice(0, -missing);
    for (const pod of missing < 0 ? doomed : []) this.#deletePod(set, pod);
    return missing < 0 ? active.filter((pod) => !doomed.includes(pod)) : active;
  }

  #createPod(set: Set): Pod {
    const { client, events } = this.#context;
    const { metadata = {}, spec = { containers: [] } } = set.spec?.template ?? {};
    const pod = client.create<RunnablePod>('pods', {
      metadata: {
        generateName: `${set.metadata.name}-`,
        namespace: set.metadata.namespace ?? '',
        ...(metadata.labels && { labels: metadata.labels }),
        ...(metadata.annotations && { annotations: metadata.annotations }),
        ...(metadata.finalizers && { finalizers: metadata.finalizers }),
        ownerReferences: [controllerReference(set)],
      },
      spec,
    });
    const message = `Created pod: ${pod.metadata.name}`;
    events.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
    return pod;
  }

  #deletePod(set: Set, pod: Pod): void {
    const { client, events } = this.#context;
    try {
      client.delete('pods', pod.metadata, { preconditions: { uid: pod.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
      return;
    }
    const message = `Deleted pod: ${pod.metadata.name}`;
    events.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  #writeStatus(
    set: Set,
    { active, terminating, failure }: { active: Pod[]; terminating: number; failure: string | undefined },
  ): void {
    const { client } = this.#context;
    const current = client.get<ReplicaSet>('replicasets', set.metadata);
    if (!current || current.metadata.uid !== set.metadata.uid) return;
    const { spec = {} } = set;
    const labels = Object.entries(spec.template?.metadata?.labels ?? {});
    const labelled = active.filter((pod) =>
      labels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    );
    const count = <F extends string>(field: F, value: number): Partial<Record<F, number>> =>
      (value > 0 ? { [field]: value } : {}) as Partial<Record<F, number>>;
    const conditions = conditionsWith(current.status?.conditions ?? [], failure);
    const status: NonNullable<ReplicaSet['status']> = {
      replicas: active.length,
      ...count('fullyLabeledReplicas', labelled.length),
      ...count('readyReplicas', active.filter(isReady).length),
      ...count(
        'availableReplicas',
        active.filter((pod) => availableIn(pod, spec.minReadySeconds ?? 0) === 0).length,
      ),
      terminatingReplicas: terminating,
      observedGeneration: set.metadata.generation ?? 0,
      ...(conditions.length > 0 && { conditions }),
    };
    if (jsonEqual(status, current.status)) return;
    client.update<ReplicaSet>('replicasets', { ...current, status }, 'status');
  }
}

/** ReplicaFailure is there while pods cannot be made, and not otherwise. */
function conditionsWith(conditions: Condition[], failure: string | undefined): Condition[] {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const known = conditions.find(({ type, message }) => type === 'ReplicaFailure' && message === failure);
  const made: Condition = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: failure,
    lastTransitionTime: timestamp(),
  };
  return [...others, known ?? made];
}
