/**
 * What a kube-proxy tells Prometheus of itself, under kube-proxy's own names (pkg/proxy/metrics/metrics.go), so
 * that dashboards and alerts made for it work.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, linearBuckets, Registry } from 'prom-client';
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { IptablesRuleset, Ruleset } from '../../app/ruleset/model.ts';

/** One sync, as the engine reports it. */
export interface ObservedSync {
  readonly durationMs: number;
  /** Trusted nothing remembered of the node. */
  readonly full: boolean;
  readonly failed: boolean;
  /** Lines handed to the kernel's tools. */
  readonly lines: number;
  readonly rulesets: readonly Ruleset[];
  /** Seconds from each change of a pod to its rules, of the endpoints that this sync brought. */
  readonly programmingSeconds: readonly number[];
}

export interface ObservedChanges {
  readonly servicesTotal: number;
  readonly servicesPending: number;
  readonly endpointsTotal: number;
  readonly endpointsPending: number;
}

const SYNC_BUCKETS = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power);
const PROGRAMMING_BUCKETS = [
  ...linearBuckets(0.25, 0.25, 2),
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];
const FAMILY_LABEL = ['ip_family'] as const;

export interface ProxyMetricsOptions {
  version: string;
  /** Read when Prometheus asks. */
  changes: () => ObservedChanges;
}

export class ProxyMetrics {
  readonly registry = new Registry();
  readonly #sync = this.#durations('sync_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds');
  readonly #full = this.#durations(
    'sync_full_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for full resyncs',
  );
  readonly #partial = this.#durations(
    'sync_partial_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for partial resyncs',
  );
  readonly #programming = new Histogram({
    name: 'kubeproxy_network_programming_duration_seconds',
    help: 'In Cluster Network Programming Latency in seconds',
    labelNames: FAMILY_LABEL,
    buckets: PROGRAMMING_BUCKETS,
    registers: [this.registry],
  });
  readonly #last = this.#gauge(
    'sync_proxy_rules_last_timestamp_seconds',
    'The last time proxy rules were successfully synced',
  );
  readonly #queued = this.#gauge(
    'sync_proxy_rules_last_queued_timestamp_seconds',
    'The last time a sync of proxy rules was queued',
  );
  readonly #iptablesTotal = new Gauge({
    name: 'kubeproxy_sync_proxy_rules_iptables_total',
    help: 'Total number of iptables rules owned by kube-proxy',
    labelNames: ['ip_family', 'table'] as const,
    registers: [this.registry],
  });
  readonly #iptablesLast = new Gauge({
    name: 'kubeproxy_sync_proxy_rules_iptables_last',
    help: 'Number of lines handed to iptables in the last sync, both families',
    registers: [this.registry],
  });
  readonly #restoreFailures = this.#counter(
    'sync_proxy_rules_iptables_restore_failures_total',
    'Cumulative proxy iptables restore failures',
  );
  readonly #nftablesFailures = this.#counter(
    'sync_proxy_rules_nftables_sync_failures_total',
    'Cumulative proxy nftables sync failures',
  );
  readonly #answers = {
    healthz: this.#answerCounter('proxy_healthz_total', 'Cumulative proxy healthz HTTP status'),
    livez: this.#answerCounter('proxy_livez_total', 'Cumulative proxy livez HTTP status'),
  };

  constructor(options: ProxyMetricsOptions) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'kubernetes_build_info',
      help: 'The version of this proxy',
      labelNames: ['git_version', 'platform'] as const,
      registers: [this.registry],
    }).set({ git_version: options.version, platform: `${process.platform}/${process.arch}` }, 1);
    const asked: [name: string, help: string, of: keyof ObservedChanges][] = [
      ['endpoint_changes_pending', 'Pending proxy rules Endpoint changes', 'endpointsPending'],
      ['endpoint_changes_total', 'Cumulative proxy rules Endpoint changes', 'endpointsTotal'],
      ['service_changes_pending', 'Pending proxy rules Service changes', 'servicesPending'],
      ['service_changes_total', 'Cumulative proxy rules Service changes', 'servicesTotal'],
    ];
    for (const [name, help, of] of asked) {
      new Gauge({
        name: `kubeproxy_sync_proxy_rules_${name}`,
        help,
        registers: [this.registry],
        collect() {
          this.set(options.changes()[of]);
        },
      });
    }
  }

  /** A sync has been asked for. */
  queued(): void {
    this.#queued.setToCurrentTime();
  }

  /** Both families are written by one sync: each is given its time. */
  observe(sync: ObservedSync): void {
    const seconds = sync.durationMs / 1000;
    const families = new Set<IPFamily>(sync.rulesets.map(({ family }) => family));
    for (const family of families) {
      this.#sync.observe({ ip_family: family }, seconds);
      (sync.full ? this.#full : this.#partial).observe({ ip_family: family }, seconds);
      for (const latency of sync.programmingSeconds)
        this.#programming.observe({ ip_family: family }, latency);
    }
    if (sync.failed) {
      const kind = sync.rulesets[0]?.kind;
      (kind === 'nftables' ? this.#nftablesFailures : this.#restoreFailures).inc();
      return;
    }
    this.#last.setToCurrentTime();
    this.#iptablesTotal.reset();
    const iptables = sync.rulesets.filter(
      (ruleset): ruleset is IptablesRuleset => ruleset.kind === 'iptables',
    );
    for (const { family, tables } of iptables) {
      for (const { name, chains } of tables) {
        const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0);
        this.#iptablesTotal.set({ ip_family: family, table: name }, rules);
      }
    }
    if (iptables.length > 0) this.#iptablesLast.set(sync.lines);
  }

  answered(path: 'healthz' | 'livez', code: number): void {
    this.#answers[path].inc({ code: String(code) });
  }

  #durations(name: string, help: string): Histogram<'ip_family'> {
    return new Histogram({
      name: `kubeproxy_${name}`,
      help,
      labelNames: FAMILY_LABEL,
      buckets: SYNC_BUCKETS,
      registers: [this.registry],
    });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `kubeproxy_${name}`, help, registers: [this.registry] });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name: `kubeproxy_${name}`, help, registers: [this.registry] });
  }

  #answerCounter(name: string, help: string): Counter<'code'> {
    return new Counter({
      name: `kubeproxy_${name}`,
      help,
      labelNames: ['code'] as const,
      registers: [this.registry],
    });
  }
}
