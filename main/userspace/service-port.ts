import { endpointKey, RoundRobinLoadBalancer } from '../../app/proxy/userspace/load-balancer.ts';
import { Backend } from './backend.ts';
import { type LiveRelay, LiveRelays } from './live-relays.ts';
import type { ServedServicePort } from './protocol.ts';
import type { Family } from './socket-address.ts';

/** A service port of one protocol and family: its balancer, its endpoints and its counts, whoever listens for it. */
export class ServicePort {
  readonly key: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly family: Family;
  readonly balancer: RoundRobinLoadBalancer<Backend>;
  readonly live = new LiveRelays();
  accepted = 0;
  refused = 0;
  readonly #backends = new Map<string, Backend>();

  constructor({ key, protocol, family }: ServedServicePort, now: () => number) {
    this.key = key;
    this.protocol = protocol;
    this.family = family;
    this.balancer = new RoundRobinLoadBalancer<Backend>({ now, random: Math.random });
  }

  /** The endpoints of now, and those of before that still have connections. */
  get backends(): Iterable<Backend> {
    return this.#backends.values();
  }

  update({ endpoints, sessionAffinity }: ServedServicePort): void {
    const current = endpoints.map(({ ip, port }) => {
      const key = endpointKey({ ip, port });
      const backend = this.#backends.get(key) ?? new Backend(ip, port);
      this.#backends.set(key, backend);
      return backend;
    });
    const kept = new Set(current);
    for (const [key, backend] of this.#backends) {
      backend.current = kept.has(backend);
      if (!backend.current && backend.live === 0) this.#backends.delete(key);
    }
    this.balancer.update({ endpoints: current, affinityTimeoutSeconds: sessionAffinity?.timeoutSeconds });
  }

  began(relay: LiveRelay): void {
    this.live.add(relay);
    relay.backend.opened();
  }

  ended(relay: LiveRelay): void {
    this.live.remove(relay);
    relay.backend.closed(relay.bytesTo, relay.bytesFrom);
  }
}
