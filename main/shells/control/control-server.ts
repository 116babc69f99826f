/**
 * Serves the contract to this machine's commands: HTTP on loopback, behind a random token that only the
 * user can read. A web page cannot use it: it would have to know the token, and name this host as its own.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RPCHandler } from '@orpc/server/node';
import { isAuthorized } from '../../lab/api-server/credentials/token.ts';
import { labRouter } from '../../session/router/lab-router.ts';
import type { SessionContext } from '../../session/session-context.ts';

export interface ControlServer {
  /** `http://127.0.0.1:PORT/rpc` */
  url: string;
  token: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Resolves once it listens, on a port the kernel chose. */
export async function startControlServer(context: SessionContext): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url');
  const handler = new RPCHandler(labRouter);
  const server = createServer(async (request, response) => {
    const length = Number(request.headers['content-length'] ?? 0);
    if (!isAuthorized(request.headers.authorization, token) || request.headers.origin !== undefined) {
      response.writeHead(401).end();
    } else if (length > MAX_BODY_BYTES) {
      response.writeHead(413).end();
    } else {
      const { matched } = await handler.handle(request, response, { prefix: '/rpc', context });
      if (!matched) response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/rpc`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
