/**
 * The relay's event loop: epoll over its sockets, and Node's own loop a turn each time round.
 *
 * This thread waits in `epoll_wait`, not in libuv. What libuv waits for and the relay needs (the IPC channel)
 * is watched here as well, so that it ends the wait; then libuv, asked through `setImmediate`, finds it
 * readable. A signal ends the wait too.
 */
import { addressOf, EINTR, epollCreate, epollCtl, epollWait, errnoName } from './libc.ts';
import { type Timer, Timers } from './timers.ts';

export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
/** Tell of a change once, not for as long as it lasts. */
export const EPOLLET = 0x80000000;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const BATCH = 256;
/** The longest wait, so that what only libuv knows of (a pipe to a parent that was full) is never stuck. */
const MAX_WAIT_MS = 1000;
/** `struct epoll_event` is packed on x64: 32 bits of events, 64 of data; elsewhere the data is aligned. */
const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
const DATA_WORD = process.arch === 'x64' ? 1 : 2;

/** Owner of a descriptor: told what epoll saw on it (the EPOLL* bits). */
export interface Watcher {
  onReady(fd: number, events: number): void;
}

export class EventLoop {
  readonly timers: Timers;
  /** Milliseconds of the clock when the events at hand were taken: one reading serves them all. */
  now: number;
  readonly #clock: () => number;
  readonly #epoll: number;
  readonly #events = new Uint32Array(new ArrayBuffer(BATCH * EVENT_WORDS * 4));
  readonly #eventsAddress = addressOf(this.#events.buffer);
  readonly #change = new Uint32Array(new ArrayBuffer(EVENT_WORDS * 4));
  readonly #changeAddress = addressOf(this.#change.buffer);
  readonly #watchers: (Watcher | undefined)[] = [];
  /** Counts the uses of each descriptor number: an event of its last owner must not reach the next. */
  readonly #generations: number[] = [];
  #deferred: (() => void)[] = [];
  #running = false;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.now = clock();
    this.timers = new Timers(() => this.now);
    this.#epoll = epollCreate();
    if (this.#epoll < 0) throw new Error(`epoll_create1: ${errnoName(-this.#epoll)}`);
  }

  /** Watches a descriptor until `unwatch` or until it is closed. */
  watch(fd: number, events: number, watcher: Watcher): void {
    const generation = ((this.#generations[fd] ?? 0) + 1) >>> 0;
    this.#generations[fd] = generation;
    this.#watchers[fd] = watcher;
    this.#change[0] = events >>> 0;
    this.#change[DATA_WORD] = fd;
    this.#change[DATA_WORD + 1] = generation;
    const result = epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, this.#changeAddress);
    if (result < 0) throw new Error(`epoll_ctl: ${errnoName(-result)}`);
  }

  /** Another watcher for a descriptor that is watched, for the same events. */
  handOver(fd: number, watcher: Watcher): void {
    this.#watchers[fd] = watcher;
  }

  /** Call before closing the descriptor, or with `closing` left false to keep it open unwatched. */
  unwatch(fd: number, { closing = false }: { closing?: boolean } = {}): void {
    this.#watchers[fd] = undefined;
    if (!closing) epollCtl(this.#epoll, EPOLL_CTL_DEL, fd, this.#changeAddress);
  }

  setTimer(delayMs: number, run: () => void): Timer {
    return this.timers.set(delayMs, run);
  }

  /** Runs after the events at hand, before the next are asked for: for work that would keep others waiting. */
  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(this.#turn);
  }

  stop(): void {
    this.#running = false;
  }

  readonly #turn = (): void => {
    this.#dispatch(this.#wait());
    this.timers.runDue();
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const task of deferred) task();
    if (this.#running) setImmediate(this.#turn);
  };

  #wait(): number {
    this.now = this.#clock();
    let timeout = 0;
    if (this.#deferred.length === 0) {
      timeout = Math.min(MAX_WAIT_MS, Math.ceil(this.timers.untilNext() ?? MAX_WAIT_MS));
    }
    const count = epollWait(this.#epoll, this.#eventsAddress, BATCH, timeout);
    this.now = this.#clock();
    if (count >= 0) return count;
    if (count === -EINTR) return 0;
    throw new Error(`epoll_wait: ${errnoName(-count)}`);
  }

  #dispatch(count: number): void {
    const events = this.#events;
    for (let index = 0; index < count; index += 1) {
      const at = index * EVENT_WORDS;
      const fd = events[at + DATA_WORD] as number;
      if (this.#generations[fd] !== events[at + DATA_WORD + 1]) continue;
      this.#watchers[fd]?.onReady(fd, events[at] as number);
    }
  }
}
