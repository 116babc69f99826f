import { conditionOf, isTrue, type RunnablePod } from '../api-server/resources/workload-types.ts';

/** Whether a pod still counts: it has not ended and is not being ended. */
export function isActive(pod: RunnablePod): boolean {
  return !hasEnded(pod) && pod.metadata?.deletionTimestamp === undefined;
}

export function hasEnded(pod: RunnablePod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isReady(pod: RunnablePod): boolean {
  return isTrue(pod.status?.conditions, 'Ready');
}

/** Milliseconds until a pod has been ready for long enough: 0 when it has, undefined when it is not ready. */
export function availableIn(
  pod: RunnablePod,
  minReadySeconds: number,
  now: number = Date.now(),
): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, readySince(pod) + minReadySeconds * 1000 - now);
}

/** When the pod became ready (milliseconds); infinity when it is not. */
function readySince(pod: RunnablePod): number {
  if (!isReady(pod)) return Number.POSITIVE_INFINITY;
  return Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '') || 0;
}

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * The order in which pods are given up: those that do least first (client-go's `ActivePods`), and of equal
 * ones the youngest.
 */
export function compareForDeletion(left: RunnablePod, right: RunnablePod): number {
  return (
    Number(Boolean(left.spec.nodeName)) - Number(Boolean(right.spec.nodeName)) ||
    phaseRank(left) - phaseRank(right) ||
    Number(isReady(left)) - Number(isReady(right)) ||
    deletionCost(left) - deletionCost(right) ||
    later(readySince(left), readySince(right)) ||
    later(createdAt(left), createdAt(right)) ||
    Number(right.metadata?.resourceVersion) - Number(left.metadata?.resourceVersion)
  );
}

function phaseRank(pod: RunnablePod): number {
  switch (pod.status?.phase) {
    case 'Running':
      return 2;
    case 'Unknown':
      return 1;
    default:
      return 0;
  }
}

function deletionCost(pod: RunnablePod): number {
  const cost = Number(pod.metadata?.annotations?.[costAnnotation] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function createdAt(pod: RunnablePod): number {
  return Date.parse(pod.metadata?.creationTimestamp ?? '') || 0;
}

function later(left: number, right: number): number {
  return left === right ? 0 : right - left;
}
