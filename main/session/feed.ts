/**
 * The sending end of a feed (`app/contract/feed.ts`): one sequence of changes, any number of readers, each
 * beginning with a snapshot.
 */
import { randomUUID } from 'node:crypto';
import type { FeedEvent } from '../../app/contract/feed.ts';

/** This process: sequences of another one mean nothing here. */
const EPOCH = randomUUID();

/** Events that a reader may lag behind before it is given a new snapshot instead. */
const MOST_WAITING = 256;

export class Feed<State, Change> {
  readonly #snapshot: () => State;
  readonly #readers = new Set<FeedSubscription<State, Change>>();
  #sequence = 0;
  #closed = false;

  /** @param snapshot the state as of all changes published so far */
  constructor(snapshot: () => State) {
    this.#snapshot = snapshot;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Sends changes to all readers, in one event. The state has changed already. */
  publish(changes: Change[]): void {
    if (changes.length === 0) return;
    this.#sequence += 1;
    const event: FeedEvent<State, Change> = {
      kind: 'changes',
      epoch: EPOCH,
      sequence: this.#sequence,
      changes,
    };
    for (const reader of this.#readers) reader.push(event);
  }

  /** Has every reader begin anew: the state has become another one. */
  reset(): void {
    this.#sequence += 1;
    for (const reader of this.#readers) reader.restart();
  }

  /** A reader's own events, until it returns or the signal ends it. */
  subscribe(
    signal?: AbortSignal,
    onEnd: () => void = () => {},
  ): AsyncIteratorObject<FeedEvent<State, Change>, undefined, void> {
    const reader: FeedSubscription<State, Change> = new FeedSubscription({
      snapshot: () => ({
        kind: 'snapshot',
        epoch: EPOCH,
        sequence: this.#sequence,
        state: this.#snapshot(),
      }),
      ended: () => {
        this.#readers.delete(reader);
        onEnd();
      },
    });
    this.#readers.add(reader);
    // Whoever comes after the end gets what was last, and the end.
    if (this.#closed) reader.finish();
    if (signal?.aborted) reader.end();
    else signal?.addEventListener('abort', () => reader.end(), { once: true });
    return reader;
  }

  /** Ends all readers, after they have had what waits for them. */
  close(): void {
    this.#closed = true;
    for (const reader of [...this.#readers]) reader.finish();
  }
}

interface SubscriptionOptions<State, Change> {
  snapshot: () => FeedEvent<State, Change>;
  ended: () => void;
}

/** One reader's queue. Written out rather than as a generator: that could not be ended while it waits. */
class FeedSubscription<State, Change>
  implements AsyncIteratorObject<FeedEvent<State, Change>, undefined, void>
{
  readonly #options: SubscriptionOptions<State, Change>;
  #waiting: FeedEvent<State, Change>[] = [];
  /** The next event is a snapshot, made when it is asked for. */
  #fresh = true;
  #state: 'open' | 'finishing' | 'ended' = 'open';
  #wake: (() => void) | undefined;

  constructor(options: SubscriptionOptions<State, Change>) {
    this.#options = options;
  }

  push(event: FeedEvent<State, Change>): void {
    if (this.#fresh || this.#state !== 'open') return;
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_WAITING) this.restart();
    this.#wake?.();
  }

  restart(): void {
    this.#fresh = true;
    this.#waiting = [];
    this.#wake?.();
  }

  finish(): void {
    if (this.#state === 'open') this.#state = 'finishing';
    this.#wake?.();
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#waiting = [];
    this.#wake?.();
    this.#options.ended();
  }

  async next(): Promise<IteratorResult<FeedEvent<State, Change>, undefined>> {
    for (;;) {
      if (this.#state === 'ended') return { done: true, value: undefined };
      if (this.#fresh) {
        this.#fresh = false;
        return { done: false, value: this.#options.snapshot() };
      }
      const event = this.#waiting.shift();
      if (event) return { done: false, value: event };
      if (this.#state === 'finishing') this.end();
      else await this.#somethingNew();
    }
  }

  async return(): Promise<IteratorResult<FeedEvent<State, Change>, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<FeedEvent<State, Change>, undefined>> {
    this.end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
