/** Requests from a pod that somebody else made, over the API's exec: each is a command in its container. */
import type { Pod } from '../../../app/kubernetes/objects.ts';
import {
  type PodProgram,
  podPrograms,
  presenceArgv,
  requestArgv,
  resultOf,
} from '../../../app/probe/pod-request.ts';
import { transportOf } from '../../cluster/api-transport.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { type ExecOutcome, execInPod, NoSuchProgramError } from '../../cluster/pod-exec.ts';
import type { ProbePlan } from '../../probe/plan.ts';
import { contractError } from '../refusals.ts';
import type { Sending } from './traffic-places.ts';

/** Each request is a connection to the API server, and a process in the pod: it is not to be flooded. */
const MOST_REQUESTS = 500;
const MOST_AT_A_TIME = 10;
const EXEC_TIMEOUT_MS = 15_000;

export class PodPlace {
  readonly #connection: ClusterConnection;
  readonly #namespace: string;
  readonly #name: string;
  readonly #container: string;

  /** @throws ORPCError NOT_FOUND, REFUSED */
  constructor(connection: ClusterConnection, place: string) {
    const [, namespace = 'default', name = ''] =
      /^pod\/(?:([a-z0-9-]+)\/)?([a-z0-9][a-z0-9.-]*)$/.exec(place) ?? [];
    // Looked up among the cluster's pods: what a window says becomes no path.
    const pod = connection.objects.get<Pod>('pods', { namespace, name });
    if (!pod) throw contractError('NOT_FOUND', `there is no pod ${namespace}/${name}`);
    const container = pod.spec?.containers?.[0]?.name;
    if (pod.status?.phase !== 'Running' || container === undefined) {
      throw contractError('REFUSED', `pod ${namespace}/${name} does not run`);
    }
    this.#connection = connection;
    this.#namespace = namespace;
    this.#name = name;
    this.#container = container;
  }

  /** @throws ORPCError UNSUPPORTED where its image has no program for it; ApiError where it is not allowed */
  async program(): Promise<PodProgram> {
    for (const program of podPrograms) {
      try {
        await this.#exec(presenceArgv[program], EXEC_TIMEOUT_MS);
        return program;
      } catch (error) {
        if (!(error instanceof NoSuchProgramError)) throw error;
      }
    }
    const tried = podPrograms.join(' nor ');
    throw contractError(
      'UNSUPPORTED',
      `container ${this.#container} of pod ${this.#name} has neither ${tried}`,
    );
  }

  /** @throws ORPCError REFUSED */
  assertModest({
    requests,
    concurrency,
    protocol,
  }: Pick<ProbePlan, 'requests' | 'concurrency' | 'protocol'>): void {
    if (protocol !== 'http')
      throw contractError('REFUSED', 'from a pod over the API requests are HTTP alone');
    if (requests > MOST_REQUESTS || concurrency > MOST_AT_A_TIME) {
      const most = `at most ${MOST_REQUESTS} requests, ${MOST_AT_A_TIME} at a time`;
      throw contractError('REFUSED', `from a pod over the API ${most}: each is a command in it`);
    }
  }

  async send(program: PodProgram, plan: ProbePlan, { signal, onResult }: Sending): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < plan.requests && !signal.aborted) {
        const index = next++;
        const startedAt = performance.now();
        try {
          const argv = requestArgv({ ...plan, program });
          const answer = await this.#exec(argv, plan.timeoutMs + EXEC_TIMEOUT_MS, signal);
          onResult(resultOf(index, answer, performance.now() - startedAt));
        } catch (error) {
          if (signal.aborted) return;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.requests) }, worker));
  }

  #exec(argv: readonly [string, ...string[]], timeoutMs: number, signal?: AbortSignal): Promise<ExecOutcome> {
    return execInPod(transportOf(this.#connection.kubeConfig), {
      namespace: this.#namespace,
      pod: this.#name,
      container: this.#container,
      argv,
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
  }
}
