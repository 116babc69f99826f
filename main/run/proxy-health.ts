/**
 * Whether the proxy is healthy, as kube-proxy's own server says it (pkg/proxy/healthcheck/proxy_health.go): it is
 * while no change has waited longer than the timeout for its sync. `/healthz` also says no on a node that is
 * about to go, so that load balancers stop sending new connections there; `/livez` does not.
 */
import type { Node } from '../../app/kubernetes/objects.ts';

/** The taint that the cluster autoscaler puts on a node that it is about to take away. */
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

export interface HealthAnswer {
  readonly healthy: boolean;
  /** kube-proxy's JSON, times in RFC 3339. */
  readonly body: { lastUpdated: string; currentTime: string; nodeEligible?: boolean };
}

export interface ProxyHealthOptions {
  /** A change may wait so long, in milliseconds: kube-proxy gives it twice the sync period. */
  timeoutMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export class ProxyHealth {
  readonly #options: ProxyHealthOptions;
  #oldestPending: number | undefined;
  #lastUpdated: number | undefined;
  #nodeEligible = true;

  constructor(options: ProxyHealthOptions) {
    this.#options = options;
  }

  /** A sync has been asked for. */
  queued(): void {
    this.#oldestPending ??= this.#options.now();
  }

  /** A sync has been written. */
  updated(): void {
    this.#oldestPending = undefined;
    this.#lastUpdated = this.#options.now();
  }

  nodeChanged(node: Node | undefined): void {
    const taints = node?.spec?.taints ?? [];
    const leaving =
      node?.metadata?.deletionTimestamp !== undefined ||
      taints.some(({ key }) => key === TO_BE_DELETED_TAINT);
    this.#nodeEligible = !leaving;
  }

  healthz(): HealthAnswer {
    const { healthy, body } = this.livez();
    return {
      healthy: healthy && this.#nodeEligible,
      body: { ...body, nodeEligible: this.#nodeEligible },
    };
  }

  livez(): HealthAnswer {
    const now = this.#options.now();
    // Without anything written there is nothing old: a proxy that starts is given its time.
    const healthy = this.#oldestPending === undefined || now - this.#oldestPending < this.#options.timeoutMs;
    const lastUpdated = healthy && this.#oldestPending === undefined ? now : (this.#lastUpdated ?? now);
    return {
      healthy,
      body: { lastUpdated: new Date(lastUpdated).toISOString(), currentTime: new Date(now).toISOString() },
    };
  }
}
