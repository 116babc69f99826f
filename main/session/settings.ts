/** What the interface remembers, in a file of the data folder; the same in every window. */
import { join } from 'node:path';
import { type Settings, type SettingsState, settingsSchema } from '../../app/contract/settings.ts';
import { readIfThere, writePrivateFile } from '../lab/api-server/credentials/private-file.ts';
import { Feed } from './feed.ts';
import { contractError } from './refusals.ts';

const DEFAULTS: Settings = { locale: 'system', theme: 'system', zoom: 1, tourSeen: false, views: {} };

/** What views remember, as JSON. */
const MOST_VIEWS_BYTES = 64 * 1024;

export class SettingsStore {
  readonly #path: string;
  readonly #firstStart: boolean;
  #settings: Settings;
  readonly #feed: Feed<SettingsState, never>;

  /** Reads them; a file that is damaged counts as none, and is said to be. */
  constructor(dataDir: string, log: (line: string) => void) {
    this.#path = join(dataDir, 'settings.json');
    const text = readIfThere(this.#path);
    this.#firstStart = text === undefined;
    const read = text === undefined ? DEFAULTS : parse(text);
    if (!read) log(`${this.#path} holds no settings that can be read: they begin anew`);
    this.#settings = read ?? DEFAULTS;
    this.#feed = new Feed(() => this.state);
  }

  get state(): SettingsState {
    return { settings: this.#settings, firstStart: this.#firstStart };
  }

  subscribe(signal?: AbortSignal): ReturnType<Feed<SettingsState, never>['subscribe']> {
    return this.#feed.subscribe(signal);
  }

  /** @throws ORPCError REFUSED for more than a view may remember; they stay as they were then */
  update(changes: Partial<Settings>): Settings {
    const next = {
      ...this.#settings,
      ...changes,
      views: { ...this.#settings.views, ...changes.views },
    };
    const bytes = Buffer.byteLength(JSON.stringify(next.views));
    if (bytes > MOST_VIEWS_BYTES) {
      throw contractError(
        'REFUSED',
        `what views remember would take ${bytes} bytes; ${MOST_VIEWS_BYTES} are kept`,
      );
    }
    writePrivateFile(this.#path, `${JSON.stringify(next, undefined, 2)}\n`);
    this.#settings = next;
    this.#feed.reset();
    return next;
  }

  close(): void {
    this.#feed.close();
  }
}

function parse(text: string): Settings | undefined {
  try {
    // A setting that a later version has added is at its default.
    return settingsSchema.parse({ ...DEFAULTS, ...JSON.parse(text) });
  } catch {
    return undefined;
  }
}
