import type * as libc from './libc.ts';
import type { Family } from './socket-address.ts';
import { openTcp } from './sockets.ts';

/**
 * Sockets for dials, one held in advance.
 *
 * A relayed connection needs two descriptors. Whoever accepts the one without being sure of the other has to
 * turn the client away when there is none, or, waiting for one, may hold the last that others wait for. So a
 * listener reserves the dial's socket first and otherwise leaves the client in the kernel's queue.
 */
export class DialSockets {
  readonly #reserved = new Map<Family, number>();

  /** Makes sure of a socket for the next dial: 0, or minus errno. */
  reserve(family: Family): libc.Outcome {
    if (this.#reserved.has(family)) return 0;
    const fd = openTcp(family);
    if (fd < 0) return fd;
    this.#reserved.set(family, fd);
    return 0;
  }

  /** The reserved socket, or a new one where none is: a descriptor, or minus errno. */
  take(family: Family): libc.Outcome {
    const reserved = this.#reserved.get(family);
    if (reserved === undefined) return openTcp(family);
    this.#reserved.delete(family);
    return reserved;
  }
}
