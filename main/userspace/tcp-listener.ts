import { endpointKey } from '../../app/proxy/userspace/load-balancer.ts';
import { Dial } from './dial.ts';
import { EPOLLIN, type Watcher } from './event-loop.ts';
import * as libc from './libc.ts';
import type { Listener, RelayContext } from './listener.ts';
import { Refusal } from './refusal.ts';
import type { ServicePort } from './service-port.ts';
import { decodeIP, decodePort } from './socket-address.ts';
import * as sockets from './sockets.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { Timer } from './timers.ts';

/** Connections taken in one go, before the ones there are get their turn. */
const ACCEPTS_PER_TURN = 64;
/** How long to leave clients in the kernel's queue when there are no descriptors left. */
const OUT_OF_FILES_PAUSE_MS = 100;

/** Accepts a service port's connections on its proxy port and ties each to an endpoint. */
export class TcpListener implements Listener, Watcher {
  readonly servicePort: ServicePort;
  readonly proxyPort: number;
  readonly #context: RelayContext;
  readonly #onFinished: () => void;
  #fd: number;
  /** Connections that have a client, being dialled or relayed. */
  #live = 0;
  #draining = false;
  #grace: Timer | undefined;

  constructor(servicePort: ServicePort, fd: number, context: RelayContext, onFinished: () => void) {
    this.servicePort = servicePort;
    this.#fd = fd;
    this.#context = context;
    this.#onFinished = onFinished;
    this.proxyPort = sockets.boundPort(fd);
    context.loop.watch(fd, EPOLLIN, this);
  }

  get state(): 'serving' | 'draining' | 'closed' {
    if (this.#fd < 0) return 'closed';
    return this.#draining ? 'draining' : 'serving';
  }

  onReady(): void {
    this.#accept(ACCEPTS_PER_TURN);
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#grace = this.#context.loop.setTimer(this.#context.settings.tcpDrainGraceMs, () => this.close());
  }

  resume(): boolean {
    if (this.#fd < 0) return false;
    this.#draining = false;
    if (this.#grace) this.#context.loop.timers.cancel(this.#grace);
    this.#grace = undefined;
    return true;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#draining = true;
    if (this.#grace) this.#context.loop.timers.cancel(this.#grace);
    // The kernel would reset what it has accepted for us and we have not taken yet.
    this.#accept(Number.POSITIVE_INFINITY);
    this.#context.loop.unwatch(this.#fd, { closing: true });
    libc.close(this.#fd);
    this.#fd = -1;
    this.#finishWhenEmpty();
  }

  #accept(limit: number): void {
    for (let accepted = 0; accepted < limit && this.#fd >= 0; accepted += 1) {
      const reserved = this.#context.dialSockets.reserve(this.servicePort.family);
      const fd = reserved < 0 ? reserved : sockets.accept(this.#fd);
      if (fd === -libc.EAGAIN) return;
      if (fd === -libc.EMFILE || fd === -libc.ENFILE) {
        this.#pause(-fd);
        return;
      }
      // Whatever else accept reports is of one connection that has ended already.
      if (fd >= 0) this.#dial(fd);
    }
  }

  #dial(clientFd: number): void {
    const { loop, dialSockets, warn } = this.#context;
    const { servicePort } = this;
    const ip = decodeIP(sockets.acceptedAddress, servicePort.family);
    const port = decodePort(sockets.acceptedAddress);
    servicePort.accepted += 1;
    this.#live += 1;
    new Dial({
      loop,
      dialSockets,
      servicePort,
      clientIP: ip,
      onWarning: warn,
      onDone: (dialled) => {
        if (!dialled) {
          servicePort.refused += 1;
          new Refusal(loop, clientFd);
          this.#released();
          return;
        }
        const connection = new TcpConnection({
          loop,
          pipes: this.#context.pipes,
          clientFd,
          client: endpointKey({ ip, port }),
          dialled,
          startedAt: loop.now,
          onEnd: (ended) => {
            servicePort.ended(ended);
            this.#released();
          },
        });
        servicePort.began(connection);
        connection.start();
      },
    }).start();
  }

  #released(): void {
    this.#live -= 1;
    this.#finishWhenEmpty();
  }

  #finishWhenEmpty(): void {
    if (this.#fd < 0 && this.#live === 0) this.#onFinished();
  }

  #pause(errno: number): void {
    const { loop, warn } = this.#context;
    warn(
      `connections to ${this.servicePort.key} wait in the kernel's queue: ${libc.errnoName(errno)}, ` +
        'too many open files (raise the limit, `ulimit -n`)',
    );
    loop.unwatch(this.#fd);
    loop.setTimer(OUT_OF_FILES_PAUSE_MS, () => {
      if (this.#fd >= 0) loop.watch(this.#fd, EPOLLIN, this);
    });
  }
}
