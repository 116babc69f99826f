/**
 * Timers of the relay's own event loop, which blocks where Node's timers cannot wake it.
 *
 * There are many timers and few different delays (four dial timeouts, one idle timeout), and nearly all are
 * cancelled. So timers of one delay stand in one queue, which is in order by itself: setting and cancelling
 * cost the same however many there are.
 *
 * The queues are arrays, and a cancelled timer stays, emptied, until its turn. A Set would let go of it at once,
 * but each table a Set outgrows points to the next one: as soon as one of them is tenured, all that ever was in
 * those after it survives until the next full collection (100 MB after 120,000 connections).
 */

export interface Timer {
  readonly dueAt: number;
  /** Undefined once it was cancelled or has run. */
  run: (() => void) | undefined;
}

/** Emptied places at a queue's head are taken away when there are so many, and no fewer than what is left. */
const COMPACT_AT = 64;

class TimerQueue {
  #timers: Timer[] = [];
  #head = 0;

  add(timer: Timer): void {
    this.#timers.push(timer);
  }

  /** The next timer that was not cancelled. */
  first(): Timer | undefined {
    while (this.#head < this.#timers.length) {
      const timer = this.#timers[this.#head];
      if (timer?.run) return timer;
      this.#head += 1;
    }
    this.#timers = [];
    this.#head = 0;
    return undefined;
  }

  removeFirst(): void {
    this.#head += 1;
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#timers.length) return;
    this.#timers = this.#timers.slice(this.#head);
    this.#head = 0;
  }
}

export class Timers {
  readonly #queues = new Map<number, TimerQueue>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  set(delayMs: number, run: () => void): Timer {
    const timer = { dueAt: this.#now() + delayMs, run };
    let queue = this.#queues.get(delayMs);
    if (!queue) {
      queue = new TimerQueue();
      this.#queues.set(delayMs, queue);
    }
    queue.add(timer);
    return timer;
  }

  cancel(timer: Timer): void {
    timer.run = undefined;
  }

  /** Milliseconds until the next timer is due, 0 where one is overdue; undefined where there is none. */
  untilNext(): number | undefined {
    let next: number | undefined;
    for (const [delayMs, queue] of this.#queues) {
      const first = queue.first();
      if (!first) this.#queues.delete(delayMs);
      else if (next === undefined || first.dueAt < next) next = first.dueAt;
    }
    return next === undefined ? undefined : Math.max(0, next - this.#now());
  }

  /** Runs what is due now, each once; what those set anew is for later, even with a delay of 0. */
  runDue(): void {
    const now = this.#now();
    const due: Timer[] = [];
    for (const queue of this.#queues.values()) {
      for (let timer = queue.first(); timer && timer.dueAt <= now; timer = queue.first()) {
        due.push(timer);
        queue.removeFirst();
      }
    }
    due.sort((left, right) => left.dueAt - right.dueAt);
    for (const timer of due) {
      // An earlier one of this round may have cancelled it.
      const { run } = timer;
      timer.run = undefined;
      run?.();
    }
  }
}
