import { untrack } from 'svelte';
import { type FeedEvent, FeedGapError, FeedReader } from '../../app/contract/feed-reader.ts';
import { backoffMs } from './backoff.ts';
import type { EngineConnection } from './engine-connection.svelte.ts';

export interface FeedSource<State, Change> {
  /** `(signal) => client.cluster.watch(undefined, { signal })` */
  subscribe: (signal: AbortSignal) => Promise<AsyncIterable<FeedEvent<State, Change>>>;
  /** A new state out of the old one and its changes, in order; pure, so that what did not change stays the same object. */
  apply: (state: State, changes: Change[]) => State;
  /** What the state is about, followed: when it becomes another, what was known is of no use and is asked anew. */
  subject?: () => string;
}

/**
 * Follows one feed of the engine. `state` is undefined until the first snapshot; when the connection is lost
 * it stays as it was last, and is right again after the next snapshot. Subscribes anew after a gap, an end or a
 * reconnection. Made inside a component or an effect root: it follows the connection, and stops with its owner.
 */
export class LiveFeed<State, Change> {
  #state: State | undefined = $state.raw();
  #error: unknown = $state.raw();
  #isCurrent = $state(false);
  #subject: string | undefined;
  readonly #source: FeedSource<State, Change>;

  constructor(connection: EngineConnection, source: FeedSource<State, Change>) {
    this.#source = source;
    $effect(() => {
      if (connection.status !== 'connected') return;
      // A new connection is a new generation, also where the status was never seen to change.
      void connection.generation;
      const subject = source.subject?.();
      if (subject !== this.#subject) this.#state = undefined;
      this.#subject = subject;
      const follower = new AbortController();
      const call = new AbortController();
      // What asking itself looks at, such as the cluster it is meant for, is no reason to ask again.
      untrack(() => void this.#follow(follower.signal, call.signal));
      return () => {
        follower.abort();
        // A connection that is gone has ended its calls itself, and carries no word of an end any more.
        if (connection.isOpen) call.abort();
        this.#isCurrent = false;
      };
    });
  }

  get state(): State | undefined {
    return this.#state;
  }

  /** Why there is no state, or none that is current; undefined while all is well. */
  get error(): unknown {
    return this.#error;
  }

  /** The state is what the engine says now, not what it said before the connection was lost. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  async #follow(signal: AbortSignal, call: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#readOnce({ signal, call }, () => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        // A gap is mended by the next snapshot; it is nobody's fault and nothing to show.
        if (!(error instanceof FeedGapError)) this.#error = error;
      }
      if (signal.aborted) return;
      this.#isCurrent = false;
      await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    }
  }

  async #readOnce(
    { signal, call }: { signal: AbortSignal; call: AbortSignal },
    onSnapshot: () => void,
  ): Promise<void> {
    const reader = new FeedReader<State, Change>({
      reset: (state) => {
        this.#state = state;
        this.#error = undefined;
        this.#isCurrent = true;
        onSnapshot();
      },
      apply: (changes) => {
        if (this.#state !== undefined) this.#state = this.#source.apply(this.#state, changes);
      },
    });
    for await (const event of await this.#source.subscribe(call)) {
      if (signal.aborted) return;
      reader.take(event);
    }
  }
}
