/**
 * Timers of the relay's own event loop, which blocks where Node's timers cannot wake it.
 *
 * There are many timers and few different delays (four dial timeouts, one idle timeout), and nearly all are
 * cancelled. So timers of one delay stand in one queue, which is in order by itself: setting and cancelling
 * cost the same however many there are.
 */

export interface Timer {
  readonly delayMs: number;
  readonly dueAt: number;
  readonly run: () => void;
}

export class Timers {
  readonly #queues = new Map<number, Set<Timer>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  set(delayMs: number, run: () => void): Timer {
    const timer = { delayMs, dueAt: this.#now() + delayMs, run };
    const queue = this.#queues.get(delayMs);
    if (queue) queue.add(timer);
    else this.#queues.set(delayMs, new Set([timer]));
    return timer;
  }

  cancel(timer: Timer): void {
    this.#queues.get(timer.delayMs)?.delete(timer);
  }

  /** Milliseconds until the next timer is due, 0 where one is overdue; undefined where there is none. */
  untilNext(): number | undefined {
    let next: number | undefined;
    for (const [delayMs, queue] of this.#queues) {
      const first = queue.values().next().value;
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
      for (const timer of queue) {
        if (timer.dueAt > now) break;
        due.push(timer);
      }
    }
    due.sort((left, right) => left.dueAt - right.dueAt);
    for (const timer of due) {
      // An earlier one of this round may have cancelled it.
      if (this.#queues.get(timer.delayMs)?.delete(timer)) timer.run();
    }
  }
}
