import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leaveTheMachinesNetwork, RelayUnderTest, UdpClient, UdpEndpoint, udp } from './relay-fixture.ts';

let relay: RelayUnderTest;

beforeAll(leaveTheMachinesNetwork);
beforeEach(() => {
  relay = new RelayUnderTest();
});
afterEach(() => relay[Symbol.asyncDispose]());

const text = async (answer: Promise<Buffer>): Promise<string> => String(await answer);

describe('a flow', () => {
  it('is one client address, which stays at its endpoint; the next client gets the next', async () => {
    await using a = await UdpEndpoint.named('a:');
    await using b = await UdpEndpoint.named('b:');
    const port = await relay.serveOne(udp([a.address, b.address]));
    await using one = await UdpClient.connect(port);
    await using other = await UdpClient.connect(port);
    const first = await text(one.ask('1'));
    expect(new Set([first, await text(other.ask('1'))])).toEqual(new Set(['a:1', 'b:1']));
    expect(await text(one.ask('1'))).toBe(first);
    expect((await relay.statisticsWhere(() => true)).live).toBe(2);
  });

  it('goes to the same endpoint as the client address had before, with session affinity', async () => {
    await using a = await UdpEndpoint.named('a:');
    await using b = await UdpEndpoint.named('b:');
    const sticky = { sessionAffinity: { timeoutSeconds: 10800 } };
    const port = await relay.serveOne(udp([a.address, b.address], sticky));
    const seen = new Set<string>();
    for (let count = 0; count < 4; count += 1) {
      await using client = await UdpClient.connect(port, { localAddress: '127.0.0.2' });
      seen.add(await text(client.ask('')));
    }
    expect(seen.size).toBe(1);
  });

  it.each(['127.0.0.1', '127.0.0.5'])('is answered from the address it was sent to, %s', async (host) => {
    await using a = await UdpEndpoint.named('a:');
    await using client = await UdpClient.connect(await relay.serveOne(udp([a.address])), { host });
    expect(await text(client.ask('here'))).toBe('a:here');
  });

  it.each([
    ['nothing', 0],
    ['nearly all that IPv4 lets it', 65_000],
  ])('carries datagrams that hold %s', async (_name, size) => {
    await using a = await UdpEndpoint.named('');
    await using client = await UdpClient.connect(await relay.serveOne(udp([a.address])));
    const datagram = randomBytes(size);
    expect((await client.ask(datagram)).equals(datagram)).toBe(true);
  });

  it('ends when idle, so that the client gets the next endpoint', async () => {
    await using a = await UdpEndpoint.named('a');
    await using b = await UdpEndpoint.named('b');
    const port = await relay.serveOne(udp([a.address, b.address]), { udpIdleTimeoutMs: 20 });
    await using client = await UdpClient.connect(port);
    const first = await text(client.ask(''));
    await relay.statisticsWhere(({ live }) => live === 0);
    expect(new Set([first, await text(client.ask(''))])).toEqual(new Set(['a', 'b']));
  });

  it('does not end while datagrams come more often than its idle timeout', async () => {
    await using a = await UdpEndpoint.named('a');
    const port = await relay.serveOne(udp([a.address]), { udpIdleTimeoutMs: 250 });
    await using client = await UdpClient.connect(port);
    const until = performance.now() + 700;
    while (performance.now() < until) await client.ask('');
    expect((await relay.statisticsWhere(() => true)).endpoints[0]?.connections).toBe(1);
  });

  it('moves on from an endpoint that refuses', async () => {
    const gone = await UdpEndpoint.named('gone');
    await using b = await UdpEndpoint.named('b');
    const sticky = { sessionAffinity: { timeoutSeconds: 10800 } };
    const port = await relay.serveOne(udp([gone.address], sticky));
    await using client = await UdpClient.connect(port);
    expect(await text(client.ask(''))).toBe('gone');
    await relay.serve([udp([gone.address, b.address], sticky)]);
    await gone[Symbol.asyncDispose]();
    expect(await text(client.askUntilAnswered(''))).toBe('b');
  });

  it('moves on from an endpoint that has left the Service', async () => {
    await using a = await UdpEndpoint.named('a');
    await using b = await UdpEndpoint.named('b');
    const port = await relay.serveOne(udp([a.address]));
    await using client = await UdpClient.connect(port);
    expect(await text(client.ask(''))).toBe('a');
    await relay.serve([udp([b.address])]);
    expect(await text(client.ask(''))).toBe('b');
    expect(await text(client.ask(''))).toBe('b');
  });

  it('begins once there is an endpoint', async () => {
    await using a = await UdpEndpoint.named('a');
    const port = await relay.serveOne(udp([]));
    await using client = await UdpClient.connect(port);
    const answer = client.askUntilAnswered('');
    await relay.statisticsWhere(({ refused }) => refused > 0);
    await relay.serve([udp([a.address])]);
    expect(await text(answer)).toBe('a');
  });
});

it('shares a port number with TCP', async () => {
  await using a = await UdpEndpoint.named('a');
  const { ports, failures } = await relay.serve([
    udp([a.address], { proxyPort: 36463 }),
    { ...udp([]), protocol: 'TCP', proxyPort: 36463 },
  ]);
  expect(failures).toEqual([]);
  expect(ports.map(({ protocol, proxyPort }) => [protocol, proxyPort]).sort()).toEqual([
    ['TCP', 36463],
    ['UDP', 36463],
  ]);
});
