import type { Service } from '../../../../app/kubernetes/objects.ts';
import { conditionOf, type RunnablePod } from '../../api-server/resources/workload-types.ts';

export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  service: string;
  pods: Map<string, string>;
}

/**
 * When the change happened that a new state of endpoints answers to: the earliest of the changes since the
 * state before. kube-proxy measures from there how long a change takes to reach its rules.
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** Undefined where neither the Service nor one of its pods has changed since it was asked last. */
  next(key: string, service: Service, pods: RunnablePod[]): string | undefined {
    const known = this.#known.get(key);
    const created = service.metadata?.creationTimestamp ?? '';
    const seen: Known = { service: created, pods: new Map() };
    const changes: string[] = known?.service === created ? [] : [created];
    for (const pod of pods) {
      const time = conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime;
      const uid = pod.metadata?.uid ?? '';
      if (!time) continue;
      seen.pods.set(uid, time);
      if (time > (known?.pods.get(uid) ?? '') && known) changes.push(time);
    }
    this.#known.set(key, seen);
    return changes.filter((time) => time !== '').sort()[0];
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
