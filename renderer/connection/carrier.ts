import type { ClientLink } from '@orpc/client';
import type { CallContext } from '../../app/contract/carrier.ts';

/** One connection to the engine, whatever carries it. */
export interface Carrier {
  readonly link: ClientLink<CallContext>;
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  close(): void;
}

/** The engine is there and does not let us in: trying again with the same token is of no use. */
export class UnauthorizedError extends Error {
  constructor() {
    super('the token is missing or wrong');
    this.name = 'UnauthorizedError';
  }
}
