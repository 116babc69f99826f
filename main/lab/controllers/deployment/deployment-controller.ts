import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import { keyOf, objectPath } from '../../api-server/api-object.ts';
import type { LabClient, Stored } from '../../api-server/registry/lab-client.ts';
import {
  conditionOf,
  controllerOf,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
  type RunnablePod,
} from '../../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from '../controller.ts';
import { claim, selects } from '../owner-reference.ts';
import { hasEnded } from '../pod-readiness.ts';
import { WorkQueue } from '../work-queue.ts';
import {
  deadlineIn,
  hasDeadline,
  isComplete,
  rolloutStatus,
  scalingStatus,
  setCondition,
} from './deployment-status.ts';
import { isSaturated, proportionalSizes, replicasOf } from './replica-counts.ts';
import { desiredReplicas, revisionAnnotation, revisionOf } from './revision.ts';
import { Rollout, type Sets } from './rollout.ts';

type Set = Stored<ReplicaSet>;
type Target = Stored<Deployment>;

const syncIntervalMilliseconds = 20;

/** Brings Deployments from one pod template to the next by way of ReplicaSets. */
export function startDeploymentController(context: ControllerContext): Controller {
  const { client } = context;
  const controller = new DeploymentController(
    client,
    new Rollout(client, context.events.as('deployment-controller')),
  );
  const queue: WorkQueue = new WorkQueue({
    name: 'deployment controller',
    intervalMilliseconds: syncIntervalMilliseconds,
    sync: (key) => queue.addAfter(key, controller.sync(key)),
    log: context.log,
  });
  const stopDeployments = client.watch<Deployment>('deployments', ({ object }) =>
    queue.add(keyOf(object.metadata)),
  );
  const stopSets = client.watch<ReplicaSet>('replicasets', ({ object }) => {
    const owner = controllerOf(object);
    const { namespace } = object.metadata;
    if (owner?.kind === 'Deployment') queue.add(objectPath(namespace, owner.name));
    if (owner) return;
    for (const deployment of client.list<Deployment>('deployments', { namespace })) {
      if (selects(deployment.spec?.selector, object.metadata.labels)) queue.add(keyOf(deployment.metadata));
    }
  });
  // A Deployment that recreates waits for the last old pod to be gone.
  const stopPods = client.watch<RunnablePod>('pods', ({ type, object }) => {
    const owner = controllerOf(object);
    if (type !== 'DELETED' || owner?.kind !== 'ReplicaSet') return;
    const { namespace } = object.metadata;
    const set = client.get<ReplicaSet>('replicasets', { name: owner.name, ...(namespace && { namespace }) });
    const deployment = set && controllerOf(set);
    if (deployment?.kind === 'Deployment') queue.add(objectPath(namespace, deployment.name));
  });
  return stopAll([stopDeployments, stopSets, stopPods, () => queue.stop()]);
}

class DeploymentController {
  readonly #client: LabClient;
  readonly #rollout: Rollout;

  constructor(client: LabClient, rollout: Rollout) {
    this.#client = client;
    this.#rollout = rollout;
  }

  /** Answers with the milliseconds after which the rollout would have taken too long. */
  sync(key: string): number {
    const found = this.#client.get<Deployment>('deployments', splitKey(key));
    if (!found) return Number.POSITIVE_INFINITY;
    const { selector } = found.spec ?? {};
    const sets = claim<ReplicaSet>(this.#client, { resource: 'replicasets', owner: found, selector });
    if (found.metadata.deletionTimestamp) {
      const arranged = this.#rollout.arrange(found, sets, false);
      this.#writeStatus(found, scalingStatus(found, { sets, newSet: arranged.newSet }));
      return Number.POSITIVE_INFINITY;
    }
    const deployment = this.#tellPause(found);
    if (deployment.spec?.paused || isScalingEvent(deployment, sets)) this.#scale(deployment, sets);
    else if (deployment.spec?.strategy?.type === 'Recreate') this.#recreate(deployment, sets);
    else this.#roll(deployment, sets);
    const latest = this.#client.get<Deployment>('deployments', splitKey(key));
    return latest ? Math.max(0, deadlineIn(latest)) + 1000 : Number.POSITIVE_INFINITY;
  }

  #roll(deployment: Target, sets: Set[]): void {
    const arranged = this.#rollout.arrange(deployment, sets, true);
    const changed = this.#rollout.roll(deployment, arranged);
    if (!changed && isComplete(deployment, deployment.status ?? {}))
      this.#rollout.forget(deployment, arranged.oldSets);
    this.#report(deployment, arranged);
  }

  #recreate(deployment: Target, sets: Set[]): void {
    const before = this.#rollout.arrange(deployment, sets, false);
    const busy = this.#rollout.stop(deployment, before.oldSets) || this.#oldPodsRun(before);
    if (busy) {
      this.#report(deployment, before);
      return;
    }
    const arranged = this.#rollout.arrange(deployment, sets, true);
    const { newSet } = arranged;
    if (newSet) this.#rollout.scale(deployment, newSet, replicasOf(deployment));
    if (isComplete(deployment, deployment.status ?? {})) this.#rollout.forget(deployment, arranged.oldSets);
    this.#report(deployment, arranged);
  }

  #oldPodsRun({ oldSets }: Sets): boolean {
    return oldSets.some((set) =>
      this.#client
        .list<RunnablePod>('pods', { namespace: set.metadata.namespace })
        .some((pod) => controllerOf(pod)?.uid === set.metadata.uid && !hasEnded(pod)),
    );
  }

  /** A Deployment whose number of pods has changed is scaled first, whatever rollout is under way. */
  #scale(deployment: Target, sets: Set[]): void {
    const arranged = this.#rollout.arrange(deployment, sets, false);
    const { newSet, oldSets } = arranged;
    const all = newSet ? [...oldSets, newSet] : oldSets;
    const active = all.filter((set) => replicasOf(set) > 0);
    const only = active.length <= 1 ? (active[0] ?? newSet ?? latest(oldSets)) : undefined;
    if (only) this.#rollout.scale(deployment, only, replicasOf(deployment));
    else if (isSaturated(deployment, newSet)) this.#rollout.stop(deployment, oldSets);
    else if (deployment.spec?.strategy?.type !== 'Recreate') {
      for (const [set, size] of proportionalSizes(deployment, all))
        this.#rollout.scale(deployment, set, size);
    }
    if (deployment.spec?.paused) this.#rollout.forget(deployment, oldSets);
    this.#writeStatus(
      deployment,
      scalingStatus(deployment, { sets: this.#fresh(all), newSet: this.#fresh([newSet])[0] }),
    );
  }

  #report(deployment: Target, { newSet, oldSets }: Sets): void {
    const [current] = this.#fresh([newSet]);
    const sets = [...this.#fresh(oldSets), ...(current ? [current] : [])];
    this.#writeStatus(deployment, rolloutStatus(deployment, { sets, newSet: current }), current);
  }

  /** The sets as they are now, after what has just been done to them. */
  #fresh(sets: (Set | undefined)[]): Set[] {
    return sets.flatMap((set) => (set && this.#client.get<ReplicaSet>('replicasets', set.metadata)) ?? []);
  }

  #writeStatus(deployment: Target, status: DeploymentStatus, newSet?: Set): void {
    const current = this.#client.get<Deployment>('deployments', deployment.metadata);
    if (!current || current.metadata.uid !== deployment.metadata.uid) return;
    const revision = newSet ? String(revisionOf(newSet)) : current.metadata.annotations?.[revisionAnnotation];
    const annotations = {
      ...current.metadata.annotations,
      ...(revision && { [revisionAnnotation]: revision }),
    };
    const sameRevision = current.metadata.annotations?.[revisionAnnotation] === revision;
    if (sameRevision && jsonEqual(status, current.status)) return;
    const metadata = { ...current.metadata, annotations };
    this.#client.update<Deployment>('deployments', { ...current, metadata, status }, 'status');
  }

  /** A rollout that is paused does not run out of time; one that goes on begins to count anew. */
  #tellPause(deployment: Target): Target {
    if (!hasDeadline(deployment)) return deployment;
    const paused = deployment.spec?.paused === true;
    const known = conditionOf(deployment.status?.conditions, 'Progressing');
    if (known?.reason === 'ProgressDeadlineExceeded') return deployment;
    if (paused === (known?.reason === 'DeploymentPaused')) return deployment;
    const conditions = setCondition(deployment.status?.conditions ?? [], {
      type: 'Progressing',
      status: 'Unknown',
      reason: paused ? 'DeploymentPaused' : 'DeploymentResumed',
      message: `Deployment is ${paused ? 'paused' : 'resumed'}`,
    });
    const status = { ...deployment.status, conditions };
    return this.#client.update<Deployment>('deployments', { ...deployment, status }, 'status');
  }
}

function isScalingEvent(deployment: Target, sets: Set[]): boolean {
  return sets.some((set) => {
    const desired = desiredReplicas(set);
    return replicasOf(set) > 0 && desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** The set of the highest revision. */
function latest(sets: Set[]): Set | undefined {
  return [...sets].sort((left, right) => revisionOf(right) - revisionOf(left))[0];
}
