/**
 * The kube-proxy of a node: watches a cluster, keeps what should be, writes what changed.
 *
 *     informers → change trackers (what changed since the last write) → sync runner → rulesets → node
 *
 * One state per IP family, as kube-proxy's two proxiers; written together, so that a Service of both
 * families changes in both at once.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { Capabilities, Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import type { ProxyNode } from '../../app/proxy/node.ts';
import { SyncRunner } from '../../app/proxy/sync-runner.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { ClusterHistory } from './cluster-history.ts';
import { type ChangeCounts, ClusterState } from './cluster-state.ts';
import { ClusterWatch, type ConnectionState } from './cluster-watch.ts';
import type { EngineObserver } from './engine-observer.ts';
import { type ModeSwitch, openModeSwitch } from './mode-switch.ts';
import { RulesetWatch } from './ruleset-watch.ts';
import { SyncLog } from './sync-log.ts';
import { systemClock } from './system-clock.ts';

/** `observe`: knows what should be on the node, and never writes. `take-over`: is the node's kube-proxy. */
export type EngineWay = 'observe' | 'take-over';

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
  /** `take-over` without it. */
  way?: EngineWay;
}

const RETRY_INTERVAL_MS = 1_000;
/**
 * Where a node does not tell of others' changes its rules are read so often, whatever the sync period. Settings of the
 * kernel, which no node tells of, are put right then and with the full sync of every sync period.
 */
const POLL_MS = 10_000;

export class Engine {
  readonly #options: EngineOptions;
  readonly #cluster: ClusterState;
  readonly #watch: ClusterWatch;
  readonly #runner: SyncRunner;
  readonly #rulesetWatch: RulesetWatch;
  readonly syncLog = new SyncLog();
  #connection: ConnectionState = { connected: false, reason: 'not asked yet' };
  #capabilities: NodeCapabilities | undefined;
  #switch: ModeSwitch | undefined;
  #mode: ProxyMode;
  #dialect: Dialect;
  #way: EngineWay;
  /** What was last asked for, of a node that is observed. */
  #observed: readonly Ruleset[] = [];
  readonly #wantedListeners = new Set<() => void>();
  readonly #nodeListeners = new Set<(program: string | undefined) => void>();
  #listed = false;
  readonly #listeners = new Set<() => void>();
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#way = options.way ?? 'take-over';
    this.#mode = options.mode;
    this.#dialect = options.dialect;
    const { configuration, nodeName } = options;
    this.#cluster = new ClusterState({ configuration, nodeName }, () => this.#requestAfterChange());
    this.#runner = new SyncRunner({
      sync: (full) => this.#sync(full),
      minIntervalMs: options.minSyncIntervalMs,
      maxIntervalMs: () => this.#longestPause,
      retryIntervalMs: RETRY_INTERVAL_MS,
      clock: systemClock,
    });
    this.#rulesetWatch = new RulesetWatch({
      target: options.target,
      onChange: (program) => this.#nodeChangedByHand(program),
      onState: () => this.#runner.reschedule(),
    });
    this.#watch = new ClusterWatch({
      kubeConfig: options.kubeConfig,
      nodeName: options.nodeName,
      listener: {
        service: (previous, current) => this.#cluster.serviceChanged(previous, current),
        endpointSlice: (previous, current) => this.#cluster.sliceChanged(previous, current),
        node: (current) => {
          options.observer?.nodeChanged(current);
          this.#cluster.nodeChanged(current);
        },
        serviceCIDRs: (current) => this.#cluster.serviceCIDRsChanged(current),
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
    return this.#way === 'observe' ? this.#observed : (this.#switch?.written ?? []);
  }

  /** The cluster's API: answers, or not, and why. */
  get connection(): ConnectionState {
    return this.#connection;
  }

  /** Changes taken in since the start, and those that wait to be written, in Services and slices. */
  get changes(): ChangeCounts {
    return this.#cluster.changes;
  }

  /** When Services changed and endpoints went. */
  get history(): ClusterHistory {
    return this.#cluster.history;
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
    this.#capabilities = await target.verbs.capabilities({ changesNothing: this.#way === 'observe' });
    if (this.#way === 'take-over') this.#switch = this.#openSwitch(this.#capabilities);
    await this.#rulesetWatch.start();
    await this.#watch.start();
    this.#listed = true;
    await this.#runner.requestAndWait(true);
  }

  get way(): EngineWay {
    return this.#way;
  }

  /** Becomes the node's kube-proxy, in this mode; resolves when its rules are there. The caller knows nobody else is. */
  async takeOver(mode: ProxyMode, dialect: Dialect): Promise<void> {
    if (this.#way === 'take-over') return this.setMode(mode, dialect);
    const before = { mode: this.#mode, dialect: this.#dialect };
    const capabilities = await this.#options.target.verbs.capabilities({});
    this.#switch = this.#openSwitch(capabilities);
    this.#capabilities = capabilities;
    this.#way = 'take-over';
    this.#mode = mode;
    this.#dialect = dialect;
    this.#announce();
    try {
      await this.#runner.requestAndWait(true);
    } catch (error) {
      await this.observe();
      this.#mode = before.mode;
      this.#dialect = before.dialect;
      this.#announce();
      throw error;
    }
  }

  /** Writes no more; resolves when what was being written is. The node's rules stay as they are. */
  async observe(): Promise<void> {
    this.#way = 'observe';
    await this.#runner.requestAndWait();
    this.#switch = undefined;
    this.#announce();
  }

  /**
   * What should be on the node as the cluster is, one ruleset a family: for its own mode, or the one that somebody
   * else's kube-proxy is in. Of an observed node that is then its mode, and these its rulesets.
   */
  wanted(request: { mode: ProxyMode; dialect: Dialect; capabilities: Capabilities }): readonly Ruleset[] {
    const rulesets = this.#cluster.rulesets(request);
    if (this.#way === 'observe') {
      const isOther = this.#mode !== request.mode || this.#dialect !== request.dialect;
      this.#mode = request.mode;
      this.#dialect = request.dialect;
      this.#observed = rulesets;
      if (isOther) this.#announce();
    }
    return rulesets;
  }

  /** The node as the rules see it. */
  get proxyNode(): ProxyNode {
    return this.#cluster.proxyNode;
  }

  get configuration(): ProxyConfiguration {
    return this.#options.configuration;
  }

  /** Whether the node tells of others' changes to its rules at once. */
  get hearsOfChanges(): boolean {
    // nft knows nothing of the older interface of iptables.
    const { iptables } = this.#capabilities ?? {};
    const isTold = this.#mode === 'nftables' || !iptables?.available || iptables.backend !== 'legacy';
    return this.#rulesetWatch.live && isTold;
  }

  /** Between two full syncs, in milliseconds. */
  get #longestPause(): number {
    const { iptables, nftables } = this.#options.configuration;
    const { syncPeriodMs } = this.#mode === 'nftables' ? nftables : iptables;
    return this.hearsOfChanges ? syncPeriodMs : Math.min(syncPeriodMs, POLL_MS);
  }

  /** Calls back when other rules may be wanted than before; the returned function ends that. */
  onWanted(listener: () => void): () => void {
    this.#wantedListeners.add(listener);
    return () => this.#wantedListeners.delete(listener);
  }

  /** Calls back when somebody else has changed kube-proxy's rules on the node; the returned function ends that. */
  onNodeChange(listener: (program: string | undefined) => void): () => void {
    this.#nodeListeners.add(listener);
    return () => this.#nodeListeners.delete(listener);
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

  #requestAfterChange(): void {
    if (!this.#listed) return;
    this.#options.observer?.queued();
    this.#runner.request();
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

  #openSwitch(capabilities: NodeCapabilities): ModeSwitch {
    const { target, configuration, log } = this.#options;
    return openModeSwitch({ target, configuration, log }, capabilities);
  }

  #nodeChangedByHand(program: string | undefined): void {
    if (!this.#listed) return;
    const { log, target } = this.#options;
    for (const listener of [...this.#nodeListeners]) listener(program);
    if (this.#way === 'observe') return;
    if (program) log(`${program} changed kube-proxy's rules on ${target.name}; they are read again`);
    this.#runner.request(true);
  }

  async #sync(full: boolean): Promise<void> {
    try {
      if (this.#way === 'take-over') await this.#write(full);
      else this.#cluster.takeIn();
    } finally {
      for (const listener of [...this.#wantedListeners]) listener();
    }
  }

  async #write(full: boolean): Promise<void> {
    if (!this.#switch) throw new Error('the engine has not started');
    const entry = this.syncLog.begin({ mode: this.#mode, dialect: this.#dialect, full });
    const startedAt = performance.now();
    try {
      const outcome = await this.#switch.write({
        mode: this.#mode,
        dialect: this.#dialect,
        ...this.#cluster.parts,
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
      programmingSeconds: error === undefined ? this.#cluster.triggerTimes.take(Date.now()) : [],
    });
  }
}
