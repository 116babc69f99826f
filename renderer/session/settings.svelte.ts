import type { Settings, SettingsState } from '../../app/contract/settings.ts';
import type { EngineConnection } from '../connection/engine-connection.svelte.ts';
import { LiveFeed } from '../connection/live-feed.svelte.ts';
import { earlyAppearance, rememberAppearance } from './early-appearance.ts';

const defaults: Settings = { locale: 'system', theme: 'system', zoom: 1, tourSeen: false, views: {} };

/** The user's settings: the engine's, with what was changed here shown at once. */
export class SettingsStore {
  readonly #connection: EngineConnection;
  readonly #feed: LiveFeed<SettingsState, never>;
  readonly #early = earlyAppearance();
  #mine: Partial<Settings> = $state.raw({});

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
    const stored = this.#feed.state?.settings ?? { ...defaults, ...this.#early };
    return { ...stored, ...this.#mine, views: { ...stored.views, ...this.#mine.views } };
  }

  /** The engine has told them: what they say is the user's, not our guess. */
  get areKnown(): boolean {
    return this.#feed.state !== undefined;
  }

  get firstStart(): boolean {
    return this.#feed.state?.firstStart ?? false;
  }

  async update(changes: Partial<Settings>): Promise<void> {
    this.#mine = { ...this.#mine, ...changes, views: { ...this.#mine.views, ...changes.views } };
    // A view's state goes out whole with the others': the engine replaces what is given.
    const sent = changes.views ? { ...changes, views: this.current.views } : changes;
    await this.#connection.client.settings.update(sent);
  }
}
