import { type ClientLink, createORPCClient } from '@orpc/client';
import { untrack } from 'svelte';
import type { CallContext } from '../../app/contract/carrier.ts';
import { backoffMs } from './backoff.ts';
import { type Carrier, UnauthorizedError } from './carrier.ts';
import type { EngineClient } from './engine-client.ts';

export type ConnectionStatus = 'connecting' | 'connected' | 'lost' | 'unauthorized';

/** Asked while there is no engine to ask. */
export class NotConnectedError extends Error {
  constructor() {
    super('the lab does not answer at the moment');
    this.name = 'NotConnectedError';
  }
}

/**
 * Keeps a connection to the engine: opens it, and opens it again by itself after it was lost. What was asked
 * when it went fails; what is asked in between fails at once with NotConnectedError.
 */
export class EngineConnection {
  #status: ConnectionStatus = $state('connecting');
  /** Counts connections: whoever follows a feed begins it anew with each. */
  #generation = $state(0);
  /** When the next attempt is made; null while none is waited for. Milliseconds since 1970. */
  #nextAttemptAt: number | null = $state(null);
  readonly client: EngineClient;
  readonly #open: () => Promise<Carrier>;
  #carrier: Carrier | undefined;
  #failures = 0;
  #wake: (() => void) | undefined;
  #stopped = false;

  /** @param cluster the one that this window shows now: what is asked is meant for it */
  constructor(open: () => Promise<Carrier>, cluster: () => string | undefined) {
    this.#open = open;
    this.client = createORPCClient(this.#link(cluster));
  }

  /** For what may be asked later, and is meant for one cluster then too: an undo. */
  clientFor(cluster: string): EngineClient {
    return createORPCClient(this.#link(() => cluster));
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Whether there is a way to the engine at this very moment; for code that runs while states change, and is not told. */
  get isOpen(): boolean {
    return this.#carrier !== undefined;
  }

  get generation(): number {
    return this.#generation;
  }

  get nextAttemptAt(): number | null {
    return this.#nextAttemptAt;
  }

  /** Connects and stays connected until `stop`; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const carrier = await this.#attempt();
      if (carrier) {
        await carrier.closed;
        this.#carrier = undefined;
        if (!this.#stopped) this.#status = 'lost';
      }
      if (!this.#stopped) await this.#pause();
    }
  }

  /** Tries at once rather than after the pause. */
  retry(): void {
    this.#failures = 0;
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#carrier?.close();
    this.#wake?.();
  }

  #link(cluster: () => string | undefined): ClientLink<CallContext> {
    return {
      call: (path, input, options) => {
        if (!this.#carrier) return Promise.reject(new NotConnectedError());
        // Whoever asks in an effect is not to ask anew because the cluster has become another: it says so itself.
        const context = { cluster: untrack(cluster), ...options.context };
        return this.#carrier.link.call(path, input, { ...options, context });
      },
    };
  }

  async #attempt(): Promise<Carrier | undefined> {
    try {
      const carrier = await this.#open();
      this.#carrier = carrier;
      this.#failures = 0;
      this.#generation += 1;
      this.#status = 'connected';
      return carrier;
    } catch (error) {
      this.#status = error instanceof UnauthorizedError ? 'unauthorized' : this.#lostOrConnecting();
      return undefined;
    }
  }

  /** The first second of a first start is no loss to shout about. */
  #lostOrConnecting(): ConnectionStatus {
    return this.#generation === 0 && this.#failures < 2 ? 'connecting' : 'lost';
  }

  async #pause(): Promise<void> {
    // A wrong token does not become right: only another one, or the user, wakes us.
    const waitMs = this.#status === 'unauthorized' ? undefined : backoffMs(this.#failures);
    this.#failures += 1;
    this.#nextAttemptAt = waitMs === undefined ? null : Date.now() + waitMs;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (waitMs !== undefined) setTimeout(resolve, waitMs);
    });
    this.#wake = undefined;
    this.#nextAttemptAt = null;
  }
}
