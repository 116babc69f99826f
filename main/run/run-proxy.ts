/**
 * The engine as a node's kube-proxy: watches a cluster, writes one node, says how it fares. Its rules stay when
 * it ends, as kube-proxy's do, so that traffic goes on until the next one takes over.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { Engine } from '../engine/engine.ts';
import type { OpenTarget } from '../targets/open-target.ts';
import { NodeEvents } from './node-events.ts';
import { ProxyHealth } from './proxy-health.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { type StatusServer, startHealthServer, startMetricsServer } from './status-server.ts';

export interface RunProxyOptions {
  kubeConfig: KubeConfig;
  nodeName: string;
  target: OpenTarget;
  configuration: ProxyConfiguration;
  mode: ProxyMode;
  dialect: Dialect;
  version: string;
  /** One line for people about something that happened. */
  log: (line: string) => void;
}

export interface RunningProxy {
  readonly engine: Engine;
  /** Where `/healthz` and `/metrics` are; null where the configuration switches one off. */
  readonly healthz: string | null;
  readonly metrics: string | null;
  close(): Promise<void>;
}

/** Resolves once the first rules are written. @throws ListenError, MissingToolError */
export async function runProxy(options: RunProxyOptions): Promise<RunningProxy> {
  const { configuration, kubeConfig, log, mode, nodeName, target, version } = options;
  const { syncPeriodMs, minSyncPeriodMs } =
    mode === 'nftables' ? configuration.nftables : configuration.iptables;
  const health = new ProxyHealth({ timeoutMs: 2 * syncPeriodMs, now: () => Date.now() });
  const events = new NodeEvents({ kubeConfig, nodeName, log });
  const engine: Engine = new Engine({
    kubeConfig,
    nodeName,
    target,
    configuration,
    mode,
    dialect: options.dialect,
    minSyncIntervalMs: minSyncPeriodMs,
    log,
    observer: {
      queued: () => {
        health.queued();
        metrics.queued();
      },
      synced: ({ error, ...sync }) => {
        metrics.observe({ ...sync, failed: error !== undefined });
        if (!error) return health.updated();
        const note = `writing the rules failed: ${error.message}`;
        void events.record({ type: 'Warning', reason: 'SyncFailed', action: 'SyncProxyRules', note });
      },
      nodeChanged: (node) => health.nodeChanged(node),
    },
  });
  const metrics = new ProxyMetrics({
    version,
    changes: () => {
      const { services, endpoints, pendingServices, pendingEndpoints } = engine.changes;
      return {
        servicesTotal: services,
        endpointsTotal: endpoints,
        servicesPending: pendingServices,
        endpointsPending: pendingEndpoints,
      };
    },
  });
  const servers: StatusServer[] = [];
  const close = async (): Promise<void> => {
    await engine.stop();
    for (const server of servers.splice(0)) await server.close();
  };
  try {
    // Health first: a load balancer that asks while the cluster is listed gets an answer.
    const healthz = await begin(servers, configuration.healthzBindAddress, (address) =>
      startHealthServer(address, { health, metrics }),
    );
    const metricsAddress = await begin(servers, configuration.metricsBindAddress, (address) =>
      startMetricsServer(address, {
        health,
        metrics,
        mode: () => engine.mode,
        configuration: () => configuration,
      }),
    );
    await engine.start();
    void events.record({ type: 'Normal', reason: 'Starting', action: 'StartKubeProxy', note: '' });
    return { engine, healthz, metrics: metricsAddress, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An empty address switches a server off, as in kube-proxy. */
async function begin(
  servers: StatusServer[],
  address: string,
  start: (address: string) => Promise<StatusServer>,
): Promise<string | null> {
  if (address === '') return null;
  const server = await start(address);
  servers.push(server);
  return server.address;
}
