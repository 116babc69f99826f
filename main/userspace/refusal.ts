/**
 * Turning a client away: accepted and closed, which is how the userspace mode says that no endpoint took the
 * connection.
 *
 * kube-proxy just closes, and whether the client then sees an end or a reset depends on whether its request
 * came before or after. Here the client always sees an end: what it sends is read and dropped until it closes
 * too, for a second at most.
 */
import { EPOLLIN, EPOLLRDHUP, type EventLoop, type Watcher } from './event-loop.ts';
import * as libc from './libc.ts';
import type { Timer } from './timers.ts';

const LINGER_MS = 1000;
const discarded = new ArrayBuffer(16 * 1024);
const discardedAddress = libc.addressOf(discarded);

export class Refusal implements Watcher {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #timer: Timer;

  constructor(loop: EventLoop, fd: number) {
    this.#loop = loop;
    this.#fd = fd;
    libc.shutdown(fd, libc.SHUT_WR);
    this.#timer = loop.setTimer(LINGER_MS, () => this.#close());
    loop.watch(fd, EPOLLIN | EPOLLRDHUP, this);
  }

  onReady(): void {
    const count = libc.recv(this.#fd, discardedAddress, discarded.byteLength);
    if (count > 0 || count === -libc.EAGAIN) return;
    this.#loop.timers.cancel(this.#timer);
    this.#close();
  }

  #close(): void {
    this.#loop.unwatch(this.#fd, { closing: true });
    libc.close(this.#fd);
  }
}
