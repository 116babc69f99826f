import type { PodRuntime, RuntimePod } from './pod-runtime.ts';

/** A runtime that keeps the pods it would run, and can be told to refuse one or to take its time. */
export class FakePodRuntime implements PodRuntime {
  readonly running = new Map<string, RuntimePod>();
  /** Every call, in order: `start default/web-1`, `stop default/web-1`. */
  readonly calls: string[] = [];
  /** The error that a pod's start ends with, by the pod's name. */
  readonly refusals = new Map<string, string>();
  #gate: Promise<void> = Promise.resolve();
  readonly #waiting = new Set<() => void>();

  /** Pods that are started from now on come up only when the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = Promise.resolve();
      resolve();
    };
  }

  /** Resolves when so many pods run. */
  async whenRunning(count: number): Promise<void> {
    while (this.running.size !== count) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async start(pod: RuntimePod): Promise<void> {
    this.calls.push(`start ${pod.namespace}/${pod.name}`);
    await this.#gate;
    const refusal = this.refusals.get(pod.name);
    if (refusal !== undefined) throw new Error(refusal);
    if (this.running.has(pod.uid)) throw new Error(`pod ${pod.uid} runs already`);
    this.running.set(pod.uid, pod);
    this.#tell();
  }

  async stop(uid: string): Promise<void> {
    const pod = this.running.get(uid);
    if (!pod) return;
    this.calls.push(`stop ${pod.namespace}/${pod.name}`);
    this.running.delete(uid);
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
