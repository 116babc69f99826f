/**
 * Finding an endpoint that takes a TCP connection, as kube-proxy's TryConnectEndpoints does: the balancer's
 * choice first, then, session affinity broken, the next in turn, each with more patience than the one before.
 */
import type { Backend } from './backend.ts';
import type { DialSockets } from './dial-sockets.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP, type EventLoop, type Watcher } from './event-loop.ts';
import * as libc from './libc.ts';
import type { ServicePort } from './service-port.ts';
import * as sockets from './sockets.ts';
import type { Timer } from './timers.ts';

/** kube-proxy's endpointDialTimeouts: one try each. */
const DIAL_TIMEOUTS_MS = [250, 500, 1000, 2000];

/** All that a relayed connection's life needs to be told, on a socket of either side. */
export const CONNECTION_EVENTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

export interface DialResult {
  backend: Backend;
  fd: number;
  /** What epoll told of the socket together with its being connected. */
  events: number;
}

interface DialOptions {
  loop: EventLoop;
  dialSockets: DialSockets;
  servicePort: ServicePort;
  clientIP: string;
  /** Once: the connected, watched socket, or undefined where no endpoint took the connection. */
  onDone: (result: DialResult | undefined) => void;
  onWarning: (message: string) => void;
}

export class Dial implements Watcher {
  readonly #options: DialOptions;
  #tries = 0;
  #backend: Backend | undefined;
  #fd = -1;
  #timer: Timer | undefined;

  constructor(options: DialOptions) {
    this.#options = options;
  }

  start(): void {
    const { loop, servicePort, clientIP, onDone } = this.#options;
    for (;;) {
      const timeoutMs = DIAL_TIMEOUTS_MS[this.#tries];
      const affinityReset = this.#tries > 0;
      this.#tries += 1;
      const backend =
        timeoutMs === undefined ? undefined : servicePort.balancer.next(clientIP, { affinityReset });
      if (!backend || timeoutMs === undefined) {
        onDone(undefined);
        return;
      }
      this.#backend = backend;
      if (this.#connect(backend)) {
        this.#timer = loop.setTimer(timeoutMs, () => {
          this.#timer = undefined;
          this.#giveUp();
          this.start();
        });
        return;
      }
      backend.dialFailures += 1;
    }
  }

  onReady(fd: number, events: number): void {
    const { loop, onDone } = this.#options;
    // A connecting socket is told of as writable or failed; nothing before that is of interest.
    const error = sockets.takeSocketError(fd);
    if (error === 0 && (events & EPOLLOUT) === 0) return;
    if (this.#timer) loop.timers.cancel(this.#timer);
    this.#timer = undefined;
    if (error === 0) {
      onDone({ backend: this.#backend as Backend, fd, events });
      return;
    }
    this.#giveUp();
    this.start();
  }

  /** Starts to connect; epoll tells how that ends, even where it has ended already. */
  #connect(backend: Backend): boolean {
    const { loop, dialSockets, servicePort, onWarning } = this.#options;
    const fd = dialSockets.take(servicePort.family);
    if (fd < 0) {
      onWarning(`no socket for a connection of ${servicePort.key}: ${libc.errnoName(-fd)}`);
      return false;
    }
    const result = libc.connect(fd, backend.address, backend.addressLength);
    if (result < 0 && result !== -libc.EINPROGRESS) {
      libc.close(fd);
      return false;
    }
    this.#fd = fd;
    loop.watch(fd, CONNECTION_EVENTS, this);
    return true;
  }

  #giveUp(): void {
    this.#options.loop.unwatch(this.#fd, { closing: true });
    libc.close(this.#fd);
    if (this.#backend) this.#backend.dialFailures += 1;
  }
}
