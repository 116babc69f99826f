/** The places offered for the chosen cluster's node, looked for as long as somebody watches. */
import type { PlacesState } from '../../../app/contract/attachment.ts';
import type { FeedEvent } from '../../../app/contract/feed.ts';
import { type ClusterOfPlaces, offeredPlaces } from '../../targets/offered-places.ts';
import { Feed } from '../feed.ts';
import { Polling } from '../polling.ts';

const LOOK_AGAIN_MS = 3_000;

export class OfferedPlaces {
  readonly #feed: Feed<PlacesState, never>;
  readonly #polling: Polling;
  #state: PlacesState = { places: [], missing: [] };

  /** @param cluster null for one that has its node by itself */
  constructor(cluster: () => ClusterOfPlaces | null, log: (line: string) => void) {
    this.#feed = new Feed(() => this.#state);
    this.#polling = new Polling({
      read: async () => {
        const about = cluster();
        const state = about ? await offeredPlaces(about) : { places: [], missing: [] };
        const isSame = JSON.stringify(state) === JSON.stringify(this.#state);
        this.#state = state;
        if (!isSame) this.#feed.reset();
      },
      failed: (error) =>
        log(`looking for nodes failed: ${error instanceof Error ? error.message : String(error)}`),
    });
  }

  async subscribe(
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<PlacesState, never>, undefined, void>> {
    const ended = await this.#polling.add(LOOK_AGAIN_MS);
    return this.#feed.subscribe(signal, ended);
  }

  close(): void {
    this.#polling.close();
    this.#feed.close();
  }
}
