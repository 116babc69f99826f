/**
 * The userspace proxy's data plane: keeps the listeners of this process in step with what is served.
 *
 * A service port that is no longer served drains, and is back at work, on the same proxy port, if it is served
 * again before it has finished. So a proxy mode may be left and entered again under traffic: connections that
 * the rules of a moment ago have led here are relayed, whatever the rules are now.
 */
import { Datagrams } from './datagrams.ts';
import { DialSockets } from './dial-sockets.ts';
import type { EventLoop } from './event-loop.ts';
import type { Listener, RelayContext, RelaySettings } from './listener.ts';
import { PipePool } from './pipe-pool.ts';
import { openPort } from './port-choice.ts';
import {
  type ListenFailure,
  type ListeningReply,
  type RelayReply,
  type ServedServicePort,
  type ServeRequest,
  servicePortIdentity,
} from './protocol.ts';
import { ServicePort } from './service-port.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';

const DEFAULT_TCP_DRAIN_GRACE_MS = 3000;
const DEFAULT_UDP_DRAIN_QUIET_MS = 125_000;
const AFFINITY_SWEEP_MS = 60_000;
const WARNING_INTERVAL_MS = 60_000;

/** A service port, who listens for it now, and who did and has connections still. */
interface Slot {
  readonly servicePort: ServicePort;
  current: Listener | undefined;
  readonly draining: Set<Listener>;
}

export class Relay {
  readonly #slots = new Map<string, Slot>();
  readonly #context: RelayContext;
  readonly #settings: RelaySettings = {
    udpIdleTimeoutMs: 250,
    tcpDrainGraceMs: DEFAULT_TCP_DRAIN_GRACE_MS,
    udpDrainQuietMs: DEFAULT_UDP_DRAIN_QUIET_MS,
  };
  readonly #send: (message: RelayReply) => void;
  #idle = false;
  #lastWarning = Number.NEGATIVE_INFINITY;

  constructor(loop: EventLoop, send: (message: RelayReply) => void) {
    this.#send = send;
    this.#context = {
      loop,
      pipes: new PipePool(),
      dialSockets: new DialSockets(),
      datagrams: new Datagrams(),
      settings: this.#settings,
      warn: (message) => this.#warn(message),
    };
    this.#sweepAffinity();
  }

  /** Service ports with their listeners, the draining ones among them. */
  *listeners(): Iterable<Listener> {
    for (const { current, draining } of this.#slots.values()) {
      if (current) yield current;
      yield* draining;
    }
  }

  /** Makes the request's service ports the served ones. One that cannot be served is told of, the others are. */
  serve(request: ServeRequest): ListeningReply {
    this.#applySettings(request);
    const wanted = new Map(
      request.servicePorts.map((servicePort) => [servicePortIdentity(servicePort), servicePort]),
    );
    for (const [identity, slot] of this.#slots) {
      if (!wanted.has(identity)) this.#drain(slot);
    }
    const failures: ListenFailure[] = [];
    // Pinned ports first: the kernel must not have given one of them to somebody else.
    const pinnedFirst = [...wanted].sort(
      ([, left], [, right]) => Number(left.proxyPort === undefined) - Number(right.proxyPort === undefined),
    );
    for (const [identity, servicePort] of pinnedFirst) {
      const failure = this.#serveOne(identity, servicePort, request);
      if (failure) failures.push(failure);
    }
    this.#noticeIdle();
    return { type: 'listening', sequence: request.sequence, ports: this.#ports(wanted.keys()), failures };
  }

  #applySettings({ udpIdleTimeoutMs, tcpDrainGraceMs, udpDrainQuietMs }: ServeRequest): void {
    this.#settings.udpIdleTimeoutMs = udpIdleTimeoutMs;
    this.#settings.tcpDrainGraceMs = tcpDrainGraceMs ?? DEFAULT_TCP_DRAIN_GRACE_MS;
    this.#settings.udpDrainQuietMs = udpDrainQuietMs ?? DEFAULT_UDP_DRAIN_QUIET_MS;
  }

  #ports(identities: Iterable<string>): ListeningReply['ports'] {
    return [...identities].flatMap((identity) => {
      const listener = this.#slots.get(identity)?.current;
      if (!listener) return [];
      const { key, protocol, family } = listener.servicePort;
      return [{ key, protocol, family, proxyPort: listener.proxyPort }];
    });
  }

  #serveOne(identity: string, wanted: ServedServicePort, request: ServeRequest): ListenFailure | undefined {
    const slot = this.#slot(identity, wanted);
    slot.servicePort.update(wanted);
    const pinned = wanted.proxyPort;
    const fits = (listener: Listener): boolean => pinned === undefined || listener.proxyPort === pinned;
    if (slot.current && fits(slot.current)) return undefined;
    this.#drain(slot);
    const previous = [...slot.draining].findLast(fits);
    if (previous?.resume()) {
      slot.draining.delete(previous);
      slot.current = previous;
      return undefined;
    }
    return this.#open(slot, wanted, request, previous?.proxyPort);
  }

  #slot(identity: string, wanted: ServedServicePort): Slot {
    const existing = this.#slots.get(identity);
    if (existing) return existing;
    const { loop } = this.#context;
    const slot: Slot = {
      servicePort: new ServicePort(wanted, () => loop.now),
      current: undefined,
      draining: new Set(),
    };
    this.#slots.set(identity, slot);
    return slot;
  }

  #open(
    slot: Slot,
    wanted: ServedServicePort,
    request: ServeRequest,
    previous: number | undefined,
  ): ListenFailure | undefined {
    const { key, protocol, family, proxyPort } = wanted;
    if (proxyPort !== undefined) this.#vacate(proxyPort, wanted);
    const outcome = openPort({
      servicePort: wanted,
      previous,
      range: request.portRange,
      reserved: new Set(request.servicePorts.flatMap((other) => other.proxyPort ?? [])),
      holder: (port) => this.#holder(port, wanted)?.servicePort.key,
      random: Math.random,
    });
    if ('code' in outcome) {
      this.#forgetIfEmpty(slot);
      return { key, protocol, family, ...outcome };
    }
    const Kind = protocol === 'TCP' ? TcpListener : UdpListener;
    const listener: Listener = new Kind(slot.servicePort, outcome.fd, this.#context, () => {
      slot.draining.delete(listener);
      this.#forgetIfEmpty(slot);
      this.#noticeIdle();
    });
    slot.current = listener;
    return undefined;
  }

  /** A pinned port goes to the one it is pinned for: one who only drains there gives it up now. */
  #vacate(port: number, wanted: ServedServicePort): void {
    const holder = this.#holder(port, wanted);
    if (holder?.state === 'draining') holder.close();
  }

  #holder(port: number, { protocol, family }: ServedServicePort): Listener | undefined {
    for (const listener of this.listeners()) {
      const { servicePort, proxyPort, state } = listener;
      const same = servicePort.protocol === protocol && servicePort.family === family;
      if (same && proxyPort === port && state !== 'closed') return listener;
    }
    return undefined;
  }

  #drain(slot: Slot): void {
    if (!slot.current) return;
    slot.draining.add(slot.current);
    slot.current.drain();
    slot.current = undefined;
  }

  #forgetIfEmpty(slot: Slot): void {
    if (slot.current || slot.draining.size > 0) return;
    this.#slots.delete(servicePortIdentity(slot.servicePort));
  }

  #noticeIdle(): void {
    const idle = this.#slots.size === 0;
    if (idle && !this.#idle) this.#send({ type: 'idle' });
    this.#idle = idle;
  }

  #sweepAffinity(): void {
    this.#context.loop.setTimer(AFFINITY_SWEEP_MS, () => {
      for (const { servicePort } of this.#slots.values()) servicePort.balancer.forgetExpiredAffinity();
      this.#sweepAffinity();
    });
  }

  /** One warning a minute: what causes one mostly causes thousands. */
  #warn(message: string): void {
    const { now } = this.#context.loop;
    if (now - this.#lastWarning < WARNING_INTERVAL_MS) return;
    this.#lastWarning = now;
    this.#send({ type: 'warning', message });
  }
}
