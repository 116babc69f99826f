/**
 * The user interface in a browser: the page's files over HTTP and the contract over a WebSocket, on loopback,
 * behind a token. Address and token are kept in the data folder, so that a page which is open finds the lab
 * again after a restart.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tokenFragment } from '../../../app/contract/carrier.ts';
import { readIfThere, writePrivateFile } from '../../lab/api-server/credentials/private-file.ts';
import { bearerToken } from '../../lab/api-server/credentials/token.ts';
import type { SessionContext } from '../../session/session-context.ts';
import type { Shell } from '../shell.ts';
import { OpeningLinks } from './opening-links.ts';
import { PageFiles } from './page-files.ts';
import { answerHttp } from './page-server.ts';
import { RequestGuard } from './request-guard.ts';
import { RpcSockets } from './rpc-sockets.ts';

export interface WebShellOptions {
  context: SessionContext;
  dataDir: string;
  /** The built page's files. */
  folder: string;
  /** A loopback address. */
  address: string;
  /** Absent: the one of the last start, or any that is free. */
  port?: number;
}

export interface WebShell extends Shell {
  /** With the token in its fragment: `http://127.0.0.1:41234/#token=…`. */
  url: string;
  /** An address that opens the interface once: for a browser's command line, which others can read. */
  openingUrl(): string;
}

/** The port that was asked for cannot be had. */
export class PortTakenError extends Error {
  constructor(address: string, port: number, reason: 'EADDRINUSE' | 'EACCES') {
    const why = reason === 'EACCES' ? 'is one that only root may listen on' : 'is taken by another program';
    super(`port ${port} of ${address} ${why}. Name another with --port, or leave --port out for any.`);
    this.name = 'PortTakenError';
  }
}

const MOST_CONNECTIONS = 1024;

/** Resolves once it listens. @throws PortTakenError */
export async function startWebShell(options: WebShellOptions): Promise<WebShell> {
  const { context, dataDir, folder, address } = options;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
  server.maxConnections = MOST_CONNECTIONS;
  const port = await listenOnRememberedPort(server, options);
  const token = bearerToken(join(dataDir, 'ui-token'));
  const guard = new RequestGuard({ address, port, token });
  const links = new OpeningLinks();
  const sockets = new RpcSockets(guard, context);
  server.on('request', answerHttp({ guard, files: new PageFiles(folder), links, token }));
  server.on('upgrade', (request, stream, head) => sockets.upgrade(request, stream, head));
  const origin = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  return {
    url: `${origin}/${tokenFragment(token)}`,
    openingUrl: () => `${origin}${links.make()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.close();
        server.closeAllConnections();
      }),
  };
}

async function listenOnRememberedPort(
  server: Server,
  { dataDir, address, port: asked }: WebShellOptions,
): Promise<number> {
  const path = join(dataDir, 'ui-port');
  if (asked) return listen(server, address, asked);
  const remembered = asked === undefined ? Number(readIfThere(path) ?? 0) : 0;
  const port = await listen(server, address, remembered).catch((error: unknown) => {
    if (remembered === 0 || !(error instanceof PortTakenError)) throw error;
    return listen(server, address, 0);
  });
  if (port !== remembered) writePrivateFile(path, `${port}\n`);
  return port;
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const { code } = error;
      reject(code === 'EADDRINUSE' || code === 'EACCES' ? new PortTakenError(address, port, code) : error);
    };
    server.once('error', failed);
    server.listen(port, address, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
