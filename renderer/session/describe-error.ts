import { ORPCError } from '@orpc/client';
import { NotConnectedError } from '../connection/engine-connection.svelte.ts';
import { t } from '../i18n/messages.svelte.ts';

export interface ErrorWords {
  /** One sentence in the user's language. */
  title: string;
  /** What was said by who refused, in its own words. */
  detail?: string;
}

/** Codes of the contract (`app/contract/error.ts`) that there are words for. */
const codes: Record<string, string> = {
  REFUSED: 'errors:refused',
  NOT_FOUND: 'errors:notFound',
  UNSUPPORTED: 'errors:unsupported',
  OTHER_CLUSTER: 'errors:otherCluster',
  FAILED: 'errors:failed',
  BAD_REQUEST: 'errors:badRequest',
};

function withCause(error: ORPCError<string, unknown>): string {
  const { cause } = (error.data ?? {}) as { cause?: string | null };
  return cause && cause !== error.message ? `${error.message}: ${cause}` : error.message;
}

/** An error of the engine or of the way to it, in words: a title by its code, and the message beneath. */
export function describeError(error: unknown): ErrorWords {
  if (error instanceof NotConnectedError) return { title: t('errors:notConnected') };
  if (error instanceof ORPCError) {
    return { title: t(codes[error.code] ?? 'errors:failed'), detail: withCause(error) };
  }
  return { title: t('errors:unexpected'), detail: error instanceof Error ? error.message : String(error) };
}
