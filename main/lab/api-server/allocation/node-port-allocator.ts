/** Why a port cannot be had, in the real allocator's words. */
export class PortUnavailableError extends Error {}

/** `--service-node-port-range` of an API server that was not told another. */
export const defaultNodePortRange: PortRange = { first: 30000, last: 32767 };

export interface PortRange {
  first: number;
  last: number;
}

/**
 * Gives out node ports. A port belongs to one Service whatever its protocols. Ports are picked at random,
 * above the band left to those who choose one themselves (KEP-3668).
 */
export class NodePortAllocator {
  readonly #range: PortRange;
  readonly #taken = new Set<number>();

  constructor(range: PortRange) {
    this.#range = range;
  }

  has(port: number): boolean {
    return this.#taken.has(port);
  }

  /** Notes a port of a Service read from the store. */
  restore(port: number): void {
    this.#taken.add(port);
  }

  begin(dryRun: boolean): NodePortOperation {
    return new NodePortOperation(this.#range, this.#taken, dryRun);
  }
}

/** What one request takes and gives back; nothing of it counts before `commit`. */
export class NodePortOperation {
  readonly #range: PortRange;
  readonly #taken: Set<number>;
  readonly #dryRun: boolean;
  readonly #allocated = new Set<number>();
  readonly #released = new Set<number>();

  constructor(range: PortRange, taken: Set<number>, dryRun: boolean) {
    this.#range = range;
    this.#taken = taken;
    this.#dryRun = dryRun;
  }

  /** @throws PortUnavailableError */
  allocate(port: number): void {
    const { first, last } = this.#range;
    if (!this.#dryRun && (port < first || port > last)) {
      throw new PortUnavailableError(
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    if (!this.#isFree(port)) throw new PortUnavailableError('provided port is already allocated');
    this.#allocated.add(port);
  }

  /**
   * A free port. A dry run gets one above the range, as the real server answers it.
   * @throws PortUnavailableError
   */
  allocateNext(): number {
    const port = this.#dryRun ? this.#dummyPort() : this.#freePort();
    if (port === undefined) throw new PortUnavailableError('range is full');
    this.#allocated.add(port);
    return port;
  }

  /** Gives a port back once the operation is committed. */
  releaseDeferred(port: number): void {
    this.#released.add(port);
  }

  commit(): void {
    if (this.#dryRun) return;
    for (const port of this.#released) this.#taken.delete(port);
    for (const port of this.#allocated) this.#taken.add(port);
  }

  #freePort(): number | undefined {
    const band = lowerBand(this.#range);
    const { first, last } = this.#range;
    return this.#search(first + band, last) ?? this.#search(first, first + band - 1);
  }

  #search(first: number, last: number): number | undefined {
    const size = last - first + 1;
    const start = Math.floor(Math.random() * size);
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start + step) % size);
      if (this.#isFree(port)) return port;
    }
    return undefined;
  }

  #dummyPort(): number {
    return Math.max(32767, ...this.#allocated) + 1;
  }

  #isFree(port: number): boolean {
    return !this.#taken.has(port) && !this.#allocated.has(port);
  }
}

/** min(max(16, size/32), 128) ports; none where the range is not larger than 16. */
function lowerBand({ first, last }: PortRange): number {
  const size = last - first + 1;
  if (size <= 16) return 0;
  return Math.min(Math.max(16, Math.floor(size / 32)), 128);
}
