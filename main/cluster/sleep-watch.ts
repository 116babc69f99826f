/** Notices that this computer slept: the clock has jumped, and connections may be gone that nobody has ended. */

const TICK_MS = 1_000;
/** A busy process may tick late; one that slept ticks much later. */
const JUMP_MS = 5_000;

export class SleepWatch {
  readonly #woke: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  /** @param now milliseconds of the wall clock, which goes on while the computer sleeps */
  constructor(woke: () => void, now: () => number = Date.now) {
    this.#woke = woke;
    this.#now = now;
  }

  start(): void {
    if (this.#timer) return;
    this.#last = this.#now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = this.#now();
    const slept = now - this.#last > TICK_MS + JUMP_MS;
    this.#last = now;
    if (slept) this.#woke();
  }
}
