import type { KindClusters } from '../kind/kind-clusters.ts';
import type { SettingsStore } from './settings.ts';
import type { Workspace } from './workspace.ts';

/** What the contract's answers are made of, whichever shell carries them. */
export interface SessionContext {
  /** There before the lab is. */
  readonly settings: SettingsStore;
  /** The clusters, and the session of the chosen one: questions that come before it is up wait for it. */
  readonly workspace: Workspace;
  /** Of the question, where a carrier has any. */
  readonly reqHeaders?: Headers;
  /** The kind clusters of this computer. */
  readonly kind: KindClusters;
  /** One line for people. */
  readonly log: (line: string) => void;
}
