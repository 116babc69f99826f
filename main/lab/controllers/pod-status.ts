import { readyAnnotation, terminationAnnotation } from '../../../app/lab/pod-annotations.ts';
import { timestamp } from '../api-server/api-object.ts';
import {
  type Condition,
  type ContainerState,
  type ContainerStatus,
  conditionOf,
  isTrue,
  type PodStatus,
  type RunnablePod,
} from '../api-server/resources/workload-types.ts';
import type { PodAddresses } from './pod-addresses.ts';

type Running = 'starting' | 'running' | { failed: string };

/** What the node tells of a pod (the conditions and their order as a kubelet's). */
export function podStatus(
  pod: RunnablePod,
  {
    running,
    addresses,
    nodeAddresses,
  }: { running: Running; addresses: PodAddresses; nodeAddresses: readonly string[] },
): PodStatus {
  const old = pod.status ?? {};
  const up = running === 'running';
  const ready = up && wantsReady(pod);
  const containers = pod.spec.containers.map((container) =>
    containerStatus(pod, container, { running, ready, known: old.containerStatuses }),
  );
  const [hostIP = ''] = nodeAddresses;
  return {
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase: up ? 'Running' : 'Pending',
    conditions: podConditions(pod, { up, ready }),
    hostIP,
    hostIPs: nodeAddresses.map((ip) => ({ ip })),
    ...(up && { podIP: addresses.ip, podIPs: [{ ip: addresses.ip }, { ip: addresses.ip6 }] }),
    startTime: old.startTime ?? timestamp(),
    containerStatuses: containers,
    ...(old.qosClass && { qosClass: old.qosClass }),
  };
}

/** Whether nothing speaks against the pod being ready, but that it may not run yet. */
function wantsReady(pod: RunnablePod): boolean {
  return pod.metadata?.annotations?.[readyAnnotation] !== 'false';
}

/** Seconds that the pod goes on after its deletion, of those it is granted. */
export function terminationSeconds(pod: RunnablePod): number {
  const asked = Number(pod.metadata?.annotations?.[terminationAnnotation] ?? 0);
  const granted = pod.metadata?.deletionGracePeriodSeconds ?? 0;
  return Math.min(Number.isFinite(asked) && asked > 0 ? asked : 0, granted);
}

function podConditions(pod: RunnablePod, { up, ready }: { up: boolean; ready: boolean }): Condition[] {
  const names = pod.spec.containers.map((container) => container.name).join(' ');
  const unready = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
  const unmet = (pod.spec.readinessGates ?? []).find(
    (gate) => !isTrue(pod.status?.conditions, gate.conditionType),
  );
  const gateProblem = {
    reason: 'ReadinessGatesNotReady',
    message: `corresponding condition of pod readiness gate "${unmet?.conditionType}" does not exist.`,
  };
  const own = [
    condition(pod, 'PodReadyToStartContainers', up),
    condition(pod, 'Initialized', true),
    condition(pod, 'Ready', ready && !unmet, ready ? gateProblem : unready),
    condition(pod, 'ContainersReady', ready, unready),
    condition(pod, 'PodScheduled', true),
  ];
  const others = (pod.status?.conditions ?? []).filter(
    (known) => !own.some(({ type }) => type === known.type),
  );
  return [...own, ...others];
}

function condition(
  pod: RunnablePod,
  type: string,
  holds: boolean,
  problem: { reason: string; message: string } = { reason: '', message: '' },
): Condition {
  const known = conditionOf(pod.status?.conditions, type);
  const status = holds ? 'True' : 'False';
  return {
    type,
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    status,
    lastProbeTime: null,
    lastTransitionTime: known?.status === status ? (known.lastTransitionTime ?? timestamp()) : timestamp(),
    ...(!holds && problem.reason !== '' && problem),
  };
}

function containerStatus(
  pod: RunnablePod,
  { name, image = '' }: { name: string; image?: string },
  { running, ready, known }: { running: Running; ready: boolean; known: ContainerStatus[] | undefined },
): ContainerStatus {
  const earlier = known?.find((status) => status.name === name);
  const up = running === 'running';
  return {
    name,
    image,
    imageID: '',
    ...(up && { containerID: `kube-proxy-lab://${pod.metadata?.uid ?? ''}/${name}` }),
    ready,
    started: up,
    restartCount: earlier?.restartCount ?? 0,
    state: containerState(running, earlier),
    lastState: {},
  };
}

function containerState(running: Running, earlier: ContainerStatus | undefined): ContainerState {
  if (running === 'running')
    return { running: { startedAt: earlier?.state?.running?.startedAt ?? timestamp() } };
  if (running === 'starting') return { waiting: { reason: 'ContainerCreating' } };
  return { waiting: { reason: 'CreateContainerError', message: running.failed } };
}
