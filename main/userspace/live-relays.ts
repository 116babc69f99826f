import type { Backend } from './backend.ts';

/** What a connection or UDP flow that is being relayed can say of itself. */
export interface LiveRelay {
  readonly client: string;
  readonly backend: Backend;
  readonly startedAt: number;
  readonly bytesTo: number;
  readonly bytesFrom: number;
  /** Where `LiveRelays` keeps it; nobody else's business. */
  slot: number;
}

/** A service port's live relays, in no order. An array for the reason that timers.ts gives: no Set under churn. */
export class LiveRelays implements Iterable<LiveRelay> {
  readonly #relays: LiveRelay[] = [];

  get size(): number {
    return this.#relays.length;
  }

  add(relay: LiveRelay): void {
    relay.slot = this.#relays.length;
    this.#relays.push(relay);
  }

  /** Takes one out that is in. */
  remove(relay: LiveRelay): void {
    const last = this.#relays.pop();
    if (last === undefined || last === relay) return;
    this.#relays[relay.slot] = last;
    last.slot = relay.slot;
  }

  [Symbol.iterator](): Iterator<LiveRelay> {
    return this.#relays.values();
  }
}
