import { createContext } from 'svelte';
import type { ClusterChange, ClusterState } from '../../app/contract/cluster.ts';
import type { EngineChange, EngineFeedState } from '../../app/contract/engine.ts';
import type { Settings } from '../../app/contract/settings.ts';
import type { EngineClient } from '../connection/engine-client.ts';
import { EngineConnection } from '../connection/engine-connection.svelte.ts';
import { LiveFeed } from '../connection/live-feed.svelte.ts';
import { openCarrier } from '../connection/open-carrier.ts';
import { Attachment } from './attachment.svelte.ts';
import { applyClusterChanges } from './cluster-state.ts';
import { Clusters } from './clusters.svelte.ts';
import { Commands } from './commands.svelte.ts';
import { describeError } from './describe-error.ts';
import { applyEngineChanges } from './engine-state.ts';
import { Permissions } from './permissions.svelte.ts';
import { Router } from './router.svelte.ts';
import { SettingsStore } from './settings.svelte.ts';
import { Toasts } from './toasts.svelte.ts';

/** What a view remembers: anything that JSON can say. */
export type ViewState = Settings['views'][string];

/** What every view works with: the engine, what it tells, and where the window is. */
export class Session {
  readonly connection: EngineConnection = new EngineConnection(openCarrier, () => this.clusters.chosen?.id);
  readonly client: EngineClient = this.connection.client;
  readonly router = new Router('services');
  readonly toasts = new Toasts();
  readonly commands = new Commands();
  readonly clusters = new Clusters(this.connection, this.client);
  /** The chosen cluster's node. */
  readonly attachment = new Attachment(this.connection, this.client, this.clusters);
  readonly permissions = new Permissions(this.client, this.clusters);
  readonly #settings = new SettingsStore(this.connection);
  readonly #cluster = new LiveFeed<ClusterState, ClusterChange>(this.connection, {
    subscribe: (signal) => this.client.cluster.watch(undefined, { signal }),
    apply: applyClusterChanges,
    subject: () => this.clusters.chosenId,
  });
  readonly #engine = new LiveFeed<EngineFeedState, EngineChange>(this.connection, {
    subscribe: (signal) => this.client.engine.watch(undefined, { signal }),
    apply: applyEngineChanges,
    subject: () => this.clusters.chosenId,
  });

  constructor() {
    void this.connection.run();
  }

  /** The cluster's objects, live; undefined until they have been told. */
  get cluster(): ClusterState | undefined {
    return this.#cluster.state;
  }

  get clusterFeed(): LiveFeed<ClusterState, ClusterChange> {
    return this.#cluster;
  }

  /** The engine's state and its latest syncs, live; undefined until they have been told. */
  get engine(): EngineFeedState | undefined {
    return this.#engine.state;
  }

  get engineFeed(): LiveFeed<EngineFeedState, EngineChange> {
    return this.#engine;
  }

  get settings(): Settings {
    return this.#settings.current;
  }

  get settingsStore(): SettingsStore {
    return this.#settings;
  }

  /** Changes settings: seen at once, kept by the engine when it can. */
  async change(changes: Partial<Settings>): Promise<void> {
    await this.#settings.update(changes).catch(() => {
      // Without an engine it stays this window's until the next start: nothing that a person must act on.
    });
  }

  /** Does something and says how it went: the title after a success (nothing without one), an error in words. */
  async attempt<Result>(action: () => Promise<Result>, done?: string): Promise<Result | undefined> {
    try {
      const result = await action();
      if (done) this.toasts.success(done);
      return result;
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  /** Shows an error in words. */
  report(error: unknown): void {
    const { title, detail } = describeError(error);
    this.toasts.error(title, detail === undefined ? {} : { detail });
  }

  /** What a view kept with `remember`. */
  remembered(view: string): ViewState {
    return this.settings.views[view] ?? {};
  }

  /** Keeps a view's state (sorting, columns, sizes), for every window of this lab and for the next start. */
  remember(view: string, state: ViewState): void {
    void this.change({ views: { [view]: state } });
  }
}

export const [getSession, setSession] = createContext<Session>();
