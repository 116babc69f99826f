import type { IntOrString } from '../../../../app/kubernetes/objects.ts';
import type { Deployment, ReplicaSet } from '../../api-server/resources/workload-types.ts';
import { desiredReplicas } from './revision.ts';

/** How many pods a rollout may have too many and too few (the real controller's `ResolveFenceposts`). */
export interface RolloutBounds {
  surge: number;
  unavailable: number;
}

export function rolloutBounds(deployment: Deployment): RolloutBounds {
  const replicas = replicasOf(deployment);
  const { type, rollingUpdate = {} } = deployment.spec?.strategy ?? {};
  if (type !== 'RollingUpdate' || replicas === 0) return { surge: 0, unavailable: 0 };
  const surge = resolve(rollingUpdate.maxSurge ?? 0, replicas, Math.ceil);
  const unavailable = resolve(rollingUpdate.maxUnavailable ?? 0, replicas, Math.floor);
  // Neither would be a rollout that cannot move.
  if (surge === 0 && unavailable === 0) return { surge, unavailable: 1 };
  return { surge, unavailable: Math.min(unavailable, replicas) };
}

function resolve(value: IntOrString, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseInt(value, 10) * total) / 100);
}

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec?.replicas ?? 1;
}

/** The pods wanted by all sets together. */
export function wanted(sets: ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

export function statusSum(
  sets: ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

/** How large the new set may be now. */
export function newSetReplicas(deployment: Deployment, sets: ReplicaSet[], current: number): number {
  const total = replicasOf(deployment);
  if (deployment.spec?.strategy?.type !== 'RollingUpdate') return total;
  const room = total + rolloutBounds(deployment).surge - wanted(sets);
  return room <= 0 ? current : current + Math.min(room, total - current);
}

/** Whether the set alone is all that the Deployment wants, and it is there. */
export function isSaturated(deployment: Deployment, set: ReplicaSet | undefined): boolean {
  if (!set) return false;
  const total = replicasOf(deployment);
  return (
    desiredReplicas(set) === total &&
    replicasOf(set) === total &&
    (set.status?.availableReplicas ?? 0) === total
  );
}

/**
 * The sizes of several sets of a rollout when the Deployment is scaled in its midst: each gets its share
 * of the change, the largest first, the rest goes to the first.
 */
export function proportionalSizes<T extends ReplicaSet>(deployment: Deployment, sets: T[]): Map<T, number> {
  const active = sets.filter((set) => replicasOf(set) > 0);
  const allowed = replicasOf(deployment) > 0 ? replicasOf(deployment) + rolloutBounds(deployment).surge : 0;
  const change = allowed - wanted(active);
  const ordered = [...active].sort(
    (left, right) => replicasOf(right) - replicasOf(left) || compareAge(left, right) * (change > 0 ? -1 : 1),
  );
  const sizes = new Map<T, number>();
  let spent = 0;
  for (const set of ordered) {
    const share = change === 0 ? 0 : shareOf(set, deployment, { change, spent });
    sizes.set(set, replicasOf(set) + share);
    spent += share;
  }
  const [first] = ordered;
  if (first) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + change - spent));
  return sizes;
}

function shareOf(
  set: ReplicaSet,
  deployment: Deployment,
  { change, spent }: { change: number; spent: number },
): number {
  const size = replicasOf(set);
  const before = Number(set.metadata?.annotations?.['deployment.kubernetes.io/max-replicas'] ?? 0);
  const after = replicasOf(deployment) + rolloutBounds(deployment).surge;
  const fraction = Math.round((size * after) / (before || replicasOf(deployment) || 1)) - size;
  const left = change - spent;
  return change > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** Oldest first. */
export function compareAge(left: ReplicaSet, right: ReplicaSet): number {
  const time =
    Date.parse(left.metadata?.creationTimestamp ?? '') - Date.parse(right.metadata?.creationTimestamp ?? '');
  return time || ((left.metadata?.name ?? '') < (right.metadata?.name ?? '') ? -1 : 1);
}
