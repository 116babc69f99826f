import { jsonEqual } from '../../../app/kubernetes/json.ts';
import { isConflict, isNotFound } from '../api-server/api-error.ts';
import { keyOf } from '../api-server/api-object.ts';
import type { Stored } from '../api-server/registry/lab-client.ts';
import type { LabNode } from '../api-server/resources/nodes.ts';
import { conditionOf, type PodStatus, type RunnablePod } from '../api-server/resources/workload-types.ts';
import { type Controller, type ControllerContext, splitKey, stopAll } from './controller.ts';
import { PodAddressAllocator, type PodAddresses } from './pod-addresses.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { podStatus, terminationSeconds } from './pod-status.ts';
import { unschedulable, unschedulableCondition } from './scheduling.ts';
import { WorkQueue } from './work-queue.ts';

export interface NodeAgentOptions {
  node: { name: string; addresses: string[] };
  podCIDRs: string[];
  podRuntime: PodRuntime;
}

type Pod = Stored<RunnablePod>;

/**
 * Scheduler and kubelet of the lab's one node in one: gives pods their node and addresses, has them
 * started, tells how they are, and ends them when they are deleted.
 */
export function startNodeAgent(context: ControllerContext, options: NodeAgentOptions): Controller {
  return new NodeAgent(context, options).start();
}

const firstRetrySeconds = 1;
const longestRetrySeconds = 300;

class NodeAgent {
  readonly #context: ControllerContext;
  readonly #options: NodeAgentOptions;
  readonly #addresses: PodAddressAllocator;
  readonly #queue: WorkQueue;
  /** Pods that the runtime has, or is getting, by uid. */
  readonly #started = new Map<string, Promise<boolean>>();
  /** How often a pod could not be started, and when (milliseconds) to try again. */
  readonly #failures = new Map<string, { count: number; retryAt: number }>();

  constructor(context: ControllerContext, options: NodeAgentOptions) {
    this.#context = { ...context, client: context.client.as('kubelet') };
    this.#options = options;
    this.#addresses = new PodAddressAllocator(options.podCIDRs);
    this.#queue = new WorkQueue({ name: 'node agent', sync: (key) => this.#sync(key), log: context.log });
  }

  start(): Controller {
    const { client } = this.#context;
    for (const pod of client.list<RunnablePod>('pods')) this.#restoreAddress(pod);
    const stopPods = client.watch<RunnablePod>('pods', ({ type, object }) => {
      if (type === 'DELETED') this.#endInBackground(object);
      else this.#queue.add(keyOf(object.metadata));
    });
    const stopNodes = client.watch<LabNode>('nodes', ({ object }) => {
      if (object.metadata.name !== this.#options.node.name) return;
      for (const pod of client.list<RunnablePod>('pods')) {
        if (!pod.spec.nodeName) this.#queue.add(keyOf(pod.metadata));
      }
    });
    return stopAll([stopPods, stopNodes, () => this.#queue.stop()]);
  }

  #restoreAddress(pod: Pod): void {
    const { podIP } = pod.status ?? {};
    if (podIP && this.#isOurs(pod)) this.#addresses.restore(pod.metadata.uid, podIP);
  }

  #isOurs(pod: RunnablePod): boolean {
    return pod.spec.nodeName === this.#options.node.name;
  }

  async #sync(key: string): Promise<void> {
    const pod = this.#context.client.get<RunnablePod>('pods', splitKey(key));
    if (!pod || isOver(pod)) return;
    if (!pod.spec.nodeName) return this.#schedule(pod);
    if (!this.#isOurs(pod)) return this.#collect(pod);
    if (pod.metadata.deletionTimestamp) return this.#terminate(pod);
    return this.#run(pod);
  }

  /** Puts a new pod on the node, or tells why it cannot go there. */
  #schedule(pod: Pod): void {
    if (pod.metadata.deletionTimestamp) return;
    const { client } = this.#context;
    const node = client.get<LabNode>('nodes', { name: this.#options.node.name });
    const message = unschedulable(pod, node);
    if (message !== undefined) {
      this.#tellUnschedulable(pod, message);
      return;
    }
    const placed = { ...pod, spec: { ...pod.spec, nodeName: this.#options.node.name } };
    const status = this.#statusOf(placed, 'starting', { ip: '', ip6: '' });
    client.as('kube-scheduler').update<RunnablePod>('pods', { ...placed, status }, 'binding');
  }

  #tellUnschedulable(pod: Pod, message: string): void {
    const conditions = pod.status?.conditions ?? [];
    const told = conditionOf(conditions, 'PodScheduled');
    const others = conditions.filter(({ type }) => type !== 'PodScheduled');
    this.#writeStatus(pod, {
      ...pod.status,
      conditions: [...others, unschedulableCondition(pod, message)],
    });
    if (told?.message === message) return;
    const events = this.#context.events.as('default-scheduler');
    events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  }

  /** A pod of a node that is not there: nobody else would ever finish its deletion. */
  #collect(pod: Pod): void {
    if (pod.metadata.deletionTimestamp) this.#remove(pod);
  }

  async #run(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    if (pod.spec.hostNetwork) {
      const failed = 'the lab runs no pods in the network of its node';
      this.#writeStatus(pod, this.#statusOf(pod, { failed }, { ip: '', ip6: '' }));
      return;
    }
    const addresses = this.#addresses.take(uid);
    if (!addresses) {
      const failed = `no address is left in ${this.#options.podCIDRs.join(', ')}`;
      this.#writeStatus(pod, this.#statusOf(pod, { failed }, { ip: '', ip6: '' }));
      return;
    }
    if (Date.now() < (this.#failures.get(uid)?.retryAt ?? 0)) return;
    const started = this.#started.get(uid) ?? this.#startPod(pod, addresses);
    // A pod of an earlier run keeps its status while it is brought up again.
    if (!(await started)) return;
    const latest = this.#context.client.get<RunnablePod>('pods', pod.metadata);
    if (latest?.metadata.uid !== uid || latest.metadata.deletionTimestamp) return;
    this.#writeStatus(latest, this.#statusOf(latest, 'running', addresses));
  }

  #startPod(pod: Pod, addresses: PodAddresses): Promise<boolean> {
    const { uid, name, namespace = '' } = pod.metadata;
    const containers = pod.spec.containers.map((container) => ({
      name: container.name,
      image: container.image ?? '',
      ports: (container.ports ?? []).map(({ containerPort, protocol = 'TCP', name: portName }) => ({
        containerPort,
        protocol,
        ...(portName && { name: portName }),
      })),
    }));
    const started = this.#options.podRuntime.start({ uid, namespace, name, ...addresses, containers }).then(
      () => {
        this.#failures.delete(uid);
        return true;
      },
      (error: unknown) => {
        this.#started.delete(uid);
        this.#reportFailure(pod, error);
        return false;
      },
    );
    this.#started.set(uid, started);
    return started;
  }

  /** Tells that a pod could not be started, and tries again later, each time after a longer while. */
  #reportFailure(pod: Pod, error: unknown): void {
    const { uid } = pod.metadata;
    const failed = error instanceof Error ? error.message : String(error);
    const count = (this.#failures.get(uid)?.count ?? 0) + 1;
    const wait = 1000 * Math.min(firstRetrySeconds * 2 ** (count - 1), longestRetrySeconds);
    this.#failures.set(uid, { count, retryAt: Date.now() + wait });
    this.#context.log(`pod ${keyOf(pod.metadata)} could not be started: ${failed}`);
    const latest = this.#context.client.get<RunnablePod>('pods', pod.metadata);
    if (latest?.metadata.uid !== uid) return;
    this.#writeStatus(latest, this.#statusOf(latest, { failed }, { ip: '', ip6: '' }));
    this.#context.events.as('kubelet').record(latest, { type: 'Warning', reason: 'Failed', message: failed });
    this.#queue.addAfter(keyOf(pod.metadata), wait);
  }

  /** Lets a deleted pod have the time it takes, then ends and removes it. */
  async #terminate(pod: Pod): Promise<void> {
    const { uid, deletionTimestamp = '', deletionGracePeriodSeconds = 0 } = pod.metadata;
    const begun = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
    const left = begun + terminationSeconds(pod) * 1000 - Date.now();
    if (left > 0 && this.#started.has(uid)) {
      this.#queue.addAfter(keyOf(pod.metadata), left);
      return;
    }
    await this.#end(pod);
    this.#remove(pod);
  }

  #remove(pod: Pod): void {
    const { uid } = pod.metadata;
    try {
      this.#context.client.delete('pods', pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      // Somebody else has removed it, and perhaps made another of the same name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  #endInBackground(pod: Pod): void {
    this.#end(pod).catch((error: unknown) => {
      this.#context.log(`pod ${keyOf(pod.metadata)} could not be ended: ${String(error)}`);
    });
  }

  async #end(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    const started = this.#started.get(uid);
    this.#failures.delete(uid);
    if (started) {
      await started;
      this.#started.delete(uid);
      await this.#options.podRuntime.stop(uid);
    }
    this.#addresses.release(uid);
  }

  #statusOf(
    pod: RunnablePod,
    running: Parameters<typeof podStatus>[1]['running'],
    addresses: PodAddresses,
  ): PodStatus {
    return podStatus(pod, { running, addresses, nodeAddresses: this.#options.node.addresses });
  }

  #writeStatus(pod: Pod, status: PodStatus): void {
    if (jsonEqual(pod.status, status)) return;
    this.#context.client.update<RunnablePod>('pods', { ...pod, status }, 'status');
  }
}

function isOver(pod: RunnablePod): boolean {
  const { phase } = pod.status ?? {};
  return (phase === 'Succeeded' || phase === 'Failed') && !pod.metadata?.deletionTimestamp;
}
