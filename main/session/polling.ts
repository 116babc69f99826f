/** Something read again and again for as long as somebody watches, as often as the most eager of them asks. */

/** A reading that takes long is not to take more than a fifth of the time. */
const PAUSE_PER_READING = 4;

export interface PollingOptions {
  read: () => Promise<void>;
  /** A reading failed that nobody waits for. */
  failed: (error: unknown) => void;
}

export class Polling {
  readonly #options: PollingOptions;
  readonly #intervals = new Map<symbol, number>();
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  get watched(): boolean {
    return this.#intervals.size > 0;
  }

  /** How often the most eager asks; undefined where nobody watches. */
  get intervalMs(): number | undefined {
    return this.watched ? Math.min(...this.#intervals.values()) : undefined;
  }

  /**
   * Reads at once, and then every so many milliseconds, until the returned function is called. Resolves after the
   * first reading, or before it where what is known already will do; rejects where a reading waited for fails.
   */
  async add(intervalMs: number, { waits = true }: { waits?: boolean } = {}): Promise<() => void> {
    const watcher = Symbol('watcher');
    this.#intervals.set(watcher, intervalMs);
    const end = (): void => {
      this.#intervals.delete(watcher);
      if (!this.watched) clearTimeout(this.#timer);
    };
    if (!waits) {
      this.readSoon();
      return end;
    }
    try {
      await this.#readOrThrow();
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Reads out of turn, where somebody watches: something has changed. */
  readSoon(): void {
    if (this.watched) void this.#read();
  }

  close(): void {
    this.#intervals.clear();
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      await this.#readOrThrow();
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** One reading at a time; one that is asked for while another runs comes right after it. */
  async #readOrThrow(): Promise<void> {
    if (this.#reading) this.#readAgain = true;
    this.#reading ??= this.#readUntilNew().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readUntilNew(): Promise<void> {
    const startedAt = performance.now();
    let took = 0;
    try {
      do {
        this.#readAgain = false;
        const begin = performance.now();
        await this.#options.read();
        took = performance.now() - begin;
      } while (this.#readAgain && this.watched);
    } finally {
      this.#schedule(performance.now() - startedAt, took);
    }
  }

  #schedule(sinceStartMs: number, readingMs: number): void {
    clearTimeout(this.#timer);
    if (!this.watched) return;
    const pause = Math.max((this.intervalMs ?? 0) - sinceStartMs, readingMs * PAUSE_PER_READING);
    this.#timer = setTimeout(() => void this.#read(), pause);
  }
}
