/** The HTTP servers behind health check node ports, opened inside a node's network namespace. */
import { createServer, type Server } from 'node:http';
import { type HealthCheck, type HealthCheckState, healthCheckAnswer } from '../../app/proxy/health-checks.ts';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { EADDRNOTAVAIL, EAFNOSUPPORT, errnoName } from '../userspace/libc.ts';
import { listenTcp } from '../userspace/sockets.ts';

/** A Service whose health check port could not be opened: `namespace/name`, and why. */
export interface HealthCheckFailure {
  readonly service: string;
  readonly message: string;
}

interface OpenCheck {
  check: HealthCheck;
  readonly servers: Server[];
}

export class HealthCheckServers {
  readonly #node: NetworkNamespace | undefined;
  readonly #open = new Map<string, OpenCheck>();
  #addresses = '';
  #healthy = false;

  /** @param node the network namespace they listen in; this process's own without it */
  constructor(node?: NetworkNamespace) {
    this.#node = node;
  }

  /** Makes what listens and answers that of the state. A Service whose port is taken is tried again the next time. */
  serve({ services, addresses, serviceProxyHealthy }: HealthCheckState): HealthCheckFailure[] {
    this.#healthy = serviceProxyHealthy;
    const wanted = new Map(services.map((check) => [`${check.namespace}/${check.name}`, check]));
    const moved = this.#addresses !== addresses.join();
    this.#addresses = addresses.join();
    for (const [service, { check, servers }] of this.#open) {
      if (!moved && wanted.get(service)?.port === check.port) continue;
      closeAll(servers);
      this.#open.delete(service);
    }
    const failures: HealthCheckFailure[] = [];
    for (const [service, check] of wanted) {
      const open = this.#open.get(service);
      if (open) open.check = check;
      else {
        const message = this.#listen(service, check, addresses);
        if (message !== undefined) failures.push({ service, message });
      }
    }
    return failures;
  }

  close(): void {
    for (const { servers } of this.#open.values()) closeAll(servers);
    this.#open.clear();
  }

  /** All of the addresses, or none. Gives what is wrong. */
  #listen(service: string, check: HealthCheck, addresses: readonly string[]): string | undefined {
    const open: OpenCheck = { check, servers: [] };
    for (const address of addresses) {
      const fd = this.#openSocket(address, check.port);
      if (fd < 0) {
        // A kernel without IPv6 has no such address.
        if (address === '::' && (fd === -EAFNOSUPPORT || fd === -EADDRNOTAVAIL)) continue;
        closeAll(open.servers);
        return `health check port ${check.port} cannot be listened on at ${address}: ${errnoName(-fd)}`;
      }
      open.servers.push(this.#serverOn(fd, open));
    }
    this.#open.set(service, open);
    return undefined;
  }

  #openSocket(address: string, port: number): number {
    const listen = (): number => listenTcp(address.includes(':') ? 'IPv6' : 'IPv4', port, address);
    return this.#node ? this.#node.run(listen) : listen();
  }

  #serverOn(fd: number, open: OpenCheck): Server {
    const server = createServer((request, response) => {
      const { status, headers, body } = healthCheckAnswer(open.check, this.#healthy);
      response.removeHeader('Connection');
      response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
    server.on('error', () => closeAll([server]));
    server.listen({ fd });
    return server;
  }
}

function closeAll(servers: readonly Server[]): void {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
}
