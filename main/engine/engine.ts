/**
 * The kube-proxy of a node: watches a cluster, keeps what should be, writes what changed.
 *
 *     informers → change trackers (what changed since the last write) → sync runner → rulesets → node
 *
 * One state per IP family, as kube-proxy's two proxiers; written together, so that a Service of both
 * families changes in both at once.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { EndpointSlice, IPFamily, Node, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { SyncRunner } from '../../app/proxy/sync-runner.ts';
import { TriggerTimes } from '../../app/proxy/trigger-times.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { ClusterWatch, type ConnectionState } from './cluster-watch.ts';
import type { EngineObserver } from './engine-observer.ts';
import { FamilyState } from './family-state.ts';
import { MissingToolError } from './missing-tool-error.ts';
import { ModeSwitch } from './mode-switch.ts';
import { NodeWriter } from './node-writer.ts';
import { RulesetWatch } from './ruleset-watch.ts';
import { SyncLog } from './sync-log.ts';
import { systemClock } from './system-clock.ts';

export interface EngineOptions {
  kubeConfig: KubeConfig;
  nodeName: string;
  target: NodeTarget;
  configuration: ProxyConfiguration;
  mode: ProxyMode;
  dialect: Dialect;
  /** Shortest time between two writes, in milliseconds. */
  minSyncIntervalMs: number;
  /** One line for people, without a newline. */
  log: (line: string) => void;
  observer?: EngineObserver;
}

const RETRY_INTERVAL_MS = 1_000;
const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

export class Engine {
  readonly #options: EngineOptions;
  readonly #states: FamilyState[];
  readonly #watch: ClusterWatch;
  readonly #runner: SyncRunner;
  readonly #rulesetWatch: RulesetWatch;
  readonly syncLog = new SyncLog();
  readonly #triggerTimes = new TriggerTimes(Date.now());
  readonly #changes = { services: 0, endpoints: 0 };
  #node: Node | undefined;
  #serviceCIDRs: ServiceCIDR[] = [];
  #connection: ConnectionState = { connected: false, reason: 'not asked yet' };
  #capabilities: NodeCapabilities | undefined;
  #switch: ModeSwitch | undefined;
  #mode: ProxyMode;
  #dialect: Dialect;
  #listed = false;
  readonly #listeners = new Set<() => void>();
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#mode = options.mode;
    this.#dialect = options.dialect;
    this.#states = FAMILIES.map((family) => new FamilyState(family, options.nodeName));
    this.#runner = new SyncRunner({
      sync: (full) => this.#sync(full),
      minIntervalMs: options.minSyncIntervalMs,
      maxIntervalMs: options.configuration.iptables.syncPeriodMs,
      retryIntervalMs: RETRY_INTERVAL_MS,
      clock: systemClock,
    });
    this.#rulesetWatch = new RulesetWatch({
      target: options.target,
      // Whatever was done is put right at once; without events, a full sync every sync period does it.
      onChange: (program) => {
        if (!this.#listed) return;
        if (program)
          options.log(`${program} changed kube-proxy's rules on ${options.target.name}; they are read again`);
        this.#runner.request(true);
      },
    });
    this.#watch = new ClusterWatch({
      kubeConfig: options.kubeConfig,
      nodeName: options.nodeName,
      listener: {
        service: (previous, current) => this.#serviceChanged(previous, current),
        endpointSlice: (previous, current) => this.#sliceChanged(previous, current),
        node: (current) => this.#nodeChanged(current),
        serviceCIDRs: (current) => this.#serviceCIDRsChanged(current),
        connection: (state) => this.#connectionChanged(state),
      },
    });
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get capabilities(): NodeCapabilities | undefined {
    return this.#capabilities;
  }

  /** The rules as last written, one ruleset a family; none before the first write. */
  get rulesets(): readonly Ruleset[] {
    return this.#switch?.written ?? [];
  }

  /** The cluster's API: answers, or not, and why. */
  get connection(): ConnectionState {
    return this.#connection;
  }

  /** Changes taken in since the start, and those that wait to be written, in Services and slices. */
  get changes(): { services: number; endpoints: number; pendingServices: number; pendingEndpoints: number } {
    const waiting = (count: (state: FamilyState) => number): number => Math.max(...this.#states.map(count));
    return {
      ...this.#changes,
      pendingServices: waiting(({ services }) => services.pendingCount),
      pendingEndpoints: waiting(({ endpoints }) => endpoints.pendingCount),
    };
  }

  /** Calls back when the mode or the connection has become another; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Writes all rules anew, trusting nothing remembered of the node. */
  async resync(): Promise<void> {
    await this.#runner.requestAndWait(true);
  }

  /**
   * Probes the node, lists the cluster, writes the first rules. Nothing is written before Services and
   * EndpointSlices have both been listed: a Service without its endpoints would be refused for a moment.
   */
  async start(): Promise<void> {
    const { target } = this.#options;
    this.#capabilities = await target.verbs.capabilities({});
    const { iptables, ip6tables, nft, nfacct } = this.#capabilities;
    if (!iptables.available) throw new MissingToolError(target.name, 'iptables', iptables.reason);
    this.#switch = new ModeSwitch({
      target,
      writer: new NodeWriter(target, {
        iptables: iptables.available,
        ip6tables: ip6tables.available,
        nft: nft.available,
      }),
      capabilities: { nfacct: nfacct.available },
      conntrack: this.#capabilities.conntrack.available,
      configuration: this.#options.configuration,
      log: this.#options.log,
    });
    await this.#rulesetWatch.start();
    await this.#watch.start();
    this.#listed = true;
    await this.#runner.requestAndWait(true);
  }

  /** Changes the mode while traffic flows; resolves when the node has the new mode's rules. */
  async setMode(mode: ProxyMode, dialect: Dialect): Promise<void> {
    const before = { mode: this.#mode, dialect: this.#dialect };
    this.#mode = mode;
    this.#dialect = dialect;
    this.#announce();
    try {
      await this.#runner.requestAndWait();
    } catch (error) {
      // The retry would try the refused mode for ever; the one before it worked.
      this.#mode = before.mode;
      this.#dialect = before.dialect;
      this.#announce();
      this.#runner.request(true);
      throw error;
    }
  }

  /** Resolves when every change seen so far is on the node. */
  async settled(): Promise<void> {
    await this.#runner.requestAndWait();
  }

  /** Stops watching and writing; the node's rules stay as they are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#rulesetWatch.stop();
    await this.#watch.stop();
    await this.#runner.stop();
  }

  #serviceChanged(previous: Service | undefined, current: Service | undefined): void {
    for (const state of this.#states) state.services.update(previous, current);
    this.#changes.services += 1;
    this.#requestIfPending();
  }

  #sliceChanged(previous: EndpointSlice | undefined, current: EndpointSlice | undefined): void {
    const slice = current ?? previous;
    if (!slice) return;
    for (const state of this.#states) state.endpoints.update(slice, current === undefined);
    this.#changes.endpoints += 1;
    if (current) this.#triggerTimes.note(current);
    this.#requestIfPending();
  }

  #requestIfPending(): void {
    if (!this.#listed || !this.#states.some((state) => state.pending)) return;
    this.#options.observer?.queued();
    this.#runner.request();
  }

  #nodeChanged(current: Node | undefined): void {
    const relevant = (node: Node | undefined): string =>
      JSON.stringify([node?.metadata?.labels, node?.spec?.podCIDRs, node?.status?.addresses]);
    const changed = relevant(current) !== relevant(this.#node);
    this.#node = current;
    this.#options.observer?.nodeChanged(current);
    if (changed && this.#listed) this.#runner.request();
  }

  #serviceCIDRsChanged(current: ServiceCIDR[]): void {
    this.#serviceCIDRs = current;
    if (this.#listed) this.#runner.request();
  }

  #connectionChanged(state: ConnectionState): void {
    // Our own end ends the watches.
    if (this.#stopped) return;
    if (state.connected !== this.#connection.connected && !state.connected && this.#listed) {
      this.#options.log(
        `the cluster's API does not answer (${state.reason}); its last known state stays in force`,
      );
    }
    this.#connection = state;
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  async #sync(full: boolean): Promise<void> {
    if (!this.#switch) throw new Error('the engine has not started');
    const entry = this.syncLog.begin({ mode: this.#mode, dialect: this.#dialect, full });
    const startedAt = performance.now();
    try {
      const outcome = await this.#switch.write({
        mode: this.#mode,
        dialect: this.#dialect,
        states: this.#states,
        node: this.#node,
        nodeName: this.#options.nodeName,
        serviceCIDRs: this.#serviceCIDRs,
        full,
      });
      entry.succeeded(outcome);
      this.#observe({ startedAt, full, lines: outcome.lines });
    } catch (error) {
      entry.failed(error);
      this.#observe({ startedAt, full, lines: 0, error });
      this.#options.log(
        `writing the rules failed: ${error instanceof Error ? error.message : String(error)}`,
      );
      throw error;
    }
  }

  #observe(sync: { startedAt: number; full: boolean; lines: number; error?: unknown }): void {
    const { startedAt, error, ...rest } = sync;
    const failed =
      error === undefined ? {} : { error: error instanceof Error ? error : new Error(String(error)) };
    this.#options.observer?.synced({
      ...rest,
      ...failed,
      durationMs: performance.now() - startedAt,
      rulesets: this.rulesets,
      programmingSeconds: error === undefined ? this.#triggerTimes.take(Date.now()) : [],
    });
  }
}
