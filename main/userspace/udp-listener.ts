import { pathClient } from './datagrams.ts';
import { EPOLLIN, type Watcher } from './event-loop.ts';
import * as libc from './libc.ts';
import type { Listener, RelayContext } from './listener.ts';
import type { ServicePort } from './service-port.ts';
import * as sockets from './sockets.ts';
import type { Timer } from './timers.ts';
import { UdpFlow } from './udp-flow.ts';

/** Datagrams taken in one go, before other sockets get their turn. */
const DATAGRAMS_PER_TURN = 64;

/** Receives a service port's datagrams on its proxy port; each client address has a flow to one endpoint. */
export class UdpListener implements Listener, Watcher {
  readonly servicePort: ServicePort;
  readonly proxyPort: number;
  readonly #context: RelayContext;
  readonly #onFinished: () => void;
  /** The flow that takes a client's next datagram, by `Datagrams.pathKey`. */
  readonly #flows = new Map<string, UdpFlow>();
  /** Those and the ones that only pass on late replies. */
  #open = 0;
  #fd: number;
  #lastDatagram: number | undefined;
  #draining = false;
  #check: Timer | undefined;

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
    const { datagrams, loop } = this.#context;
    for (let received = 0; received < DATAGRAMS_PER_TURN && this.#fd >= 0; received += 1) {
      const length = datagrams.receive(this.#fd);
      if (length < 0) return;
      this.#lastDatagram = loop.now;
      this.#forward(length);
    }
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#checkQuietAfter(this.#context.settings.tcpDrainGraceMs);
  }

  resume(): boolean {
    if (this.#fd < 0) return false;
    this.#draining = false;
    if (this.#check) this.#context.loop.timers.cancel(this.#check);
    this.#check = undefined;
    return true;
  }

  close(): void {
    if (this.#fd < 0) return;
    const { loop } = this.#context;
    this.#draining = true;
    if (this.#check) loop.timers.cancel(this.#check);
    // A flow answers through this socket, and so ends with it.
    for (const flow of [...this.servicePort.live]) {
      if (flow instanceof UdpFlow && flow.answersThrough(this.#fd)) flow.end();
    }
    loop.unwatch(this.#fd, { closing: true });
    libc.close(this.#fd);
    this.#fd = -1;
    this.#onFinished();
  }

  /** Sends the datagram at hand along its client's flow, a new one where there is none or where it is of no use. */
  #forward(length: number): void {
    const key = this.#context.datagrams.pathKey(this.servicePort.family);
    const flow = this.#flows.get(key);
    // A stale one goes on for the replies that are under way, and idles out.
    if (flow && !this.#isStale(flow) && flow.forward(length)) return;
    this.#openFlow(key)?.forward(length);
  }

  /** Its endpoint left the service port. While draining the endpoints are unknown, and any will do. */
  #isStale(flow: UdpFlow): boolean {
    return !this.#draining && !flow.backend.current;
  }

  #openFlow(key: string): UdpFlow | undefined {
    const { loop, datagrams, settings, warn } = this.#context;
    const { servicePort } = this;
    servicePort.accepted += 1;
    const path = datagrams.path(servicePort.family);
    const clientIP = pathClient(path).ip;
    const backend = servicePort.balancer.next(clientIP);
    if (!backend) {
      servicePort.refused += 1;
      return undefined;
    }
    const endpointFd = sockets.connectUdp(servicePort.family, backend.address, backend.addressLength);
    if (endpointFd < 0) {
      servicePort.refused += 1;
      backend.dialFailures += 1;
      warn(`no flow to ${backend.ip} for ${servicePort.key}: ${libc.errnoName(-endpointFd)}`);
      return undefined;
    }
    const flow = new UdpFlow({
      loop,
      datagrams,
      proxyFd: this.#fd,
      endpointFd,
      backend,
      path,
      idleTimeoutMs: settings.udpIdleTimeoutMs,
      onReply: () => {
        this.#lastDatagram = loop.now;
      },
      onEnd: (ended, refused) => {
        // What a failed dial is to TCP: the next datagram goes to the next endpoint.
        if (refused) servicePort.balancer.breakAffinity(clientIP, backend);
        if (this.#flows.get(key) === ended) this.#flows.delete(key);
        this.#open -= 1;
        servicePort.ended(ended);
      },
    });
    this.#flows.set(key, flow);
    this.#open += 1;
    servicePort.began(flow);
    return flow;
  }

  #checkQuietAfter(delayMs: number): void {
    const { loop, settings } = this.#context;
    this.#check = loop.setTimer(delayMs, () => {
      const quietAt = (this.#lastDatagram ?? Number.NEGATIVE_INFINITY) + settings.udpDrainQuietMs;
      if (quietAt > loop.now) this.#checkQuietAfter(quietAt - loop.now);
      else if (this.#open > 0) this.#checkQuietAfter(settings.udpIdleTimeoutMs);
      else this.close();
    });
  }
}
