/**
 * Decides when to write the node: soon after something changed, not more often than the node can take, again
 * after a failure, and once in a while although nothing changed. What kube-proxy's BoundedFrequencyRunner
 * does, with minSyncPeriod, syncPeriod and a retry interval.
 */

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls back once after so many milliseconds; the returned function forgets it. */
  after(milliseconds: number, callback: () => void): () => void;
}

export interface SyncRunnerOptions {
  /** Does one sync. `full` asks it to trust nothing it remembers of the node. */
  sync: (full: boolean) => Promise<void>;
  /** Least time from the end of one sync to the start of the next, in milliseconds. */
  minIntervalMs: number;
  /** A full sync after so long without one, in milliseconds; `reschedule` where it has become another. */
  maxIntervalMs: () => number;
  /** Another try so long after a failure, in milliseconds. */
  retryIntervalMs: number;
  clock: Clock;
}

/** Coalesces requests: any number of them while a sync runs or waits lead to one more. */
export class SyncRunner {
  readonly #options: SyncRunnerOptions;
  #running: Promise<void> | undefined;
  #requested = false;
  #fullRequested = true;
  #lastEnd = Number.NEGATIVE_INFINITY;
  #lastFullEnd = Number.NEGATIVE_INFINITY;
  #failed = false;
  #forgetTimer: (() => void) | undefined;
  #stopped = false;
  #waiting: { resolve(): void; reject(error: unknown): void }[] = [];

  constructor(options: SyncRunnerOptions) {
    this.#options = options;
  }

  /** Asks for a sync, full or of what changed, as soon as the minimum interval allows. */
  request(full = false): void {
    if (this.#stopped) return;
    this.#requested = true;
    this.#fullRequested ||= full;
    this.#schedule();
  }

  /** Asks for a sync and resolves when one that began after this call has ended; rejects if it failed. */
  requestAndWait(full = false): Promise<void> {
    if (this.#stopped) return Promise.reject(new Error('the runner has stopped'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.request(full);
    });
  }

  /** Looks anew at when the next sync is due. Before the first one has been asked for, none is. */
  reschedule(): void {
    if (this.#lastFullEnd > Number.NEGATIVE_INFINITY) this.#schedule();
  }

  /** Ends: a sync that runs is awaited, none begins any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forgetTimer?.();
    await this.#running;
    for (const waiter of this.#waiting) waiter.reject(new Error('the runner has stopped'));
    this.#waiting = [];
  }

  #schedule(): void {
    this.#forgetTimer?.();
    this.#forgetTimer = undefined;
    if (this.#stopped || this.#running) return;
    const { clock, minIntervalMs, maxIntervalMs, retryIntervalMs } = this.#options;
    const dueAt = Math.min(
      this.#requested ? this.#lastEnd + minIntervalMs : Number.POSITIVE_INFINITY,
      this.#failed ? this.#lastEnd + retryIntervalMs : Number.POSITIVE_INFINITY,
      this.#lastFullEnd + maxIntervalMs(),
    );
    const wait = dueAt - clock.now();
    // Even a sync that is due at once starts after this turn, with all the turn's changes.
    if (Number.isFinite(wait) || this.#requested) {
      this.#forgetTimer = clock.after(Math.max(0, Number.isFinite(wait) ? wait : 0), () => this.#start());
    }
  }

  #start(): void {
    const { clock, maxIntervalMs, sync } = this.#options;
    const full = this.#fullRequested || clock.now() - this.#lastFullEnd >= maxIntervalMs();
    const served = this.#waiting;
    this.#waiting = [];
    this.#requested = false;
    this.#fullRequested = false;
    this.#running = sync(full)
      .then(
        () => {
          this.#failed = false;
          if (full) this.#lastFullEnd = clock.now();
          for (const waiter of served) waiter.resolve();
        },
        (error: unknown) => {
          this.#failed = true;
          // After a failure nobody knows what the node holds.
          this.#fullRequested = true;
          for (const waiter of served) waiter.reject(error);
        },
      )
      .then(() => {
        this.#lastEnd = clock.now();
        this.#running = undefined;
        this.#schedule();
      });
  }
}
