import { endpointKey } from '../../app/proxy/userspace/load-balancer.ts';
import type { Backend } from './backend.ts';
import { DATAGRAM_BYTES, type DatagramPath, type Datagrams, pathClient } from './datagrams.ts';
import { EPOLLIN, type EventLoop, type Watcher } from './event-loop.ts';
import * as libc from './libc.ts';
import type { LiveRelay } from './live-relays.ts';

/** Replies taken in one go, before other sockets get their turn. */
const REPLIES_PER_TURN = 32;
/** How often in its idle timeout a busy flow is looked at: it outlives its last datagram by a quarter at most. */
const CHECKS_PER_TIMEOUT = 4;

interface UdpFlowOptions {
  loop: EventLoop;
  datagrams: Datagrams;
  /** The proxy port's socket, from which replies leave. */
  proxyFd: number;
  /** A socket connected to the endpoint. */
  endpointFd: number;
  backend: Backend;
  path: DatagramPath;
  idleTimeoutMs: number;
  onReply: () => void;
  /** Once: it was idle for too long, or the endpoint refused its datagrams. */
  onEnd: (flow: UdpFlow, refused: boolean) => void;
}

/** One client address's datagrams, to one endpoint and back. */
export class UdpFlow implements Watcher, LiveRelay {
  readonly backend: Backend;
  readonly startedAt: number;
  bytesTo = 0;
  bytesFrom = 0;
  slot = -1;
  readonly #options: UdpFlowOptions;
  #lastUsed: number;
  #open = true;

  constructor(options: UdpFlowOptions) {
    const { loop, endpointFd, backend } = options;
    this.#options = options;
    this.backend = backend;
    this.startedAt = loop.now;
    this.#lastUsed = loop.now;
    loop.watch(endpointFd, EPOLLIN, this);
    this.#checkIdleAfter(options.idleTimeoutMs);
  }

  /** Whether its replies leave from this socket. */
  answersThrough(proxyFd: number): boolean {
    return this.#options.proxyFd === proxyFd;
  }

  get client(): string {
    return endpointKey(pathClient(this.#options.path));
  }

  /**
   * Passes the shared payload's first `length` bytes to the endpoint. False, and the flow has ended, where the
   * endpoint has refused an earlier one.
   */
  forward(length: number): boolean {
    const { loop, datagrams, endpointFd } = this.#options;
    this.#lastUsed = loop.now;
    const sent = libc.send(endpointFd, datagrams.payloadAddress, length);
    if (sent >= 0) {
      this.bytesTo += sent;
      return true;
    }
    // A full buffer drops the datagram, as any hop may; any other error is the endpoint's answer to the last one.
    if (sent === -libc.EAGAIN) return true;
    this.end({ refused: true });
    return false;
  }

  onReady(): void {
    const { loop, datagrams, endpointFd, proxyFd, path, onReply } = this.#options;
    for (let replies = 0; replies < REPLIES_PER_TURN; replies += 1) {
      const length = libc.recv(endpointFd, datagrams.payloadAddress, DATAGRAM_BYTES);
      if (length === -libc.EAGAIN) return;
      if (length < 0) {
        this.end({ refused: true });
        return;
      }
      this.#lastUsed = loop.now;
      this.bytesFrom += length;
      datagrams.sendBack(proxyFd, path, length);
      onReply();
    }
  }

  end({ refused = false }: { refused?: boolean } = {}): void {
    if (!this.#open) return;
    this.#open = false;
    const { loop, endpointFd, onEnd } = this.#options;
    loop.unwatch(endpointFd, { closing: true });
    libc.close(endpointFd);
    onEnd(this, refused);
  }

  #checkIdleAfter(delayMs: number): void {
    const { loop, idleTimeoutMs } = this.#options;
    loop.setTimer(delayMs, () => {
      if (!this.#open) return;
      const left = this.#lastUsed + idleTimeoutMs - loop.now;
      if (left <= 0) {
        this.end();
        return;
      }
      // Few different delays: see timers.ts.
      const step = idleTimeoutMs / CHECKS_PER_TIMEOUT;
      this.#checkIdleAfter(Math.ceil(left / step) * step);
    });
  }
}
