import { timestamp } from '../api-server/api-object.ts';
import type { LabNode } from '../api-server/resources/nodes.ts';
import {
  type Condition,
  conditionOf,
  type PodSpec,
  type RunnablePod,
} from '../api-server/resources/workload-types.ts';

/** Why the pod cannot go to the lab's one node, in the scheduler's words; undefined when it can. */
export function unschedulable(pod: RunnablePod, node: LabNode | undefined): string | undefined {
  const reason = node
    ? obstacle(pod.spec, node)
    : 'node(s) had untolerated taint {node.kubernetes.io/unreachable: }';
  if (reason === undefined) return undefined;
  const preemption = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  return `0/1 nodes are available: 1 ${reason}. ${preemption}`;
}

function obstacle(spec: PodSpec, node: LabNode): string | undefined {
  if (
    node.spec?.unschedulable &&
    !tolerates(spec, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  ) {
    return 'node(s) were unschedulable';
  }
  const taint = (node.spec?.taints ?? []).find(
    (item) => item.effect !== 'PreferNoSchedule' && !tolerates(spec, item),
  );
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  const labels = node.metadata?.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  return selected ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

function tolerates(spec: PodSpec, taint: { key: string; value?: string; effect: string }): boolean {
  return (spec.tolerations ?? []).some(
    (toleration) =>
      (!toleration.effect || toleration.effect === taint.effect) &&
      (toleration.key ? toleration.key === taint.key : toleration.operator === 'Exists') &&
      (toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')),
  );
}

/** The condition that tells why a pod waits for a node. */
export function unschedulableCondition(pod: RunnablePod, message: string): Condition {
  const known = conditionOf(pod.status?.conditions, 'PodScheduled');
  return {
    type: 'PodScheduled',
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: known?.status === 'False' ? (known.lastTransitionTime ?? timestamp()) : timestamp(),
  };
}
