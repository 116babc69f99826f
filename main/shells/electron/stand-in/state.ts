/** What the parts of the stand-in share: whether the app is ready, and the browser then. */
import type { Chromium } from './chromium.ts';

export const state: {
  ready: boolean;
  quitting: boolean;
  chromium: Chromium | undefined;
  /** Schemes that were declared standard and secure before the app was ready. */
  schemes: Set<string>;
} = { ready: false, quitting: false, chromium: undefined, schemes: new Set() };

export function needsReady(what: string): void {
  if (!state.ready) throw new Error(`${what} cannot be used before the app is ready`);
}

export function browser(): Chromium {
  if (!state.chromium) throw new Error('there is no browser before the app is ready');
  return state.chromium;
}
