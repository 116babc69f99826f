/** How the engine fares, and what each of its syncs changed, for any number of windows. */
import type {
  EngineChange,
  EngineFeedState,
  EngineState,
  ModePreview,
  SyncReport,
} from '../../app/contract/engine.ts';
import type { FeedEvent } from '../../app/contract/feed.ts';
import type { ShownChain } from '../../app/contract/rule-model.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { ClusterConnection } from '../cluster/cluster-connection.ts';
import type { Engine } from '../engine/engine.ts';
import { MissingToolError } from '../engine/missing-tool-error.ts';
import type { SyncEntry } from '../engine/sync-log.ts';
import { Feed } from './feed.ts';
import { contractError } from './refusals.ts';
import { compareChains } from './rules/chain-changes.ts';
import { shownAsWritten, shownChains } from './rules/shown-rules.ts';
import { unavailable } from './unavailable.ts';

const KEPT_SYNCS = 100;

/** What the engine itself does not know. */
export type ClusterFacts = Pick<EngineState, 'node' | 'client' | 'kubeconfig' | 'version' | 'loadBalancer'>;

export interface LiveEngineOptions {
  /** None where no node is attached: the state then tells of the cluster alone. */
  engine: Engine | null;
  connection: ClusterConnection;
  facts: () => ClusterFacts;
  /** The mode that is spoken of where there is no engine. */
  mode: ProxyMode;
  /** Builds what a mode would write. @throws MissingToolError */
  build: (
    mode: ProxyMode,
    dialect: Dialect,
  ) => Promise<{ rulesets: Ruleset[]; warnings: string[]; listeners: number }>;
}

export class LiveEngine {
  readonly #options: LiveEngineOptions;
  readonly #feed: Feed<EngineFeedState, EngineChange>;
  readonly #stops: (() => void)[];
  #syncs: SyncReport[] = [];
  #shown: ShownChain[] = [];
  #switchingTo: EngineState['switchingTo'] = null;
  #switching: Promise<unknown> = Promise.resolve();
  #announced = '';

  constructor(options: LiveEngineOptions) {
    this.#options = options;
    const { engine, connection } = options;
    this.#feed = new Feed(() => ({ engine: this.state, syncs: this.#syncs }));
    this.#stops = [connection.objects.watch('nodes', () => this.#announce())];
    if (!engine) {
      this.#stops.push(connection.onChange(() => this.#announce()));
      return;
    }
    this.#shown = engine.rulesets.flatMap(shownAsWritten);
    this.#syncs = engine.syncLog.entries.map((entry) => ({ ...entry, ...NO_CHANGES }));
    this.#stops.push(
      engine.onChange(() => this.#announce()),
      engine.syncLog.onEntry((entry) => this.#synced(entry, engine.rulesets)),
    );
  }

  get state(): EngineState {
    const { engine, facts, mode, connection } = this.#options;
    const last = engine?.syncLog.last;
    return {
      mode: engine?.mode ?? mode,
      dialect: engine?.dialect ?? 'current',
      switchingTo: this.#switchingTo,
      api: engine?.connection ?? apiState(connection),
      lastSync: last ?? null,
      rules: last?.rules ?? 0,
      warnings: last?.warnings ?? [],
      ...facts(),
    };
  }

  subscribe(
    signal?: AbortSignal,
  ): AsyncIteratorObject<FeedEvent<EngineFeedState, EngineChange>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  /**
   * One switch at a time: one that is asked for meanwhile comes after it.
   * @throws ORPCError UNSUPPORTED; the mode stays as it was then
   */
  setMode(mode: ProxyMode, dialect: Dialect): Promise<EngineState> {
    const done = this.#switching.then(() => this.#switchMode(mode, dialect));
    this.#switching = done.catch(() => {});
    return done;
  }

  async #switchMode(mode: ProxyMode, dialect: Dialect): Promise<EngineState> {
    this.#switchingTo = { mode, dialect };
    this.#announce();
    try {
      await this.#engine.setMode(mode, dialect);
    } catch (error) {
      throw error instanceof MissingToolError ? contractError('UNSUPPORTED', error.message) : error;
    } finally {
      this.#switchingTo = null;
      this.#announce();
    }
    return this.state;
  }

  /** Something that the facts tell has become another. */
  factsChanged(): EngineState {
    this.#announce();
    return this.state;
  }

  async resync(): Promise<EngineState> {
    await this.#engine.resync();
    return this.state;
  }

  async preview(mode: ProxyMode, dialect: Dialect): Promise<ModePreview> {
    try {
      const { rulesets, warnings, listeners } = await this.#options.build(mode, dialect);
      const then = rulesets.flatMap((ruleset) => shownChains(ruleset));
      return {
        supported: true,
        rulesNow: ruleCount(this.#shown),
        rulesThen: ruleCount(then),
        ...compareChains(this.#shown, then),
        backend: mode === 'nftables' ? 'nftables' : 'iptables',
        listeners,
        warnings,
      };
    } catch (error) {
      if (!(error instanceof MissingToolError)) throw error;
      return { supported: false, reason: error.message };
    }
  }

  /** @throws ORPCError UNSUPPORTED */
  get #engine(): Engine {
    const { engine } = this.#options;
    if (!engine) throw unavailable('no-node');
    if (engine.way === 'observe') throw unavailable('observing');
    return engine;
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#feed.close();
  }

  /** Comparing a large ruleset takes longer than writing its change: it waits until the write is answered. */
  #synced(entry: SyncEntry, rulesets: readonly Ruleset[]): void {
    setImmediate(() => {
      const report = entry.error === undefined ? this.#report(entry, rulesets) : { ...entry, ...NO_CHANGES };
      this.#syncs = [...this.#syncs, report].slice(-KEPT_SYNCS);
      this.#feed.publish([
        { type: 'sync', sync: report },
        { type: 'state', engine: this.state },
      ]);
    });
  }

  #report(entry: SyncEntry, rulesets: readonly Ruleset[]): SyncReport {
    const shown = rulesets.flatMap(shownAsWritten);
    const { chains, moreChains, added, removed, moved } = compareChains(this.#shown, shown);
    this.#shown = shown;
    return { ...entry, chains, moreChains, added, removed, moved };
  }

  #announce(): void {
    const state = this.state;
    const text = JSON.stringify(state);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#feed.publish([{ type: 'state', engine: state }]);
  }
}

function apiState({ state: { state, problem } }: ClusterConnection): EngineState['api'] {
  return state === 'live' ? { connected: true } : { connected: false, reason: problem?.detail ?? '' };
}

const NO_CHANGES = { chains: [], moreChains: 0, added: 0, removed: 0, moved: 0 };

function ruleCount(chains: readonly ShownChain[]): number {
  return chains.reduce((sum, { rules }) => sum + rules.length, 0);
}
