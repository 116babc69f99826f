/** Leaving the served set and coming back to it, as switching proxy modes under traffic does. */
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  leaveTheMachinesNetwork,
  RelayUnderTest,
  readAll,
  TcpEndpoint,
  tcp,
  UdpClient,
  UdpEndpoint,
  udp,
} from './relay-fixture.ts';

/** Long enough never to run out in a test. */
const LONG = { tcpDrainGraceMs: 600_000, udpDrainQuietMs: 600_000 };
const SHORT = { tcpDrainGraceMs: 1, udpDrainQuietMs: 1 };

let relay: RelayUnderTest;

beforeAll(leaveTheMachinesNetwork);
beforeEach(() => {
  relay = new RelayUnderTest();
});
afterEach(() => relay[Symbol.asyncDispose]());

async function openConnection(
  port: number,
): Promise<{ ask: (word: string) => Promise<string>; socket: net.Socket }> {
  const socket = net.connect({ port, host: '127.0.0.1' }).setEncoding('utf8');
  await once(socket, 'connect');
  const ask = async (word: string): Promise<string> => {
    const answer = once(socket, 'data');
    socket.write(word);
    return String((await answer)[0]);
  };
  return { ask, socket };
}

describe('a TCP service port that is no longer served', () => {
  it('takes late connections during its grace', async () => {
    await using a = await TcpEndpoint.named('a');
    const port = await relay.serveOne(tcp([a.address]));
    await relay.serve([], LONG);
    expect(await readAll(port)).toBe('a');
    expect((await relay.statisticsWhere(() => true)).state).toBe('draining');
    expect(relay.idleCount).toBe(0);
  });

  it('refuses after its grace, while its connections go on; the relay is idle when they have ended', async () => {
    await using echo = await TcpEndpoint.echo();
    const port = await relay.serveOne(tcp([echo.address]));
    const { ask, socket } = await openConnection(port);
    expect(await ask('one')).toBe('one');
    await relay.serve([], SHORT);
    await relay.statisticsWhere(({ state }) => state === 'closed');
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await ask('two')).toBe('two');
    expect(relay.idleCount).toBe(0);
    const idle = relay.idle();
    socket.end();
    await idle;
    expect((await relay.client.statistics()).listeners).toEqual([]);
  });

  it('is back on its port when served again in time', async () => {
    await using a = await TcpEndpoint.named('a');
    const port = await relay.serveOne(tcp([a.address]));
    await relay.serve([], LONG);
    expect(await relay.serveOne(tcp([a.address]))).toBe(port);
    expect((await relay.statisticsWhere(() => true)).state).toBe('serving');
  });

  it('is back on its port when served again after its listener has closed', async () => {
    await using echo = await TcpEndpoint.echo();
    const port = await relay.serveOne(tcp([echo.address]));
    const { ask, socket } = await openConnection(port);
    await ask('one');
    await relay.serve([], SHORT);
    await relay.statisticsWhere(({ state }) => state === 'closed');
    expect(await relay.serveOne(tcp([echo.address]))).toBe(port);
    expect(await ask('two')).toBe('two');
    socket.destroy();
  });

  it('loses no connection however often it goes and comes', async () => {
    await using a = await TcpEndpoint.named('a');
    const port = await relay.serveOne(tcp([a.address]));
    let stop = false;
    const answers: string[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (!stop) answers.push(await readAll(port));
    });
    for (let round = 0; round < 20; round += 1) {
      const before = answers.length;
      await relay.serve([], LONG);
      while (answers.length < before + 8) await relay.client.statistics();
      expect(await relay.serveOne(tcp([a.address]), LONG)).toBe(port);
    }
    stop = true;
    await Promise.all(clients);
    expect(new Set(answers)).toEqual(new Set(['a']));
  });
});

describe('a UDP service port that is no longer served', () => {
  it('carries its flows on and takes new ones while anybody speaks', async () => {
    await using a = await UdpEndpoint.named('a');
    const port = await relay.serveOne(udp([a.address]));
    await using old = await UdpClient.connect(port);
    await old.ask('');
    await relay.serve([], { ...LONG, tcpDrainGraceMs: 1 });
    await using late = await UdpClient.connect(port);
    for (let count = 0; count < 20; count += 1) {
      expect(String(await old.ask(''))).toBe('a');
      expect(String(await late.ask(''))).toBe('a');
    }
    expect((await relay.statisticsWhere(() => true)).state).toBe('draining');
  });

  it('closes once everybody has been quiet, and the relay is idle', async () => {
    await using a = await UdpEndpoint.named('a');
    const port = await relay.serveOne(udp([a.address]), { udpIdleTimeoutMs: 5 });
    await using client = await UdpClient.connect(port);
    // A flow of so short a life may end before the answer comes.
    await client.askUntilAnswered('');
    const idle = relay.idle();
    await relay.serve([], { ...SHORT, udpIdleTimeoutMs: 5 });
    await idle;
  });

  it('is back on its port when served again', async () => {
    await using a = await UdpEndpoint.named('a');
    await using b = await UdpEndpoint.named('b');
    const port = await relay.serveOne(udp([a.address]));
    await using client = await UdpClient.connect(port);
    await client.ask('');
    await relay.serve([], LONG);
    expect(await relay.serveOne(udp([b.address]))).toBe(port);
    expect(String(await client.ask(''))).toBe('b');
  });
});

describe('a new pinned port', () => {
  it('opens beside the old one, which drains', async () => {
    await using a = await TcpEndpoint.named('a');
    const old = await relay.serveOne(tcp([a.address]), LONG);
    expect(await relay.serveOne(tcp([a.address], { proxyPort: 36463 }), LONG)).toBe(36463);
    expect(await readAll(36463)).toBe('a');
    expect(await readAll(old)).toBe('a');
    const { listeners } = await relay.client.statistics();
    expect(listeners.map(({ proxyPort, state }) => [proxyPort, state])).toEqual([
      [36463, 'serving'],
      [old, 'draining'],
    ]);
  });

  it('is given up by a service port that only drains there', async () => {
    await using a = await TcpEndpoint.named('a');
    await relay.serveOne(tcp([a.address], { key: 'default/old:', proxyPort: 36463 }));
    const next = tcp([a.address], { key: 'default/new:', proxyPort: 36463 });
    expect((await relay.serve([next], LONG)).failures).toEqual([]);
  });
});

it('is idle once each time nothing is left', async () => {
  await using a = await TcpEndpoint.named('a');
  for (let round = 1; round <= 3; round += 1) {
    await relay.serveOne(tcp([a.address]));
    const idle = relay.idle();
    await relay.serve([], SHORT);
    await relay.serve([], SHORT);
    await idle;
    expect(relay.idleCount).toBe(round);
  }
});
