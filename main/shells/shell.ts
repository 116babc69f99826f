import type { SessionContext } from '../session/session-context.ts';

/** What shows the user interface, and carries the contract to it. */
export interface Shell {
  /** Where a browser finds it; null where a browser cannot. */
  readonly url: string | null;
  close(): Promise<void>;
}

/** Opens a shell before the lab is up: the window then shows how far it is. */
export type OpenShell = (context: SessionContext) => Promise<Shell>;
