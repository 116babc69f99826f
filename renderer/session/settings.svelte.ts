import type { Settings, SettingsState } from '../../app/contract/settings.ts';
import { type EngineConnection, NotConnectedError } from '../connection/engine-connection.svelte.ts';
import { LiveFeed } from '../connection/live-feed.svelte.ts';
import { earlyAppearance, rememberAppearance } from './early-appearance.ts';

const defaults: Settings = { locale: 'system', theme: 'system', zoom: 1, tourSeen: false, views: {} };

/** The user's settings: the engine's, with what was changed here shown before the engine has answered. */
export class SettingsStore {
  readonly #connection: EngineConnection;
  readonly #feed: LiveFeed<SettingsState, never>;
  readonly #early = earlyAppearance();
  /** Changes on their way, the oldest first; they lie over what the engine says until it has taken them. */
  #pending: readonly Partial<Settings>[] = $state.raw([]);
  /** The engine's answer to the latest change, which may come before the feed's word; for as long as that is the same. */
  #answer: { settings: Settings; after: SettingsState | undefined } | null = $state.raw(null);

  constructor(connection: EngineConnection) {
    this.#connection = connection;
    this.#feed = new LiveFeed<SettingsState, never>(connection, {
      subscribe: (signal) => connection.client.settings.watch(undefined, { signal }),
      apply: (state) => state,
    });
    $effect(() => {
      if (this.#feed.state) rememberAppearance(this.current);
    });
  }

  get current(): Settings {
    return this.#pending.reduce<Settings>(withChanges, this.#stored);
  }

  /** The engine has told them: what they say is the user's, not our guess. */
  get areKnown(): boolean {
    return this.#feed.state !== undefined;
  }

  get firstStart(): boolean {
    return this.#feed.state?.firstStart ?? false;
  }

  /** Rejects where the engine did not take them; without an engine they stay this window's. */
  async update(changes: Partial<Settings>): Promise<void> {
    this.#pending = [...this.#pending, changes];
    try {
      const settings = await this.#connection.client.settings.update(changes);
      this.#answer = { settings, after: this.#feed.state };
      this.#forget(changes);
    } catch (error) {
      if (!(error instanceof NotConnectedError)) this.#forget(changes);
      throw error;
    }
  }

  get #stored(): Settings {
    if (this.#answer && this.#answer.after === this.#feed.state) return this.#answer.settings;
    return this.#feed.state?.settings ?? { ...defaults, ...this.#early };
  }

  #forget(changes: Partial<Settings>): void {
    this.#pending = this.#pending.filter((one) => one !== changes);
  }
}

function withChanges(settings: Settings, changes: Partial<Settings>): Settings {
  return { ...settings, ...changes, views: { ...settings.views, ...changes.views } };
}
