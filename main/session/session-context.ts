import type { Session } from './session.ts';
import type { SettingsStore } from './settings.ts';

/** What the contract's answers are made of, whichever shell carries them. */
export interface SessionContext {
  /** There before the lab is. */
  readonly settings: SettingsStore;
  /** Settles when the lab is up: questions that come earlier wait for it. */
  readonly session: Promise<Session>;
  /** One line for people. */
  readonly log: (line: string) => void;
}
