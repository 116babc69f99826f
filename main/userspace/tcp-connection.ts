import type { Backend } from './backend.ts';
import { CONNECTION_EVENTS, type DialResult } from './dial.ts';
import { Direction } from './direction.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  type EventLoop,
  type Watcher,
} from './event-loop.ts';
import * as libc from './libc.ts';
import type { LiveRelay } from './live-relays.ts';
import type { PipePool } from './pipe-pool.ts';
import * as sockets from './sockets.ts';

const READ_EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const END_EVENTS = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const WRITE_EVENTS = EPOLLOUT | EPOLLHUP | EPOLLERR;

export interface TcpConnectionOptions {
  loop: EventLoop;
  pipes: PipePool;
  /** The accepted socket, not yet watched. */
  clientFd: number;
  client: string;
  dialled: DialResult;
  startedAt: number;
  onEnd: (connection: TcpConnection) => void;
}

/**
 * A client's connection tied to one to an endpoint: two directions, which end apart from each other. A reset
 * of either side ends both, and is passed on as a reset.
 */
export class TcpConnection implements Watcher, LiveRelay {
  readonly client: string;
  readonly backend: Backend;
  readonly startedAt: number;
  slot = -1;
  readonly #options: TcpConnectionOptions;
  readonly #endpointFd: number;
  readonly #up: Direction;
  readonly #down: Direction;
  #open = true;

  constructor(options: TcpConnectionOptions) {
    const { clientFd, dialled, pipes } = options;
    this.#options = options;
    this.client = options.client;
    this.backend = dialled.backend;
    this.startedAt = options.startedAt;
    this.#endpointFd = dialled.fd;
    this.#up = new Direction(clientFd, dialled.fd, pipes);
    this.#down = new Direction(dialled.fd, clientFd, pipes);
  }

  get bytesTo(): number {
    return this.#up.bytes;
  }

  get bytesFrom(): number {
    return this.#down.bytes;
  }

  start(): void {
    const { loop, clientFd, dialled } = this.#options;
    loop.handOver(dialled.fd, this);
    loop.watch(clientFd, CONNECTION_EVENTS, this);
    // The client has mostly sent its request by now: not waiting for epoll to say so spares a turn.
    this.#up.readable = true;
    this.#pump(this.#up);
    if (this.#open && dialled.events & READ_EVENTS) this.onReady(dialled.fd, dialled.events);
  }

  onReady(fd: number, events: number): void {
    const [from, to] = fd === this.#endpointFd ? [this.#down, this.#up] : [this.#up, this.#down];
    // Nobody reads a direction that has ended, so that a reset would go unnoticed there.
    if (events & EPOLLERR && from.ended) {
      this.#break();
      return;
    }
    if (events & WRITE_EVENTS && !to.writable) {
      to.writable = true;
      this.#pump(to);
    }
    if (this.#open && events & READ_EVENTS) {
      from.readable = true;
      if (events & END_EVENTS) from.endInSight = true;
      this.#pump(from);
    }
  }

  #pump(direction: Direction): void {
    if (!this.#open) return;
    switch (direction.pump()) {
      case 'waits':
        return;
      case 'more':
        this.#options.loop.defer(() => this.#pump(direction));
        return;
      case 'finished':
        if (this.#up.finished && this.#down.finished) this.#end(libc.close);
        return;
      case 'broken':
        this.#break();
    }
  }

  #break(): void {
    this.#end(sockets.reset);
  }

  #end(closeSocket: (fd: number) => void): void {
    const { loop, clientFd, onEnd } = this.#options;
    this.#open = false;
    this.#up.release();
    this.#down.release();
    for (const fd of [clientFd, this.#endpointFd]) {
      loop.unwatch(fd, { closing: true });
      closeSocket(fd);
    }
    onEnd(this);
  }
}
