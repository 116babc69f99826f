import type { EndpointAddress } from '../../app/proxy/userspace/load-balancer.ts';
import { addressOf } from './libc.ts';
import { encodeSocketAddress } from './socket-address.ts';

/** An endpoint of a service port as the relay sees it: how to call it, and what was done with it so far. */
export class Backend implements EndpointAddress {
  readonly ip: string;
  readonly port: number;
  /** Its socket address, for `connect`. */
  readonly address: number;
  readonly addressLength: number;
  /** Still one of the service port's endpoints. */
  current = true;
  connections = 0;
  live = 0;
  dialFailures = 0;
  /** Of connections that have ended; the live ones count their own. */
  bytesTo = 0;
  bytesFrom = 0;
  /** Keeps the memory behind `address`. */
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
    this.#bytes = encodeSocketAddress(ip, port);
    this.address = addressOf(this.#bytes.buffer);
    this.addressLength = this.#bytes.length;
  }

  opened(): void {
    this.connections += 1;
    this.live += 1;
  }

  closed(bytesTo: number, bytesFrom: number): void {
    this.live -= 1;
    this.bytesTo += bytesTo;
    this.bytesFrom += bytesFrom;
  }
}
