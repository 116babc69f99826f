import { isAlreadyExists } from '../../api-server/api-error.ts';
import type { LabClient, Stored } from '../../api-server/registry/lab-client.ts';
import type { Deployment, ReplicaSet } from '../../api-server/resources/workload-types.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { controllerReference } from '../owner-reference.ts';
import { sameTemplate, templateHash, templateHashLabel } from './pod-template-hash.ts';
import {
  compareAge,
  newSetReplicas,
  replicasOf,
  rolloutBounds,
  statusSum,
  wanted,
} from './replica-counts.ts';
import { newSetAnnotations, replicaAnnotations, revisionOf, sameAnnotations } from './revision.ts';

type Set = Stored<ReplicaSet>;
type Target = Stored<Deployment>;

/** The ReplicaSets of a Deployment: the one of its present template, and those of earlier ones. */
export interface Sets {
  newSet: Set | undefined;
  oldSets: Set[];
}

/** The single steps by which a Deployment moves from its old ReplicaSets to the new one. */
export class Rollout {
  readonly #client: LabClient;
  readonly #events: EventRecorder;

  constructor(client: LabClient, events: EventRecorder) {
    this.#client = client;
    this.#events = events;
  }

  /** The sets told apart; the new one with the Deployment's annotations and its revision. */
  arrange(deployment: Target, sets: Set[], createNew: boolean): Sets {
    const found = sets
      .filter((set) => sameTemplate(set.spec?.template, deployment.spec?.template))
      .sort(compareAge)[0];
    const oldSets = sets.filter((set) => set !== found);
    const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
    if (found) return { newSet: this.#refresh(deployment, found, revision), oldSets };
    return { newSet: createNew ? this.#create(deployment, oldSets, revision) : undefined, oldSets };
  }

  #refresh(deployment: Target, set: Set, revision: number): Set {
    const annotations = newSetAnnotations(deployment, set, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds;
    if (sameAnnotations(set, annotations) && set.spec?.minReadySeconds === minReadySeconds) return set;
    const { minReadySeconds: _old, ...spec } = set.spec ?? {};
    return this.#client.update<ReplicaSet>('replicasets', {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...spec, ...(minReadySeconds !== undefined && { minReadySeconds }) },
    });
  }

  #create(deployment: Target, oldSets: Set[], revision: number): Set | undefined {
    const { name, namespace = '' } = deployment.metadata;
    const { spec = {} } = deployment;
    const { template = {} } = spec;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [templateHashLabel]: hash };
    const replicas = newSetReplicas(deployment, oldSets, 0);
    const maximum = replicasOf(deployment) + rolloutBounds(deployment).surge;
    try {
      const created = this.#client.create<ReplicaSet>('replicasets', {
        metadata: {
          name: `${name}-${hash}`,
          namespace,
          labels,
          annotations: {
            ...newSetAnnotations(deployment, undefined, revision),
            ...replicaAnnotations(replicasOf(deployment), maximum),
          },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas,
          ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
          selector: {
            ...spec.selector,
            matchLabels: { ...spec.selector?.matchLabels, [templateHashLabel]: hash },
          },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      });
      if (replicas > 0) this.#tellScaling(deployment, created, { from: 0, to: replicas });
      return created;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#countCollision(deployment);
      throw error;
    }
  }

  /** Another template has got the same name: the next attempt gets another. */
  #countCollision(deployment: Target): void {
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    const status = { ...deployment.status, collisionCount };
    this.#client.update<Deployment>('deployments', { ...deployment, status }, 'status');
  }

  /** Gives a set its size; answers whether that was a change. */
  scale(deployment: Target, set: Set, replicas: number): boolean {
    const annotations = {
      ...set.metadata.annotations,
      ...replicaAnnotations(replicasOf(deployment), replicasOf(deployment) + rolloutBounds(deployment).surge),
    };
    const from = replicasOf(set);
    if (from === replicas && sameAnnotations(set, annotations)) return false;
    this.#client.update<ReplicaSet>('replicasets', {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    if (from !== replicas) this.#tellScaling(deployment, set, { from, to: replicas });
    return from !== replicas;
  }

  #tellScaling(deployment: Target, set: Set, { from, to }: { from: number; to: number }): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`;
    this.#events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  /** One step of a rolling update: grow the new set if there is room, else shrink old ones if that is safe. */
  roll(deployment: Target, { newSet, oldSets }: Sets): boolean {
    if (!newSet) return false;
    const total = replicasOf(deployment);
    const size = replicasOf(newSet);
    const all = [...oldSets, newSet];
    if (size > total) return this.scale(deployment, newSet, total);
    if (size < total && this.scale(deployment, newSet, newSetReplicas(deployment, all, size))) return true;
    return this.#shrinkOld(deployment, newSet, oldSets);
  }

  #shrinkOld(deployment: Target, newSet: Set, oldSets: Set[]): boolean {
    const all = [...oldSets, newSet];
    const minimum = replicasOf(deployment) - rolloutBounds(deployment).unavailable;
    const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
    let budget = wanted(all) - minimum - newUnavailable;
    if (wanted(oldSets) === 0 || budget <= 0) return false;
    let changed = false;
    const sizes = new Map(oldSets.map((set) => [set, replicasOf(set)]));
    const ordered = [...oldSets].sort(compareAge);
    // Pods that do not work go first: nobody misses them.
    for (const set of ordered) {
      const broken = Math.min(budget, replicasOf(set) - (set.status?.availableReplicas ?? 0));
      if (broken <= 0) continue;
      sizes.set(set, replicasOf(set) - broken);
      budget -= broken;
    }
    let spare = statusSum(all, 'availableReplicas') - minimum;
    for (const set of ordered) {
      const size = sizes.get(set) ?? 0;
      const fewer = Math.max(0, Math.min(size, spare));
      sizes.set(set, size - fewer);
      spare -= fewer;
    }
    for (const [set, size] of sizes) {
      if (size !== replicasOf(set)) changed = this.scale(deployment, set, size) || changed;
    }
    return changed;
  }

  /** Scales every set that has pods down to none. */
  stop(deployment: Target, sets: Set[]): boolean {
    const scaled = sets.filter((set) => replicasOf(set) > 0).map((set) => this.scale(deployment, set, 0));
    return scaled.includes(true);
  }

  /** Removes the oldest of the sets that are only kept to go back to. */
  forget(deployment: Target, oldSets: Set[]): void {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    const kept = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
    const surplus = kept.length - limit;
    if (surplus <= 0) return;
    const oldest = [...kept].sort((left, right) => revisionOf(left) - revisionOf(right)).slice(0, surplus);
    for (const set of oldest) {
      const idle = replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0;
      const observed = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
      if (idle && observed) this.#client.delete('replicasets', set.metadata);
    }
  }
}
