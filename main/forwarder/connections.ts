import { connect, type Server, type Socket } from 'node:net';

export interface ForwarderEvents {
  count: (count: number) => void;
  /** With the system's word: ECONNREFUSED, ETIMEDOUT… */
  failed: (code: string) => void;
}

export interface Target {
  address: string;
  port: number;
}

/** As long as a client waits for an answer to its SYN before it gives up, more or less. */
const CONNECT_TIMEOUT_MS = 10_000;
const MOST_CONNECTIONS = 4096;

/** Leads every connection that the server accepts to the target. The returned function ends all of it. */
export function forwardConnections(server: Server, target: Target, events: ForwarderEvents): () => void {
  const sockets = new Set<Socket>();
  server.maxConnections = MOST_CONNECTIONS;
  server.on('connection', (near) => {
    const far = connect({ host: target.address, port: target.port, allowHalfOpen: true });
    near.allowHalfOpen = true;
    sockets.add(near);
    events.count(sockets.size);
    const timer = setTimeout(() => far.destroy(timedOut()), CONNECT_TIMEOUT_MS);
    let connected = false;
    far.on('connect', () => {
      connected = true;
      clearTimeout(timer);
      near.pipe(far);
      far.pipe(near);
    });
    far.on('error', (error: NodeJS.ErrnoException) => {
      if (!connected) events.failed(error.code ?? 'EUNKNOWN');
      // A reset is the nearest that a connection which was accepted can come to being refused.
      near.resetAndDestroy();
    });
    near.on('error', () => far.destroy());
    near.on('close', () => {
      clearTimeout(timer);
      far.destroy();
      sockets.delete(near);
      events.count(sockets.size);
    });
    far.on('close', () => {
      clearTimeout(timer);
      if (!near.destroyed && near.writableEnded === false) near.end();
    });
  });
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

function timedOut(): Error {
  return Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
}
