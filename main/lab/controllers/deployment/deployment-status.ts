import { timestamp } from '../../api-server/api-object.ts';
import type { Stored } from '../../api-server/registry/lab-client.ts';
import {
  type Condition,
  conditionOf,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
} from '../../api-server/resources/workload-types.ts';
import { replicasOf, rolloutBounds, statusSum, wanted } from './replica-counts.ts';

/** The value of progressDeadlineSeconds that means none. */
const noDeadline = 2 ** 31 - 1;

/** How the rollout of a Deployment stands (the real controller's `calculateStatus` and `progress.go`). */
export function rolloutStatus(
  deployment: Stored<Deployment>,
  { sets, newSet }: { sets: ReplicaSet[]; newSet: ReplicaSet | undefined },
): DeploymentStatus {
  const status = counts(deployment, { sets, newSet });
  const conditions = progress(deployment, status, newSet);
  const failure = sets
    .flatMap((set) => set.status?.conditions ?? [])
    .find((condition) => condition.type === 'ReplicaFailure' && condition.status === 'True');
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  return {
    ...status,
    conditions: failure
      ? setCondition(others, {
          type: 'ReplicaFailure',
          status: 'True',
          reason: failure.reason ?? '',
          message: failure.message ?? '',
        })
      : others,
  };
}

/** The status without a word on progress, for a Deployment that is only scaled. */
export function scalingStatus(
  deployment: Stored<Deployment>,
  sets: { sets: ReplicaSet[]; newSet: ReplicaSet | undefined },
): DeploymentStatus {
  return counts(deployment, sets);
}

function counts(
  deployment: Stored<Deployment>,
  { sets, newSet }: { sets: ReplicaSet[]; newSet: ReplicaSet | undefined },
): DeploymentStatus {
  const available = statusSum(sets, 'availableReplicas');
  const ready = statusSum(sets, 'readyReplicas');
  const updated = newSet?.status?.replicas ?? 0;
  const replicas = statusSum(sets, 'replicas');
  const unavailable = Math.max(0, wanted(sets) - available);
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const enough = available >= replicasOf(deployment) - rolloutBounds(deployment).unavailable;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    terminatingReplicas: statusSum(sets, 'terminatingReplicas'),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: setCondition(conditions, {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
    }),
  };
}

function progress(
  deployment: Stored<Deployment>,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
): Condition[] {
  const conditions = status.conditions ?? [];
  if (!hasDeadline(deployment)) return conditions.filter(({ type }) => type !== 'Progressing');
  const known = conditionOf(conditions, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && known?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata?.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return setCondition(conditions, {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    });
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    // A new time even where nothing else is new: the deadline counts from the last progress.
    return replaceCondition(conditions, {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${subject} is progressing.`,
    });
  }
  if (!known && newSet) {
    // Time begins to count with the new set, before any of its pods is there.
    return setCondition(conditions, {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${newSet.metadata?.name}"`,
    });
  }
  if (!isTimedOut(deployment, known)) return conditions;
  return setCondition(conditions, {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `${subject} has timed out progressing.`,
  });
}

export function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== noDeadline;
}

/** Whether all pods are of the present template and available, and no other is left. */
export function isComplete(deployment: Stored<Deployment>, status: DeploymentStatus): boolean {
  const total = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === total &&
    (status.replicas ?? 0) === total &&
    (status.availableReplicas ?? 0) === total &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, known: Condition | undefined): boolean {
  if (!known || known.reason === 'NewReplicaSetAvailable') return false;
  return known.reason === 'ProgressDeadlineExceeded' || deadlineIn(deployment, known) <= 0;
}

/** Milliseconds until a rollout without progress has taken too long; infinity when none is under way. */
export function deadlineIn(deployment: Deployment, progressing?: Condition): number {
  const known = progressing ?? conditionOf(deployment.status?.conditions, 'Progressing');
  const waiting =
    known && known.reason !== 'NewReplicaSetAvailable' && known.reason !== 'ProgressDeadlineExceeded';
  if (!waiting || !hasDeadline(deployment) || deployment.spec?.paused) return Number.POSITIVE_INFINITY;
  const since = Date.parse(known.lastUpdateTime ?? '');
  return since + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 - Date.now();
}

type Finding = Pick<Condition, 'type' | 'status'> & { reason: string; message: string };

/** The conditions with a finding among them; what has not changed keeps its times. */
export function setCondition(conditions: Condition[], finding: Finding): Condition[] {
  const known = conditionOf(conditions, finding.type);
  if (known?.status === finding.status && known.reason === finding.reason) return conditions;
  return replaceCondition(conditions, finding);
}

function replaceCondition(conditions: Condition[], finding: Finding): Condition[] {
  const known = conditionOf(conditions, finding.type);
  const now = timestamp();
  const made: Condition = {
    ...finding,
    lastUpdateTime: now,
    lastTransitionTime: known?.status === finding.status ? (known.lastTransitionTime ?? now) : now,
  };
  return [...conditions.filter(({ type }) => type !== finding.type), made];
}
