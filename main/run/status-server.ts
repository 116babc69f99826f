/** The two small HTTP servers of a kube-proxy: health for load balancers, metrics for Prometheus. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { ProxyHealth } from './proxy-health.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

/** An address that cannot be listened on; the message names it and the field that gives it. */
export class ListenError extends Error {
  constructor(address: string, field: string, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
    super(`cannot listen on ${address} (${field}): ${why}. Another address is given with --config`, {
      cause,
    });
    this.name = 'ListenError';
  }
}

export interface StatusServer {
  readonly address: string;
  close(): Promise<void>;
}

interface HealthParts {
  health: ProxyHealth;
  metrics: ProxyMetrics;
}

/** `/healthz` and `/livez`: 200 or 503 with kube-proxy's JSON. @throws ListenError */
export function startHealthServer(address: string, { health, metrics }: HealthParts): Promise<StatusServer> {
  return listen(address, 'healthzBindAddress', (request, response) => {
    const path = pathOf(request.url);
    if (path !== '/healthz' && path !== '/livez') return notFound(response);
    const name = path === '/healthz' ? 'healthz' : 'livez';
    const { healthy, body } = health[name]();
    const code = healthy ? 200 : 503;
    metrics.answered(name, code);
    response.writeHead(code, {
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    });
    response.end(JSON.stringify(body));
  });
}

export interface MetricsParts extends HealthParts {
  mode: () => string;
  /** The KubeProxyConfiguration in force, for `/configz`. */
  configuration: () => unknown;
}

/** `/metrics`, `/proxyMode`, `/configz`, and `/healthz` as a plain `ok`. @throws ListenError */
export function startMetricsServer(address: string, parts: MetricsParts): Promise<StatusServer> {
  return listen(address, 'metricsBindAddress', (request, response) => {
    switch (pathOf(request.url)) {
      case '/metrics':
        parts.metrics.registry
          .metrics()
          .then((text) => answer(response, parts.metrics.registry.contentType, text))
          .catch((error: unknown) => {
            response.writeHead(500).end(String(error));
          });
        return;
      case '/proxyMode':
        return answer(response, 'text/plain; charset=utf-8', parts.mode());
      case '/configz':
        return answer(
          response,
          'application/json',
          JSON.stringify({ 'kubeproxy.config.k8s.io': parts.configuration() }),
        );
      case '/healthz':
        return answer(response, 'text/plain; charset=utf-8', 'ok');
      default:
        return notFound(response);
    }
  });
}

function pathOf(url: string | undefined): string {
  return new URL(url ?? '/', 'http://proxy').pathname;
}

function answer(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(text);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
}

/** `127.0.0.1:10256`, `[::1]:10256`; port 0 for any. */
function parseAddress(address: string): { host: string; port: number } {
  const [, v6, v4, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  return { host: v6 ?? v4 ?? '127.0.0.1', port: Number(port ?? 0) };
}

function listen(address: string, field: string, listener: RequestListener): Promise<StatusServer> {
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    listener(request, response);
  });
  server.requestTimeout = 10_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(address, field, error)));
    server.listen(parseAddress(address), () => {
      const bound = server.address();
      const at = typeof bound === 'object' && bound ? bound : undefined;
      resolve({
        address: at
          ? at.family === 'IPv6'
            ? `[${at.address}]:${at.port}`
            : `${at.address}:${at.port}`
          : address,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
