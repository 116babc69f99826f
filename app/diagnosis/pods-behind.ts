/** The pods that a Service selects, and what can be said of them. */
import type { Pod, Service } from '../kubernetes/objects.ts';

/**
 * `ended`: has succeeded or failed, and counts for nothing; `terminating`: is being deleted; `pending`: has no
 * address yet; `notReady`: runs, and its readiness probe says no.
 */
export type PodState = 'ready' | 'notReady' | 'pending' | 'terminating' | 'ended';

export function podState({ metadata, status }: Pod): PodState {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'ended';
  if (metadata?.deletionTimestamp !== undefined) return 'terminating';
  const isReady = (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
  if (isReady) return 'ready';
  return status?.podIP ? 'notReady' : 'pending';
}

/** A Service without a selector, or with an empty one, selects nothing. */
export function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}

/** `app=web,tier=front`, as `kubectl get -l` takes it. */
export function selectorText({ spec }: Service): string {
  return Object.entries(spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
