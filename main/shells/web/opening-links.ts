/**
 * Links that open the interface once. What a browser is started with can be read by every user of the machine
 * (`ps`), so the token is not in it: the first who asks is sent on to it, and nobody after.
 */
import { randomBytes } from 'node:crypto';

export const openingPath = '/open/';

const VALID_MS = 60_000;

export class OpeningLinks {
  readonly #tickets = new Map<string, number>();

  /** A path that works once, for a minute. */
  make(): string {
    const ticket = randomBytes(32).toString('base64url');
    this.#tickets.set(ticket, Date.now() + VALID_MS);
    return `${openingPath}${ticket}`;
  }

  /** Whether the ticket was good; it is no longer. */
  use(ticket: string): boolean {
    const until = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return until !== undefined && until > Date.now();
  }
}
