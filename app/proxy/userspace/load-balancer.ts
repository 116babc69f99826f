/**
 * Which endpoint gets the next connection of a Service port, as kube-proxy's userspace mode decides
 * (pkg/proxy/userspace/roundrobin.go): in turn, or the one this client had last.
 *
 * One balancer stands for one Service port of one IP family. It knows nothing of sockets; whoever relays
 * asks it at each dial and tells it when a dial failed.
 */

/** Where a ready pod answers. */
export interface EndpointAddress {
  readonly ip: string;
  readonly port: number;
}

export interface LoadBalancerEffects {
  /** Milliseconds on a clock that never runs backwards. */
  now: () => number;
  /** A number in [0, 1). */
  random: () => number;
}

export interface LoadBalancerUpdate<E extends EndpointAddress> {
  endpoints: readonly E[];
  /** Absent: `sessionAffinity: None`. */
  affinityTimeoutSeconds?: number | undefined;
}

interface AffinityEntry<E> {
  endpoint: E;
  lastUsed: number;
}

/** `10.0.0.5:80`, `[fd00::5]:80`: an endpoint as a key and for the eye. */
export function endpointKey({ ip, port }: EndpointAddress): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function sameEndpoints(left: readonly EndpointAddress[], right: readonly EndpointAddress[]): boolean {
  if (left.length !== right.length) return false;
  const sorted = right.map(endpointKey).sort();
  return left
    .map(endpointKey)
    .sort()
    .every((key, index) => key === sorted[index]);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const moved = result[last] as T;
    result[last] = result[other] as T;
    result[other] = moved;
  }
  return result;
}

export class RoundRobinLoadBalancer<E extends EndpointAddress = EndpointAddress> {
  readonly #effects: LoadBalancerEffects;
  readonly #affinity = new Map<string, AffinityEntry<E>>();
  #endpoints: readonly E[] = [];
  #next = 0;
  #affinityTimeoutMs: number | undefined;

  constructor(effects: LoadBalancerEffects) {
    this.#effects = effects;
  }

  /** The endpoints in the order in which they take their turns, the first being the first after an update. */
  get endpoints(): readonly E[] {
    return this.#endpoints;
  }

  /** How many clients are bound to an endpoint now. */
  get affinityCount(): number {
    return this.#affinity.size;
  }

  /**
   * Takes over the Service port's endpoints and affinity.
   *
   * The same set of endpoints, in whatever order, changes nothing: the turn goes on. A different set is
   * shuffled and the turn starts at its head, as in kube-proxy: without the shuffle each change of a large
   * Service would send the next connection of every node to the same pod. Clients of an endpoint that went
   * lose their affinity; the others keep theirs. Unlike kube-proxy 1.25, which keeps the timeout of the
   * Service's first version until it restarts, a new affinity timeout holds at once.
   */
  update({ endpoints, affinityTimeoutSeconds }: LoadBalancerUpdate<E>): void {
    this.#affinityTimeoutMs =
      affinityTimeoutSeconds === undefined ? undefined : affinityTimeoutSeconds * 1000;
    if (sameEndpoints(this.#endpoints, endpoints)) return;
    const kept = new Set(endpoints.map(endpointKey));
    for (const [client, entry] of this.#affinity) {
      if (!kept.has(endpointKey(entry.endpoint))) this.#affinity.delete(client);
    }
    this.#endpoints = shuffled(endpoints, this.#effects.random);
    this.#next = 0;
  }

  /**
   * The endpoint for a connection from `clientIP`; undefined where there is none.
   *
   * With session affinity it is the client's last one until `timeoutSeconds` have passed without a
   * connection from it. `affinityReset` (a dial to it has just failed) takes the next in turn instead and
   * binds the client to that.
   */
  next(clientIP: string, { affinityReset = false }: { affinityReset?: boolean } = {}): E | undefined {
    const timeout = this.#affinityTimeoutMs;
    if (timeout === undefined) return this.#inTurn();
    const now = this.#effects.now();
    const bound = this.#affinity.get(clientIP);
    if (bound && !affinityReset && now - bound.lastUsed < timeout) {
      bound.lastUsed = now;
      return bound.endpoint;
    }
    const endpoint = this.#inTurn();
    if (endpoint) this.#affinity.set(clientIP, { endpoint, lastUsed: now });
    return endpoint;
  }

  /** Frees a client from an endpoint that has turned out not to answer; one bound to another stays bound. */
  breakAffinity(clientIP: string, endpoint: E): void {
    if (this.#affinity.get(clientIP)?.endpoint === endpoint) this.#affinity.delete(clientIP);
  }

  /** Forgets the clients whose affinity has run out, so that the table does not grow with every client ever seen. */
  forgetExpiredAffinity(): void {
    const timeout = this.#affinityTimeoutMs ?? 0;
    const now = this.#effects.now();
    for (const [client, entry] of this.#affinity) {
      if (now - entry.lastUsed >= timeout) this.#affinity.delete(client);
    }
  }

  #inTurn(): E | undefined {
    const endpoint = this.#endpoints[this.#next];
    this.#next = this.#endpoints.length === 0 ? 0 : (this.#next + 1) % this.#endpoints.length;
    return endpoint;
  }
}
