/** How a refusal crosses the border: as data, in one shape, whichever procedure was asked. */
import { oc } from '@orpc/contract';
import { z } from 'zod';

/** What every error carries beside its code and message: the error under it, in its own words. */
export const errorDataSchema = z.object({ cause: z.string().nullable() });

const withCause = (message: string): { message: string; data: typeof errorDataSchema } => ({
  message,
  data: errorDataSchema,
});

/**
 * The start of every procedure. A refusal is an `ORPCError` with `code`, `message` (one clear sentence,
 * English, of ours or of the API server) and `data.cause`. The interface translates by `code` and shows
 * `message` beneath.
 */
export const procedure = oc.errors({
  /** The input was understood and cannot be done as things are. */
  REFUSED: withCause('that cannot be done now'),
  /** The object, run or forwarder that was named is not there. */
  NOT_FOUND: withCause('there is no such thing'),
  /** The node's kernel or tools lack what this needs. */
  UNSUPPORTED: withCause('the node cannot do this'),
  /** It was meant for a cluster that is not the chosen one any more; nothing was done. */
  OTHER_CLUSTER: withCause('another cluster has been chosen meanwhile'),
  /** Something below failed: the supervisor, a tool, the disk. */
  FAILED: withCause('something went wrong'),
});
