/**
 * Who may ask. The server listens on loopback, where every page that a browser shows can send to: a request is
 * the interface's own when it names this server as its host (no name that was rebound to 127.0.0.1), comes
 * from this server's page, and carries the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { tokenAmong } from '../../../app/contract/carrier.ts';

export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: string;

  /** @param address the loopback address that is listened on */
  constructor({ address, port, token }: { address: string; port: number; token: string }) {
    const host = address.includes(':') ? `[${address}]` : address;
    this.#hosts = new Set([`${host}:${port}`, `localhost:${port}`]);
    this.#token = token;
  }

  /** The request names this server by one of its own names. */
  isForUs({ headers }: IncomingMessage): boolean {
    return this.#hosts.has(headers.host?.toLowerCase() ?? '');
  }

  /** It comes from a page of this server. A browser always says where a WebSocket comes from. */
  isFromOurPage({ headers }: IncomingMessage): boolean {
    return headers.origin?.toLowerCase() === `http://${headers.host?.toLowerCase()}`;
  }

  /** It may come from a page of this server: none other is named. */
  isFromNoOtherPage(request: IncomingMessage): boolean {
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
    return request.headers.origin === undefined || this.isFromOurPage(request);
  }

  /** Among the subprotocols that a WebSocket offers. */
  carriesTokenAsProtocol({ headers }: IncomingMessage): boolean {
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim());
    return this.#isToken(tokenAmong(offered));
  }

  carriesTokenAsBearer({ headers }: IncomingMessage): boolean {
    return this.#isToken(/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]);
  }

  /** Compares in a time that tells nothing of where they differ. */
  #isToken(given: string | undefined): boolean {
    return timingSafeEqual(digest(given ?? ''), digest(this.#token));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
