import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as libc from './libc.ts';
import {
  leaveTheMachinesNetwork,
  RelayUnderTest,
  readAll,
  refusingAddress,
  TcpEndpoint,
  tcp,
} from './relay-fixture.ts';
import { boundPort, listenTcp } from './sockets.ts';

let relay: RelayUnderTest;

beforeAll(leaveTheMachinesNetwork);
beforeEach(() => {
  relay = new RelayUnderTest();
});
afterEach(() => relay[Symbol.asyncDispose]());

function connect(port: number): net.Socket {
  return net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

describe('choosing an endpoint', () => {
  it('gives 200 connections to two endpoints exactly in turn', async () => {
    await using a = await TcpEndpoint.named('a');
    await using b = await TcpEndpoint.named('b');
    const port = await relay.serveOne(tcp([a.address, b.address]));
    const seen: string[] = [];
    for (let count = 0; count < 200; count += 1) seen.push(await readAll(port));
    expect(new Set(seen.slice(0, 2))).toEqual(new Set(['a', 'b']));
    expect(seen.every((name, index) => name === seen[index % 2])).toBe(true);
  });

  it('keeps a client at its endpoint with session affinity, whatever its port', async () => {
    await using a = await TcpEndpoint.named('a');
    await using b = await TcpEndpoint.named('b');
    const sticky = { sessionAffinity: { timeoutSeconds: 10800 } };
    const port = await relay.serveOne(tcp([a.address, b.address], sticky));
    const ask = (localAddress: string): Promise<string> => readAll(port, { localAddress });
    const [one, other] = [await ask('127.0.0.2'), await ask('127.0.0.3')];
    expect(one).not.toBe(other);
    for (let count = 0; count < 5; count += 1) {
      expect(await ask('127.0.0.2')).toBe(one);
      expect(await ask('127.0.0.3')).toBe(other);
    }
  });

  it('goes to the next endpoint where one refuses, and counts the failed dial', async () => {
    await using a = await TcpEndpoint.named('a');
    const refusing = await refusingAddress();
    const port = await relay.serveOne(tcp([refusing, a.address]));
    for (let count = 0; count < 6; count += 1) expect(await readAll(port)).toBe('a');
    const { listeners } = await relay.client.statistics();
    const failures = listeners[0]?.endpoints.map(({ port, dialFailures }) => [port, dialFailures > 0]);
    expect(new Map(failures as [number, boolean][])).toEqual(
      new Map([
        [refusing.port, true],
        [a.address.port, false],
      ]),
    );
  });

  it('breaks the affinity to an endpoint that refuses and binds the client to the one that took it', async () => {
    const first = await TcpEndpoint.named('first');
    const sticky = { sessionAffinity: { timeoutSeconds: 10800 } };
    const port = await relay.serveOne(tcp([first.address], sticky));
    expect(await readAll(port)).toBe('first');
    const gone = first.address;
    await first[Symbol.asyncDispose]();
    await using second = await TcpEndpoint.named('second');
    await relay.serve([tcp([gone, second.address], sticky)]);
    for (let count = 0; count < 4; count += 1) expect(await readAll(port)).toBe('second');
  });

  it('goes to the next endpoint where one does not answer the dial', async () => {
    const silent = listenTcp('IPv4', 0);
    // A backlog of none holds one connection; the SYN of any other is dropped.
    libc.listen(silent, 0);
    const filling = connect(boundPort(silent));
    await once(filling, 'connect');
    await using a = await TcpEndpoint.named('a');
    const port = await relay.serveOne(tcp([{ ip: '127.0.0.1', port: boundPort(silent) }, a.address]));
    expect(await Promise.all([readAll(port), readAll(port)])).toEqual(['a', 'a']);
    filling.destroy();
    libc.close(silent);
  });

  it.each([
    ['accepts and closes where there is no endpoint', async () => []],
    ['accepts and closes where all endpoints refuse', async () => [await refusingAddress()]],
  ])('%s, a request sent beforehand included', async (_name, endpoints) => {
    const port = await relay.serveOne(tcp(await endpoints()));
    expect(await readAll(port)).toBe('');
    expect(await readAll(port, { request: 'GET / HTTP/1.1\r\n\r\n' })).toBe('');
    const { refused, live } = await relay.statisticsWhere(({ live }) => live === 0);
    expect({ refused, live }).toEqual({ refused: 2, live: 0 });
  });

  it('takes changed endpoints for new connections and leaves the old ones be', async () => {
    await using echo = await TcpEndpoint.echo();
    await using other = await TcpEndpoint.named('other');
    const port = await relay.serveOne(tcp([echo.address]));
    const old = connect(port);
    await once(old.setEncoding('utf8'), 'connect');
    old.write('one');
    expect(await once(old, 'data')).toEqual(['one']);
    await relay.serve([tcp([other.address])]);
    expect(await readAll(port)).toBe('other');
    old.write('two');
    expect(await once(old, 'data')).toEqual(['two']);
    old.destroy();
  });

  it('relays IPv6', async () => {
    await using six = await TcpEndpoint.named('six', '::1');
    const port = await relay.serveOne(tcp([six.address], { family: 'IPv6' }));
    expect(await readAll(port, { host: '::1' })).toBe('six');
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a connection', () => {
  it('carries what the endpoint says first', async () => {
    await using greeter = await TcpEndpoint.listen((socket) => socket.write('220 ready\r\n'));
    const socket = connect(await relay.serveOne(tcp([greeter.address]))).setEncoding('utf8');
    expect(await once(socket, 'data')).toEqual(['220 ready\r\n']);
    socket.destroy();
  });

  it('stays open towards the client after the client has ended', async () => {
    const late = randomBytes(300_000).toString('hex');
    await using slow = await TcpEndpoint.listen((socket) => {
      let request = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        request += chunk;
      });
      socket.on('end', () => socket.end(request + late));
    });
    const socket = connect(await relay.serveOne(tcp([slow.address]))).setEncoding('utf8');
    socket.end('request ');
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toBe(`request ${late}`);
  });

  it('stays open towards the endpoint after the endpoint has ended', async () => {
    const received = Promise.withResolvers<string>();
    await using listener = await TcpEndpoint.listen((socket) => {
      socket.end('done talking');
      let heard = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('end', () => received.resolve(heard));
    });
    const socket = connect(await relay.serveOne(tcp([listener.address]))).setEncoding('utf8');
    const [greeting] = await once(socket, 'data');
    await once(socket, 'end');
    socket.write('still ');
    socket.end('here');
    expect(greeting).toBe('done talking');
    expect(await received.promise).toBe('still here');
    await relay.statisticsWhere(({ live }) => live === 0);
  });

  it.each(['client', 'endpoint'] as const)('passes a reset by the %s on as a reset', async (who) => {
    const accepted = Promise.withResolvers<net.Socket>();
    await using echo = await TcpEndpoint.listen(accepted.resolve);
    const client = connect(await relay.serveOne(tcp([echo.address])));
    client.write('hello');
    const endpoint = await accepted.promise;
    await once(endpoint, 'data');
    const [resetting, told] = who === 'client' ? [client, endpoint] : [endpoint, client];
    told.resume();
    // `events.once` would reject with the error that is awaited here.
    const failure = new Promise<NodeJS.ErrnoException>((resolve) => told.once('error', resolve));
    resetting.resetAndDestroy();
    expect((await failure).code).toBe('ECONNRESET');
    await relay.statisticsWhere(({ live }) => live === 0);
  });

  it('notices a reset by a client that had ended its own side', async () => {
    const accepted = Promise.withResolvers<net.Socket>();
    await using quiet = await TcpEndpoint.listen(accepted.resolve);
    const client = connect(await relay.serveOne(tcp([quiet.address])));
    client.end('hello');
    const endpoint = await accepted.promise;
    endpoint.resume();
    await once(endpoint, 'end');
    client.resetAndDestroy();
    // Node stops looking at a socket it has read to its end, so that it is the relay who must know.
    await relay.statisticsWhere(({ live }) => live === 0);
  });

  it('carries bulk both ways at once, unharmed', async () => {
    const size = 64 * 1024 * 1024;
    const block = randomBytes(1 << 20);
    const expected = createHash('sha256');
    for (let sent = 0; sent < size; sent += block.length) expected.update(block);
    await using echo = await TcpEndpoint.echo();
    const socket = connect(await relay.serveOne(tcp([echo.address])));
    const sending = (async () => {
      for (let sent = 0; sent < size; sent += block.length) {
        if (!socket.write(block)) await once(socket, 'drain');
      }
      socket.end();
    })();
    const hash = createHash('sha256');
    for await (const chunk of socket) hash.update(chunk as Buffer);
    await sending;
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    const { endpoints } = await relay.statisticsWhere(({ live }) => live === 0);
    expect(endpoints[0]).toMatchObject({ bytesToEndpoint: size, bytesFromEndpoint: size, connections: 1 });
  });

  it('holds back a client whose endpoint does not read, and loses nothing', async () => {
    const accepted = Promise.withResolvers<net.Socket>();
    await using stuck = await TcpEndpoint.listen((socket) => {
      socket.pause();
      accepted.resolve(socket);
    });
    const client = connect(await relay.serveOne(tcp([stuck.address])));
    const blocks = 64;
    const block = Buffer.alloc(1 << 20, 'x');
    for (let sent = 0; sent < blocks; sent += 1) client.write(block);
    client.end();
    const endpoint = await accepted.promise;
    let held = 0;
    await relay.statisticsWhere(({ endpoints }) => {
      const before = held;
      held = endpoints[0]?.bytesToEndpoint ?? 0;
      return held > 0 && held === before;
    });
    // What the kernel's socket buffers hold, and a pipe's worth.
    expect(held).toBeLessThan(32 << 20);
    let received = 0;
    endpoint.on('data', (chunk) => {
      received += chunk.length;
    });
    endpoint.resume();
    await once(endpoint, 'end');
    expect(received).toBe(blocks * block.length);
    endpoint.end();
  });

  it('is one of a thousand at a time', async () => {
    await using echo = await TcpEndpoint.echo();
    const port = await relay.serveOne(tcp([echo.address]));
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const socket = connect(port).setEncoding('utf8');
        socket.write(`hello ${index}`);
        const [answer] = await once(socket, 'data');
        expect(answer).toBe(`hello ${index}`);
        return socket;
      }),
    );
    const { live, accepted, refused } = await relay.statisticsWhere(() => true);
    expect({ live, accepted, refused }).toEqual({ live: 1000, accepted: 1000, refused: 0 });
    for (const socket of sockets) socket.destroy();
    await relay.statisticsWhere(({ live }) => live === 0);
  });

  it('is listed with its client, its endpoint and its bytes', async () => {
    await using echo = await TcpEndpoint.echo();
    const socket = connect(await relay.serveOne(tcp([echo.address]))).setEncoding('utf8');
    socket.write('hello');
    await once(socket, 'data');
    const { connections } = await relay.client.statistics({ connections: 10 });
    expect(connections).toEqual([
      {
        key: 'default/echo:',
        protocol: 'TCP',
        family: 'IPv4',
        client: `127.0.0.1:${socket.localPort}`,
        endpoint: `127.0.0.1:${echo.address.port}`,
        ageMs: expect.any(Number),
        bytesToEndpoint: 5,
        bytesFromEndpoint: 5,
      },
    ]);
    socket.destroy();
  });
});
