import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type EchoAnswer, formatEcho } from '../../app/contract/echo.ts';
import type { ProbeResult } from '../../app/probe/result.ts';
import type { ProbePlan } from './plan.ts';
import { runProbe } from './run.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const tcpServer = (onConnection: (socket: Socket) => void): Promise<number> =>
  listen(createServer({ noDelay: true, allowHalfOpen: true }, onConnection));

const httpServer = (answer: string, status = 200): Promise<number> =>
  listen(createHttpServer((_request, response) => response.writeHead(status).end(answer)));

async function udpServer(answer: (port: number, address: string) => string | undefined): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (_message, { port, address }) => {
    const text = answer(port, address);
    if (text !== undefined) socket.send(text, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return socket.address().port;
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function echo(protocol: EchoAnswer['protocol'], client = '127.0.0.1', clientPort = 40000): string {
  const called = { address: '192.168.125.2', port: 3306 };
  return formatEcho({ pod: 'mysql-1', namespace: 'default', client, clientPort, ...called, protocol });
}

const TCP_ECHO = (socket: Socket): void => {
  socket.once('data', () => {
    socket.write(echo('TCP', socket.remoteAddress));
    socket.pipe(socket);
  });
};

async function probe(port: number, plan: Partial<ProbePlan> = {}): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const defaults: ProbePlan = {
    address: '127.0.0.1',
    port,
    protocol: 'http',
    requests: 1,
    concurrency: 1,
    keepAlive: false,
    timeoutMs: 30_000,
  };
  await runProbe({ ...defaults, ...plan }, (result) => results.push(result));
  return results;
}

describe('an answer by a pod', () => {
  const answering: { protocol: ProbePlan['protocol']; server: () => Promise<number>; times: string[] }[] = [
    { protocol: 'http', server: () => httpServer(echo('HTTP')), times: ['connectMs', 'firstByteMs'] },
    { protocol: 'tcp', server: () => tcpServer(TCP_ECHO), times: ['connectMs', 'firstByteMs'] },
    { protocol: 'udp', server: () => udpServer(() => echo('UDP')), times: [] },
  ];
  it.each(answering)('over $protocol names it and the source it saw', async ({ protocol, server, times }) => {
    const [result] = await probe(await server(), { protocol });
    expect(result).toMatchObject({
      index: 0,
      ok: true,
      pod: 'mysql-1',
      namespace: 'default',
      client: '127.0.0.1',
    });
    const { connectMs = 0, firstByteMs = 0, totalMs } = result as ProbeResult;
    expect(['connectMs', 'firstByteMs'].filter((time) => time in (result as object))).toEqual(times);
    expect(connectMs).toBeLessThanOrEqual(firstByteMs);
    expect(firstByteMs).toBeLessThanOrEqual(totalMs);
  });

  it.each(['tcp', 'udp'] as const)(
    'over %s is asked for from the local address of the plan',
    async (protocol) => {
      const port =
        protocol === 'tcp'
          ? await tcpServer(TCP_ECHO)
          : await udpServer((_port, client) => echo('UDP', client));
      const [result] = await probe(port, { protocol, localAddress: '127.0.0.7' });
      expect(result?.client).toBe('127.0.0.7');
    },
  );
});

describe('another answer', () => {
  it('of HTTP is one all the same, and told by its beginning', async () => {
    const [result] = await probe(await httpServer(`not here ${'.'.repeat(200)}`, 404));
    expect(result).toMatchObject({ ok: true, answeredBy: `not here ${'.'.repeat(91)}` });
    expect(result).not.toHaveProperty('pod');
  });

  it('that is no HTTP is told too', async () => {
    const [result] = await probe(await tcpServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(result).toMatchObject({ ok: true, answeredBy: 'SSH-2.0-OpenSSH_9.2' });
  });
});

describe('a failure', () => {
  const silent = (): Promise<number> => tcpServer((socket) => socket.resume());
  const failing: { kind: string; when: string; server: () => Promise<number>; plan?: Partial<ProbePlan> }[] =
    [
      { kind: 'refused', when: 'nobody listens', server: unusedPort },
      { kind: 'refused', when: 'nobody listens (TCP)', server: unusedPort, plan: { protocol: 'tcp' } },
      { kind: 'refused', when: 'nobody listens (UDP)', server: unusedPort, plan: { protocol: 'udp' } },
      { kind: 'timed-out', when: 'no answer comes', server: silent, plan: { timeoutMs: 20 } },
      {
        kind: 'timed-out',
        when: 'no answer comes (TCP)',
        server: silent,
        plan: { timeoutMs: 20, protocol: 'tcp' },
      },
      {
        kind: 'timed-out',
        when: 'no answer comes (UDP)',
        server: () => udpServer(() => undefined),
        plan: { timeoutMs: 20, protocol: 'udp' },
      },
      {
        kind: 'timed-out',
        when: 'the answer stops halfway',
        server: () =>
          tcpServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
        plan: { timeoutMs: 200 },
      },
      {
        kind: 'closed-without-answer',
        when: 'the connection is ended',
        server: () => tcpServer((socket) => socket.end()),
      },
      {
        kind: 'closed-without-answer',
        when: 'the connection is ended (TCP)',
        server: () => tcpServer((socket) => socket.end()),
        plan: { protocol: 'tcp' },
      },
      {
        kind: 'closed-without-answer',
        when: 'the connection is reset before a word',
        server: () => tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
      },
      {
        kind: 'reset',
        when: 'the connection is reset in the middle of the answer',
        server: () =>
          tcpServer((socket) => {
            socket.once('data', () => {
              socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () =>
                socket.resetAndDestroy(),
              );
            });
          }),
      },
      // Linux has no way to a broadcast address for TCP, whatever the routes.
      {
        kind: 'unreachable',
        when: 'there is no route',
        server: unusedPort,
        plan: { address: '255.255.255.255' },
      },
      {
        // Refused before anything is sent: whoever would broadcast has to ask for it.
        kind: 'other',
        when: 'the system lets no datagram out to the address',
        server: unusedPort,
        plan: { address: '255.255.255.255', protocol: 'udp' },
      },
    ];
  it.each(failing)('is $kind when $when', async ({ kind, server, plan }) => {
    const [result] = await probe(await server(), plan);
    expect(result).toMatchObject({ ok: false, failure: { kind } });
  });

  it('does not keep the requests after it from being sent', async () => {
    let connections = 0;
    const port = await tcpServer((socket) => {
      connections += 1;
      if (connections % 2 === 1) socket.end();
      else TCP_ECHO(socket);
    });
    const results = await probe(port, { protocol: 'tcp', requests: 4, keepAlive: true });
    expect(results.map(({ ok }) => ok)).toEqual([false, true, true, true]);
    expect(connections).toBe(2);
  });
});

describe('connections', () => {
  const protocols = ['http', 'tcp'] as const;
  const counting = async (
    protocol: (typeof protocols)[number],
  ): Promise<{ port: number; seen: Set<Socket> }> => {
    const seen = new Set<Socket>();
    const server =
      protocol === 'http'
        ? createHttpServer((_request, response) => response.end(echo('HTTP')))
        : createServer({ noDelay: true }, TCP_ECHO);
    server.on('connection', (socket) => seen.add(socket));
    return { port: await listen(server), seen };
  };

  it.each(protocols)('are new for each request (%s)', async (protocol) => {
    const { port, seen } = await counting(protocol);
    const results = await probe(port, { protocol, requests: 6, concurrency: 2 });
    expect([results.length, seen.size]).toEqual([6, 6]);
  });

  it.each(protocols)('are kept, as many as requests at a time, when asked to (%s)', async (protocol) => {
    const { port, seen } = await counting(protocol);
    const results = await probe(port, { protocol, requests: 6, concurrency: 2, keepAlive: true });
    expect(results.map(({ pod }) => pod)).toEqual(Array(6).fill('mysql-1'));
    expect(seen.size).toBe(2);
    expect(results.filter(({ connectMs }) => connectMs !== undefined)).toHaveLength(2);
  });

  it('are as many at a time as asked for, and never more', async () => {
    let open = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const port = await listen(
      createHttpServer((_request, response) => {
        open += 1;
        most = Math.max(most, open);
        waiting.push(() => {
          open -= 1;
          response.end(echo('HTTP'));
        });
        // Nobody is answered before as many as may come have come.
        if (waiting.length === 5) for (const answer of waiting.splice(0)) answer();
      }),
    );
    expect(await probe(port, { requests: 20, concurrency: 5 })).toHaveLength(20);
    expect(most).toBe(5);
  });
});
