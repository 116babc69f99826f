/** For tests of the relay process: the process itself, endpoints that say who they are, and clients. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { channelToChild } from '../helper/process-channel.ts';
import { unshareNetworkNamespace } from '../namespaces/libc.ts';
import type { ListenerStatistics, ServedServicePort } from './protocol.ts';
import { RelayClient, type ServedState } from './relay-client.ts';

const PROGRAM = new URL('./relay-main.ts', import.meta.url).pathname;

/**
 * Moves this process's traffic to a network namespace of its own, for good, so that the relay's listeners are
 * nobody else's. An ordinary user may not: there the tests run on the machine's loopback.
 */
export function leaveTheMachinesNetwork(): void {
  try {
    unshareNetworkNamespace();
  } catch {
    return;
  }
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
}

export interface EndpointHost {
  ip: string;
  port: number;
}

export class RelayUnderTest implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly client: RelayClient;
  readonly warnings: string[] = [];
  idleCount = 0;
  #idleListeners: (() => void)[] = [];

  /** `maxOpenFiles` limits its descriptors. */
  constructor({ maxOpenFiles }: { maxOpenFiles?: number } = {}) {
    const command: [string, ...string[]] = [process.execPath, PROGRAM];
    if (maxOpenFiles !== undefined) command.unshift('prlimit', `--nofile=${maxOpenFiles}:${maxOpenFiles}`);
    const [program, ...args] = command;
    this.child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.client = new RelayClient(channelToChild(this.child), {
      onIdle: () => {
        this.idleCount += 1;
        for (const listener of this.#idleListeners.splice(0)) listener();
      },
      onWarning: (message) => this.warnings.push(message),
    });
  }

  /** The next time it says that it is idle. */
  idle(): Promise<void> {
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  serve(
    servicePorts: ServedServicePort[],
    settings: Partial<ServedState> = {},
  ): ReturnType<RelayClient['serve']> {
    return this.client.serve({ servicePorts, udpIdleTimeoutMs: 30_000, ...settings });
  }

  /** Serves one service port and gives its proxy port. */
  async serveOne(servicePort: ServedServicePort, settings: Partial<ServedState> = {}): Promise<number> {
    const { ports, failures } = await this.serve([servicePort], settings);
    if (!ports[0]) throw new Error(JSON.stringify(failures));
    return ports[0].proxyPort;
  }

  /** The first listener's statistics, asked for until they are as wanted. */
  async statisticsWhere(wanted: (statistics: ListenerStatistics) => boolean): Promise<ListenerStatistics> {
    for (;;) {
      const { listeners } = await this.client.statistics();
      const found = listeners.find(wanted);
      if (found) return found;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

type ServicePortOptions = Partial<Omit<ServedServicePort, 'endpoints'>>;

export function tcp(endpoints: EndpointHost[], options: ServicePortOptions = {}): ServedServicePort {
  return { key: 'default/echo:', protocol: 'TCP', family: 'IPv4', ...options, endpoints };
}

export function udp(endpoints: EndpointHost[], options: ServicePortOptions = {}): ServedServicePort {
  return tcp(endpoints, { key: 'default/dns:', protocol: 'UDP', ...options });
}

/** A TCP server on loopback that does `onConnection` with each connection. */
export class TcpEndpoint implements AsyncDisposable {
  readonly server: net.Server;
  readonly sockets = new Set<net.Socket>();

  private constructor(onConnection: (socket: net.Socket) => void) {
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      onConnection(socket);
    });
  }

  static async listen(onConnection: (socket: net.Socket) => void, host = '127.0.0.1'): Promise<TcpEndpoint> {
    const endpoint = new TcpEndpoint(onConnection);
    endpoint.server.listen(0, host);
    await once(endpoint.server, 'listening');
    return endpoint;
  }

  /** Says its name and ends. */
  static named(name: string, host?: string): Promise<TcpEndpoint> {
    return TcpEndpoint.listen((socket) => socket.end(name), host);
  }

  static echo(): Promise<TcpEndpoint> {
    return TcpEndpoint.listen((socket) => socket.pipe(socket));
  }

  get address(): EndpointHost {
    const { address, port } = this.server.address() as net.AddressInfo;
    return { ip: address, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A UDP server on loopback that answers each datagram with its name and the datagram. */
export class UdpEndpoint implements AsyncDisposable {
  readonly socket = dgram.createSocket('udp4');

  static async named(name: string): Promise<UdpEndpoint> {
    const endpoint = new UdpEndpoint();
    endpoint.socket.on('message', (message, from) => {
      endpoint.socket.send(Buffer.concat([Buffer.from(name), message]), from.port, from.address);
    });
    endpoint.socket.bind(0, '127.0.0.1');
    await once(endpoint.socket, 'listening');
    return endpoint;
  }

  get address(): EndpointHost {
    const { address, port } = this.socket.address();
    return { ip: address, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}

/** A loopback port that refuses. */
export async function refusingAddress(): Promise<EndpointHost> {
  await using endpoint = await TcpEndpoint.named('');
  return endpoint.address;
}

/** All that a connection to `port` gives before its end; rejects where it is refused or reset. */
export async function readAll(
  port: number,
  {
    request,
    host = '127.0.0.1',
    localAddress,
  }: { request?: string; host?: string; localAddress?: string } = {},
): Promise<string> {
  const socket = net.connect({ port, host, ...(localAddress ? { localAddress } : {}) });
  if (request !== undefined) socket.write(request);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** A connected UDP client: only datagrams from the very address it asks reach it. */
export class UdpClient implements AsyncDisposable {
  readonly #socket = dgram.createSocket('udp4');

  static async connect(
    port: number,
    { host = '127.0.0.1', localAddress = '127.0.0.1' } = {},
  ): Promise<UdpClient> {
    const client = new UdpClient();
    client.#socket.on('error', () => {});
    client.#socket.bind(0, localAddress);
    await once(client.#socket, 'listening');
    client.#socket.connect(port, host);
    await once(client.#socket, 'connect');
    return client;
  }

  async ask(message: string | Buffer): Promise<Buffer> {
    const answer = once(this.#socket, 'message');
    this.#socket.send(message);
    const [datagram] = (await answer) as [Buffer];
    return datagram;
  }

  /** Asks until there is an answer: for what may lose a datagram. */
  async askUntilAnswered(message: string): Promise<Buffer> {
    const again = setInterval(() => this.#socket.send(message), 20);
    try {
      return await this.ask(message);
    } finally {
      clearInterval(again);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
