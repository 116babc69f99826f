import type { IPFamily } from '../../../../app/kubernetes/objects.ts';
import { formatAddress, type IPRange, parseAddress } from './ip-range.ts';

/** Why an address cannot be had, in the real allocator's words. */
export class AddressUnavailableError extends Error {}

/**
 * Gives out cluster IPs of one family. It keeps no state: what is taken is what the store says.
 *
 * Addresses are picked at random, out of the range's upper band first, so that the lower one stays free for
 * those who choose an address themselves (KEP-3070).
 */
export class ClusterIPAllocator {
  readonly family: IPFamily;
  readonly #ranges: () => IPRange[];
  readonly #isTaken: (address: string) => boolean;

  constructor(family: IPFamily, ranges: () => IPRange[], isTaken: (address: string) => boolean) {
    this.family = family;
    this.#ranges = ranges;
    this.#isTaken = isTaken;
  }

  /** @throws AddressUnavailableError unless the address can be taken; a dry run looks at the range alone. */
  check(address: string, dryRun: boolean): void {
    const value = parseAddress(address, this.family);
    const range = value === undefined ? undefined : this.#ranges().find((item) => contains(item, value));
    if (value === undefined || !range) {
      throw new AddressUnavailableError('the provided network does not match the current range');
    }
    if (value < range.first || value > range.last) {
      throw new AddressUnavailableError(
        `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range.cidr}`,
      );
    }
    if (!dryRun && this.#isTaken(formatAddress(value, this.family))) {
      throw new AddressUnavailableError('provided IP is already allocated');
    }
  }

  /**
   * A free address. A dry run gets the network's address, as the real server answers it.
   * @throws AddressUnavailableError
   */
  next(dryRun: boolean): string {
    for (const range of this.#ranges()) {
      if (dryRun) return formatAddress(range.network, this.family);
      const band = lowerBand(range);
      const found =
        this.#search(range.first + band, range.last) ?? this.#search(range.first, range.first + band - 1n);
      if (found !== undefined) return found;
    }
    throw new AddressUnavailableError('range is full');
  }

  /** From a random place on, around the end, until one is free. */
  #search(first: bigint, last: bigint): string | undefined {
    const size = last - first + 1n;
    if (size <= 0n) return undefined;
    const start = randomBelow(size);
    for (let step = 0n; step < size; step += 1n) {
      const address = formatAddress(first + ((start + step) % size), this.family);
      if (!this.#isTaken(address)) return address;
    }
    return undefined;
  }
}

/** min(max(16, size/16), 256) addresses; none where the range is not larger than 16. */
function lowerBand(range: IPRange): bigint {
  const size = range.last - range.first + 1n;
  if (size <= 16n) return 0n;
  const sixteenth = size / 16n;
  if (sixteenth < 16n) return 16n;
  return sixteenth > 256n ? 256n : sixteenth;
}

function contains(range: IPRange, value: bigint): boolean {
  return value >= range.network && value <= range.last + (range.family === 'IPv4' ? 1n : 0n);
}

function randomBelow(limit: bigint): bigint {
  const span = limit > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(limit);
  return BigInt(Math.floor(Math.random() * span));
}
