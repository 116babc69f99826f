export interface WorkQueueOptions {
  name: string;
  /** Brings one thing to its wanted state; called again for the same key only after it has returned. */
  sync(key: string): void | Promise<void>;
  /** How often one key is synced at most; changes in between are taken together. */
  intervalMilliseconds?: number;
  log(message: string): void;
}

const firstRetryMilliseconds = 5;
const longestRetryMilliseconds = 60_000;

/**
 * Keys that need attention, each once however often it is asked for. A sync that fails is tried again,
 * later each time.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; due: number }>();
  readonly #failures = new Map<string, number>();
  readonly #lastStart = new Map<string, number>();
  #immediate: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Asks for a sync of the key as soon as can be. */
  add(key: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    const wait = this.#pause(key);
    if (wait > 0) {
      this.addAfter(key, wait);
      return;
    }
    this.#waiting.add(key);
    this.#schedule();
  }

  /** Asks for a sync in a while, or never (infinity); an earlier request for it wins. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#stopped || milliseconds === Number.POSITIVE_INFINITY) return;
    const due = performance.now() + milliseconds;
    const known = this.#timers.get(key);
    if (known && known.due <= due) return;
    if (known) clearTimeout(known.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.#waiting.add(key);
      this.#schedule();
    }, milliseconds);
    timer.unref();
    this.#timers.set(key, { timer, due });
  }

  stop(): void {
    this.#stopped = true;
    if (this.#immediate) clearImmediate(this.#immediate);
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
  }

  #pause(key: string): number {
    const last = this.#lastStart.get(key);
    if (last === undefined) return 0;
    return Math.max(0, last + (this.#options.intervalMilliseconds ?? 0) - performance.now());
  }

  #schedule(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      for (const key of [...this.#waiting]) {
        // A key that is being synced stays waiting; the end of its sync schedules again.
        if (this.#running.has(key)) continue;
        this.#waiting.delete(key);
        void this.#run(key);
      }
    });
  }

  async #run(key: string): Promise<void> {
    this.#running.add(key);
    if (this.#options.intervalMilliseconds) this.#remember(key);
    try {
      await this.#options.sync(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key, error);
    } finally {
      this.#running.delete(key);
      if (this.#waiting.size > 0 && !this.#stopped) this.#schedule();
    }
  }

  #remember(key: string): void {
    this.#lastStart.set(key, performance.now());
    // Only the recent ones matter; the rest would grow with every object that ever was.
    if (this.#lastStart.size <= 1000) return;
    for (const [name] of this.#lastStart) if (this.#pause(name) === 0) this.#lastStart.delete(name);
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const wait = Math.min(firstRetryMilliseconds * 2 ** (failures - 1), longestRetryMilliseconds);
    // The first conflicts are the daily work of controllers; what lasts is worth telling.
    if (failures > 3) this.#options.log(`${this.#options.name}: ${key}: ${errorText(error)}`);
    this.addAfter(key, wait);
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
