/** The reader's half of a feed, apart from the schemas: a page that follows feeds needs no validator. */

interface Position {
  /** Names the engine's process: another one counts from its own beginning. */
  epoch: string;
  /** Counts up by one from event to event; a snapshot may have any number. */
  sequence: number;
}

export type FeedEvent<State, Change> = Position &
  ({ kind: 'snapshot'; state: State } | { kind: 'changes'; changes: Change[] });

/** An event is missing: subscribe anew. */
export class FeedGapError extends Error {
  constructor(expected: number, got: number) {
    super(`event ${expected} of the feed is missing: ${got} came`);
    this.name = 'FeedGapError';
  }
}

/** Follows one subscription: hands over snapshots and changes in order, and throws where one is missing. */
export class FeedReader<State, Change> {
  readonly #sink: { reset: (state: State) => void; apply: (changes: Change[]) => void };
  #last: Position | undefined;

  constructor(sink: { reset: (state: State) => void; apply: (changes: Change[]) => void }) {
    this.#sink = sink;
  }

  /** @throws FeedGapError; nothing of the event has then been handed over */
  take(event: FeedEvent<State, Change>): void {
    if (event.kind === 'snapshot') {
      this.#last = event;
      this.#sink.reset(event.state);
      return;
    }
    const expected = (this.#last?.sequence ?? -1) + 1;
    if (this.#last?.epoch !== event.epoch || event.sequence !== expected) {
      throw new FeedGapError(expected, event.sequence);
    }
    this.#last = event;
    this.#sink.apply(event.changes);
  }
}
