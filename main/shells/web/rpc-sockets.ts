/** Carries the contract over WebSockets, within limits that no page of ours comes near. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestHeadersPlugin } from '@orpc/server/plugins';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { webSocketPath, webSocketProtocol } from '../../../app/contract/carrier.ts';
import { sessionRouter } from '../../session/router/session-router.ts';
import type { SessionContext } from '../../session/session-context.ts';
import { OpenCalls } from './open-calls.ts';
import type { RequestGuard } from './request-guard.ts';

/** The largest question is a manifest of 1 MiB of text, as JSON. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MOST_SOCKETS = 256;
/** Messages a second that a socket is read at, and how many it may send at once. */
const MESSAGES_PER_SECOND = 200;
const MESSAGES_AT_ONCE = 400;
/** What waits to be taken by one reader. Live answers wait for theirs to be taken; this bounds all others. */
const MOST_UNSENT_BYTES = 128 * 1024 * 1024;
/** A reader that does not answer a ping by the next one has gone, or takes nothing any more. */
const PING_MS = 20_000;

export class RpcSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => webSocketProtocol,
  });
  readonly #guard: RequestGuard;
  readonly #context: SessionContext;
  readonly #handler = new RPCHandler<SessionContext & { calls: OpenCalls }>(sessionRouter, {
    plugins: [new RequestHeadersPlugin()],
    rootInterceptors: [({ context, next }) => context.calls.count(next)],
  });

  constructor(guard: RequestGuard, context: SessionContext) {
    this.#guard = guard;
    this.#context = context;
  }

  /** Answers an upgrade request: with a socket, or with why not. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal) {
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#serve(socket));
  }

  close(): void {
    for (const socket of this.#server.clients) {
      // 1001: going away. The page looks for the next one by itself.
      socket.close(1001);
      socket.terminate();
    }
    this.#server.close();
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (!this.#guard.isForUs(request) || !this.#guard.isFromOurPage(request)) return '403 Forbidden';
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== webSocketPath) return '404 Not Found';
    if (!this.#guard.carriesTokenAsProtocol(request)) return '401 Unauthorized';
    if (this.#server.clients.size >= MOST_SOCKETS) return '503 Service Unavailable';
    return undefined;
  }

  #serve(socket: WebSocket): void {
    // What a socket is closed for (too large a message, no text) comes as an error first.
    socket.on('error', () => {});
    limitRate(socket);
    endWhenSilent(socket);
    void this.#handler.upgrade(
      { addEventListener: socket.addEventListener.bind(socket), send: (data) => send(socket, data) },
      { context: { ...this.#context, calls: new OpenCalls() } },
    );
  }
}

/**
 * Settles when the data has been taken, so that a live answer waits for its reader rather than for memory:
 * the feed begins anew with a snapshot where too much has come together meanwhile.
 */
function send(socket: WebSocket, data: Parameters<WebSocket['send']>[0]): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  if (socket.bufferedAmount > MOST_UNSENT_BYTES) {
    socket.terminate();
    return Promise.resolve();
  }
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/** Whoever sends faster is read slower. */
function limitRate(socket: WebSocket): void {
  let left = MESSAGES_AT_ONCE;
  let countedAt = performance.now();
  socket.on('message', () => {
    const now = performance.now();
    left = Math.min(MESSAGES_AT_ONCE, left + ((now - countedAt) / 1000) * MESSAGES_PER_SECOND) - 1;
    countedAt = now;
    if (left >= 0 || socket.isPaused) return;
    socket.pause();
    setTimeout(() => socket.resume(), (MESSAGES_AT_ONCE / MESSAGES_PER_SECOND) * 250).unref();
  });
}

function endWhenSilent(socket: WebSocket): void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  socket.on('close', () => clearInterval(timer));
}
