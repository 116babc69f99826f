/**
 * Serves the contract to this machine's commands: HTTP on loopback, behind a random token that only the
 * user can read. A web page cannot use it: it would have to know the token, and name this host as its own.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/node';
import { labContract } from '../../../app/contract/lab.ts';
import { TargetError } from '../../../app/probe/target.ts';
import type { LabHost } from '../../lab/host.ts';

export interface ControlServer {
  /** `http://127.0.0.1:PORT/rpc` */
  url: string;
  token: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

function labRouter(host: LabHost): ReturnType<typeof router> {
  return router(host);
}

function router(host: LabHost) {
  const lab = implement(labContract);
  return lab.router({
    status: lab.status.handler(() => host.status()),
    setMode: lab.setMode.handler(async ({ input, errors }) => {
      try {
        await host.setMode(input.mode, input.dialect ?? host.status().dialect);
      } catch (error) {
        throw errors.UNSUPPORTED({ message: error instanceof Error ? error.message : String(error) });
      }
      return host.status();
    }),
    setLoadBalancer: lab.setLoadBalancer.handler(async ({ input }) => {
      await host.setLoadBalancer(input.enabled);
      return host.status();
    }),
    resolveTarget: lab.resolveTarget.handler(({ input, errors }) => {
      try {
        return host.resolveTarget(input.target);
      } catch (error) {
        if (error instanceof TargetError) throw errors.BAD_TARGET({ message: error.message });
        throw error;
      }
    }),
    relayStatistics: lab.relayStatistics.handler(async () => (await host.relayStatistics()) ?? null),
  });
}

function carries(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Resolves once it listens, on a port the kernel chose. */
export async function startControlServer(host: LabHost): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url');
  const handler = new RPCHandler(labRouter(host));
  const server = createServer(async (request, response) => {
    const length = Number(request.headers['content-length'] ?? 0);
    if (!carries(request, token) || request.headers.origin !== undefined) {
      response.writeHead(401).end();
    } else if (length > MAX_BODY_BYTES) {
      response.writeHead(413).end();
    } else {
      const { matched } = await handler.handle(request, response, { prefix: '/rpc', context: {} });
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
