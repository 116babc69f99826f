import { LARGE_TRANSACTION, SMALL_TRANSACTION } from '../../app/ruleset/transaction-size.ts';

/**
 * How much a node takes in one transaction, found out by writing: who may widen the socket's send buffer is for the
 * kernel to say, and a transaction that is too large changes nothing.
 */
export class TransactionLimit {
  #bytes = LARGE_TRANSACTION;

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a write failed because it was too large; from then on they are small. */
  learnFrom(error: unknown): boolean {
    if (this.#bytes === SMALL_TRANSACTION) return false;
    if (!(error instanceof Error && /Message too long/.test(error.message))) return false;
    this.#bytes = SMALL_TRANSACTION;
    return true;
  }
}
