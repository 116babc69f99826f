import type { StoredObject } from '../api-object.ts';
import type { Cell } from '../resources/resource.ts';
import {
  type ContainerState,
  type ContainerStatus,
  isTrue,
  type RunnablePod,
} from '../resources/workload-types.ts';
import { ageOf } from './human-duration.ts';

/** The cells of a pod's row: what kubectl shows of it (the real server's `printPod`). */
export function podCells(object: StoredObject, { metadata, spec, status = {} }: RunnablePod): Cell[] {
  const summary = summarize({ status, deleted: metadata?.deletionTimestamp !== undefined });
  const gates = spec.readinessGates ?? [];
  const met = gates.filter((gate) => isTrue(status.conditions, gate.conditionType)).length;
  return [
    object.metadata.name,
    `${summary.ready}/${spec.containers.length}`,
    summary.reason,
    summary.restarts,
    ageOf(object.metadata.creationTimestamp),
    status.podIPs?.[0]?.ip || '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    gates.length === 0 ? '<none>' : `${met}/${gates.length}`,
  ];
}

/** Marks the rows of pods that have ended, which clients may leave out. */
export function podRowConditions({ status }: RunnablePod): ReturnType<typeof completed> {
  switch (status?.phase) {
    case 'Succeeded':
      return completed('Succeeded', 'The pod has completed successfully.');
    case 'Failed':
      return completed('Failed', 'The pod failed.');
    default:
      return [];
  }
}

function completed(
  reason: string,
  message: string,
): { type: string; status: string; reason: string; message: string }[] {
  return [{ type: 'Completed', status: 'True', reason, message }];
}

interface Summary {
  ready: number;
  reason: string;
  restarts: string;
}

function summarize({
  status,
  deleted,
}: {
  status: NonNullable<RunnablePod['status']>;
  deleted: boolean;
}): Summary {
  const summary = { ready: 0, reason: status.reason || status.phase || '' };
  if (status.conditions?.some((condition) => condition.reason === 'SchedulingGated')) {
    summary.reason = 'SchedulingGated';
  }
  const statuses = status.containerStatuses ?? [];
  const initReason = initializingReason(status.initContainerStatuses ?? []);
  if (initReason) summary.reason = initReason;
  if (!initReason || isTrue(status.conditions, 'Initialized')) {
    let running = false;
    for (const container of [...statuses].reverse()) {
      const reason = stateReason(container.state);
      if (reason) summary.reason = reason;
      else if (container.ready && container.state?.running) {
        running = true;
        summary.ready += 1;
      }
    }
    if (summary.reason === 'Completed' && running) {
      summary.reason = isTrue(status.conditions, 'Ready') ? 'Running' : 'NotReady';
    }
  }
  if (deleted) summary.reason = status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return { ...summary, restarts: restartsOf(initReason ? (status.initContainerStatuses ?? []) : statuses) };
}

function stateReason(state: ContainerState | undefined): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  if (!state?.terminated) return undefined;
  const { reason, signal, exitCode } = state.terminated;
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

/** What holds up the first init container that has not ended well; undefined when all have. */
function initializingReason(containers: ContainerStatus[]): string | undefined {
  for (const [index, { state }] of containers.entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (state?.terminated) return `Init:${stateReason(state)}`;
    const waiting = state?.waiting?.reason;
    return waiting && waiting !== 'PodInitializing'
      ? `Init:${waiting}`
      : `Init:${index}/${containers.length}`;
  }
  return undefined;
}

function restartsOf(containers: ContainerStatus[]): string {
  const count = containers.reduce((sum, container) => sum + container.restartCount, 0);
  const times = containers.map((container) => container.lastState?.terminated?.finishedAt ?? '').sort();
  const last = times.at(-1);
  return count > 0 && last ? `${count} (${ageOf(last)} ago)` : String(count);
}
