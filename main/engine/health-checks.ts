import { type HealthCheckSource, healthChecks } from '../../app/proxy/health-checks.ts';
import type { NodeTarget } from '../targets/node-target.ts';

/**
 * Keeps what the node answers on health check node ports in step with what was written.
 *
 * As in kube-proxy, a proxy that has long failed to write what it should says that it is not healthy: load
 * balancers then leave the node alone.
 */
export class HealthChecks {
  readonly #target: NodeTarget;
  readonly #timeoutMs: number;
  #last: Parameters<NodeTarget['healthChecks']['serve']>[0] | undefined;
  #failingSince: number | undefined;

  /** @param timeoutMs how long writes may fail; kube-proxy gives itself two sync periods. */
  constructor(target: NodeTarget, timeoutMs: number) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** After a write. Resolves with what could not be opened, in words. */
  async written(source: HealthCheckSource): Promise<string[]> {
    this.#failingSince = undefined;
    this.#last = { ...healthChecks(source), serviceProxyHealthy: true };
    const failures = await this.#target.healthChecks.serve(this.#last);
    return failures.map(({ service, message }) => `${service}: ${message}`);
  }

  /** After a write that failed. `now` in milliseconds of any clock. */
  async failed(now: number): Promise<void> {
    this.#failingSince ??= now;
    if (now - this.#failingSince < this.#timeoutMs || !this.#last?.serviceProxyHealthy) return;
    this.#last = { ...this.#last, serviceProxyHealthy: false };
    await this.#target.healthChecks.serve(this.#last);
  }
}
