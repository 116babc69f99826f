/**
 * Live state: a snapshot, then changes. Every event of a feed has the number after the one before it, so
 * that a gap is noticed; it is mended by subscribing anew, which begins with a snapshot again. The server
 * itself begins anew with a snapshot where a reader is too slow for the changes.
 */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import type { FeedEvent } from './feed-reader.ts';

export type { FeedEvent };

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
