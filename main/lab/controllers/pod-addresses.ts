import { formatAddress, type IPRange, parseAddress, parseRange } from '../api-server/allocation/ip-range.ts';

export interface PodAddresses {
  ip: string;
  ip6: string;
}

/** The first addresses of a pod range are the node's own on the pods' wires. */
const reserved = 1n;

/**
 * Gives pods their addresses, the same place in both ranges: 192.168.125.7 and fd00:10:244::7. Addresses
 * are handed out in turn, as host-local IPAM does, so that one that has just been freed, which others may
 * still remember, is not the next to be used.
 */
export class PodAddressAllocator {
  readonly #ipv4: IPRange;
  readonly #ipv6: IPRange;
  readonly #taken = new Map<string, bigint>();
  #last = reserved;

  /** @throws Error unless there is one range of each family */
  constructor(cidrs: readonly string[]) {
    const ranges = cidrs.map(parseRange);
    const ipv4 = ranges.find((range) => range.family === 'IPv4');
    const ipv6 = ranges.find((range) => range.family === 'IPv6');
    if (!ipv4 || !ipv6) throw new Error(`pod ranges of both families are needed, got ${cidrs.join(', ')}`);
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /** The pod's addresses, the same however often they are asked for; undefined when there are no more. */
  take(uid: string): PodAddresses | undefined {
    const held = this.#taken.get(uid);
    if (held !== undefined) return this.#addresses(held);
    const size = this.#ipv4.last - this.#ipv4.network - reserved;
    const used = new Set(this.#taken.values());
    for (let step = 1n; step <= size; step += 1n) {
      const index = ((this.#last - reserved - 1n + step + size) % size) + reserved + 1n;
      if (used.has(index)) continue;
      this.#taken.set(uid, index);
      this.#last = index;
      return this.#addresses(index);
    }
    return undefined;
  }

  /** Notes the address of a pod that runs since an earlier start; false where another has it. */
  restore(uid: string, ip: string): boolean {
    const value = parseAddress(ip, 'IPv4');
    if (value === undefined || value <= this.#ipv4.network || value > this.#ipv4.last) return false;
    const index = value - this.#ipv4.network;
    if ([...this.#taken.values()].includes(index)) return false;
    this.#taken.set(uid, index);
    if (index > this.#last) this.#last = index;
    return true;
  }

  release(uid: string): void {
    this.#taken.delete(uid);
  }

  #addresses(index: bigint): PodAddresses {
    return {
      ip: formatAddress(this.#ipv4.network + index, 'IPv4'),
      ip6: formatAddress(this.#ipv6.network + index, 'IPv6'),
    };
  }
}
