/** The clusters there are and the chosen one, live. */
import type {
  Ability,
  ChosenCluster,
  Cluster,
  ClustersState,
  KubeconfigFile,
  UnavailableReason,
} from '../../app/contract/clusters.ts';
import type { EngineClient } from '../connection/engine-client.ts';
import type { EngineConnection } from '../connection/engine-connection.svelte.ts';
import { LiveFeed } from '../connection/live-feed.svelte.ts';

export class Clusters {
  readonly #feed: LiveFeed<ClustersState, never>;

  constructor(connection: EngineConnection, client: EngineClient) {
    this.#feed = new LiveFeed<ClustersState, never>(connection, {
      subscribe: (signal) => client.clusters.watch(undefined, { signal }),
      apply: (state) => state,
    });
  }

  get areKnown(): boolean {
    return this.#feed.state !== undefined;
  }

  get all(): readonly Cluster[] {
    return this.#feed.state?.clusters ?? [];
  }

  get files(): readonly KubeconfigFile[] {
    return this.#feed.state?.files ?? [];
  }

  get chosen(): ChosenCluster | undefined {
    return this.#feed.state?.chosen;
  }

  /** The chosen one's entry in the list. */
  get current(): Cluster | undefined {
    return this.all.find(({ id }) => id === this.chosen?.id);
  }

  /** `lab` until it is known otherwise: the program begins with it. */
  get chosenId(): string {
    return this.chosen?.id ?? 'lab';
  }

  /** Why the chosen cluster cannot do it; undefined where it can. */
  unavailable(ability: Ability): UnavailableReason | undefined {
    return this.chosen?.unavailable[ability];
  }
}
