/**
 * What the lab's pods run: a server that says who answered, what address it saw and at what address it was
 * called. It speaks HTTP and plain TCP on one port, told apart by the first bytes, and UDP.
 * app/contract/echo.ts has the answer's form.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { type EchoAnswer, formatEcho } from '../../../app/contract/echo.ts';
import type { NetworkNamespace } from '../../namespaces/network-namespace.ts';

export interface EchoPod {
  name: string;
  namespace: string;
  addresses: { ipv4: string; ipv6: string };
  ports: { containerPort: number; protocol: 'TCP' | 'UDP' }[];
}

/** A client of plain TCP that waits for the server to speak first (as MySQL's and SSH's do) is served after this. */
const SILENCE_MS = 300;
const HTTP_REQUEST = /^[A-Z]{3,10} [^\r\n]+ HTTP\//;
const MAYBE_HTTP = /^[A-Z]{3,10} /;

/** An IPv4 peer of a dual-stack socket, as IPv4. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}

function answerTo(socket: Socket, pod: EchoPod, protocol: EchoAnswer['protocol']): string {
  return formatEcho({
    pod: pod.name,
    namespace: pod.namespace,
    client: plainAddress(socket.remoteAddress),
    clientPort: socket.remotePort ?? 0,
    address: plainAddress(socket.localAddress),
    port: socket.localPort ?? 0,
    protocol,
  });
}

function httpServerOf(pod: EchoPod): HttpServer {
  const server = createHttpServer((request, response) => {
    const body = answerTo(request.socket, pod, 'HTTP');
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}

function serveLines(socket: Socket, pod: EchoPod, firstBytes?: Buffer): void {
  socket.write(answerTo(socket, pod, 'TCP'));
  const afterFirstLine = firstBytes
    ? firstBytes.subarray(firstBytes.indexOf(10) + 1 || firstBytes.length)
    : undefined;
  if (afterFirstLine?.length) socket.write(afterFirstLine);
  // What comes next goes back as it came, at the pace the peer reads; its half-close ends our half too.
  socket.pipe(socket);
}

function serveConnection(socket: Socket, pod: EchoPod, http: HttpServer): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  const settle = (firstBytes?: Buffer): void => {
    clearTimeout(silence);
    socket.off('data', onData);
    socket.off('end', onEnd);
    if (firstBytes && HTTP_REQUEST.test(firstBytes.toString('latin1'))) {
      http.emit('connection', socket);
      socket.unshift(firstBytes);
      socket.resume();
    } else serveLines(socket, pod, firstBytes);
  };
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    // A request line may arrive in pieces; anything else is settled by its first bytes.
    const undecided = MAYBE_HTTP.test(seen.toString('latin1')) && !seen.includes(10) && seen.length < 8192;
    if (!undecided) settle(seen);
  };
  const onEnd = (): void => settle(seen.length ? seen : undefined);
  const silence = setTimeout(() => settle(seen.length ? seen : undefined), SILENCE_MS);
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('close', () => clearTimeout(silence));
}

function serveDatagram(socket: UdpSocket, pod: EchoPod, port: number, peer: RemoteInfo): void {
  const client = plainAddress(peer.address);
  const address = client.includes(':') ? pod.addresses.ipv6 : pod.addresses.ipv4;
  const answer: EchoAnswer = {
    pod: pod.name,
    namespace: pod.namespace,
    client,
    clientPort: peer.port,
    address,
    port,
    protocol: 'UDP',
  };
  socket.send(formatEcho(answer), peer.port, peer.address, () => {});
}

/** A pod's open sockets. The process that holds them may hold those of many pods. */
export class EchoServer {
  readonly #pod: EchoPod;
  readonly #http: HttpServer;
  readonly #servers: Server[] = [];
  readonly #udp: UdpSocket[] = [];
  readonly #connections = new Set<Socket>();

  constructor(pod: EchoPod) {
    this.#pod = pod;
    this.#http = httpServerOf(pod);
  }

  /** Opens every port inside `within`; resolves when all of them listen. */
  async listen(within: NetworkNamespace): Promise<void> {
    const seen = new Set<string>();
    const opened: Promise<unknown>[] = [];
    for (const { containerPort, protocol } of this.#pod.ports) {
      // Containers of one pod share its ports; the second to ask for one would fail in a real pod too.
      if (seen.has(`${protocol}${containerPort}`)) continue;
      seen.add(`${protocol}${containerPort}`);
      opened.push(
        protocol === 'TCP' ? this.#listenTcp(within, containerPort) : this.#listenUdp(within, containerPort),
      );
    }
    await Promise.all(opened);
  }

  #listenTcp(within: NetworkNamespace, port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
      serveConnection(socket, this.#pod, this.#http);
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('listening', resolve);
      // Without a host, Node opens the socket before `listen` returns: it must, to be inside the namespace.
      within.run(() => server.listen(port));
    });
  }

  #listenUdp(within: NetworkNamespace, port: number): Promise<void> {
    const socket = createSocket({
      type: 'udp6',
      // Every name here is an address. Answers at once, so that the socket is opened before `bind` returns.
      lookup: (address, _options, callback) => callback(null, address, 6),
    });
    this.#udp.push(socket);
    socket.on('message', (_message, peer) => serveDatagram(socket, this.#pod, port, peer));
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('listening', () => {
        // Later errors come from answers to peers that have gone.
        socket.off('error', reject);
        socket.on('error', () => {});
        resolve();
      });
      within.run(() => socket.bind(port));
    });
  }

  /** Closes every socket; connections are reset as those of a killed pod are. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#udp) socket.close();
    for (const connection of this.#connections) connection.resetAndDestroy();
  }
}
