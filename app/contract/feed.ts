/**
 * Live state: a snapshot, then changes. Every event of a feed has the number after the one before it, so
 * that a gap is noticed; it is mended by subscribing anew, which begins with a snapshot again. The server
 * itself begins anew with a snapshot where a reader is too slow for the changes.
 */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';

interface Position {
  /** Names the engine's process: another one counts from its own beginning. */
  epoch: string;
  /** Counts up by one from event to event; a snapshot may have any number. */
  sequence: number;
}

export type FeedEvent<State, Change> = Position &
  ({ kind: 'snapshot'; state: State } | { kind: 'changes'; changes: Change[] });

type FeedInput<State extends z.ZodType, Change extends z.ZodType> = FeedEvent<
  z.input<State>,
  z.input<Change>
>;
type FeedOutput<State extends z.ZodType, Change extends z.ZodType> = FeedEvent<
  z.output<State>,
  z.output<Change>
>;
type FeedSchema<State extends z.ZodType, Change extends z.ZodType> = ReturnType<
  typeof eventIterator<FeedInput<State, Change>, FeedOutput<State, Change>>
>;

const position = { epoch: z.string(), sequence: z.int().nonnegative() };

/** The output of a subscription whose state and changes these are. */
export function feed<State extends z.ZodType, Change extends z.ZodType>(
  state: State,
  change: Change,
): FeedSchema<State, Change> {
  const event: z.ZodType<FeedOutput<State, Change>, FeedInput<State, Change>> = z.union([
    z.object({ kind: z.literal('snapshot'), ...position, state }),
    z.object({ kind: z.literal('changes'), ...position, changes: z.array(change) }),
  ]) as never;
  return eventIterator(event);
}

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
