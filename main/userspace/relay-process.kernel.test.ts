import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type net from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leaveTheMachinesNetwork, RelayUnderTest, readAll, TcpEndpoint, tcp, udp } from './relay-fixture.ts';

const PROGRAM = new URL('./relay-main.ts', import.meta.url).pathname;
let relay: RelayUnderTest;

beforeAll(leaveTheMachinesNetwork);
beforeEach(() => {
  relay = new RelayUnderTest();
});
afterEach(() => relay[Symbol.asyncDispose]());

describe('a port that cannot be had', () => {
  it('names the port, its holder elsewhere and the remedy, and leaves the others served', async () => {
    await using holder = await TcpEndpoint.named('holder', '0.0.0.0');
    const { port } = holder.address;
    const { ports, failures } = await relay.serve([
      tcp([], { key: 'default/ssh-service1:', proxyPort: port }),
      tcp([], { key: 'default/other:' }),
    ]);
    expect(ports.map(({ key }) => key)).toEqual(['default/other:']);
    expect(failures).toEqual([
      {
        key: 'default/ssh-service1:',
        protocol: 'TCP',
        family: 'IPv4',
        code: 'port-taken',
        message:
          `proxy port ${port}/TCP of default/ssh-service1: is taken by another process on the node: ` +
          `end that process (\`ss -ltnp sport = :${port}\` names it) or pin another port`,
      },
    ]);
  });

  it('names the service port of ours that has it', async () => {
    const { failures } = await relay.serve([
      tcp([], { key: 'default/one:', proxyPort: 36463 }),
      tcp([], { key: 'default/two:', proxyPort: 36463 }),
    ]);
    expect(failures.map(({ message }) => message)).toEqual([
      'proxy port 36463/TCP of default/two: is taken by the proxy of default/one:: pin another port',
    ]);
  });

  it('is tried again with the next state', async () => {
    const holder = await TcpEndpoint.named('holder', '0.0.0.0');
    const pinned = tcp([], { proxyPort: holder.address.port });
    expect((await relay.serve([pinned])).failures).toHaveLength(1);
    await holder[Symbol.asyncDispose]();
    expect((await relay.serve([pinned])).failures).toEqual([]);
  });

  it('is one of a range that has run out', async () => {
    const portRange = { from: 36500, to: 36502 };
    const wanted = ['a', 'b', 'c', 'd'].map((name) => udp([], { key: `default/${name}:` }));
    const { ports, failures } = await relay.serve(wanted, { portRange });
    expect(ports.map(({ proxyPort }) => proxyPort).sort()).toEqual([36500, 36501, 36502]);
    expect(failures).toMatchObject([{ key: 'default/d:', code: 'port-range-exhausted' }]);
    expect(failures[0]?.message).toContain('36500-36502');
  });

  it('is never one that is pinned for another', async () => {
    const wanted = [tcp([], { key: 'default/any:' }), tcp([], { key: 'default/pinned:', proxyPort: 36500 })];
    const { ports, failures } = await relay.serve(wanted, { portRange: { from: 36500, to: 36501 } });
    expect(failures).toEqual([]);
    expect(new Map(ports.map(({ key, proxyPort }) => [key, proxyPort]))).toEqual(
      new Map([
        ['default/any:', 36501],
        ['default/pinned:', 36500],
      ]),
    );
  });
});

describe('a served state', () => {
  it('changes nothing when sent again', async () => {
    const wanted = [tcp([]), udp([]), tcp([], { family: 'IPv6' })];
    const first = await relay.serve(wanted);
    expect(first.failures).toEqual([]);
    expect((await relay.serve(wanted)).ports).toEqual(first.ports);
    expect((await relay.client.statistics()).listeners).toHaveLength(3);
  });

  const malformed = [
    {
      name: 'an endpoint of another family',
      wanted: tcp([{ ip: 'fd00::5', port: 80 }]),
      place: 'endpoints[0].ip',
    },
    {
      name: 'a port out of range',
      wanted: tcp([{ ip: '10.0.0.5', port: 65536 }]),
      place: 'endpoints[0].port',
    },
    { name: 'a key that names no service port', wanted: tcp([], { key: 'mysql' }), place: 'key' },
  ];
  it.each(malformed)('is refused with $name, and the one before stays', async ({ wanted, place }) => {
    await using a = await TcpEndpoint.named('a');
    const port = await relay.serveOne(tcp([a.address]));
    await expect(relay.serve([wanted])).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(place),
    });
    expect(await readAll(port)).toBe('a');
  });

  it('is refused when it lists a service port twice', async () => {
    await expect(relay.serve([tcp([]), tcp([])])).rejects.toMatchObject({ code: 'rejected' });
  });
});

it('keeps clients waiting, not failing, where it runs out of open files', async () => {
  await using limited = new RelayUnderTest({ maxOpenFiles: 64 });
  const held: net.Socket[] = [];
  await using waiting = await TcpEndpoint.listen((socket) => held.push(socket));
  const port = await limited.serveOne(tcp([waiting.address]));
  const answers = Array.from({ length: 60 }, () => readAll(port));
  // The relay may tell before this process has taken the connections that it has dialled already.
  while (limited.warnings.length === 0 || held.length === 0) await limited.client.statistics();
  expect(limited.warnings[0]).toContain('too many open files');
  expect(held.length).toBeLessThan(60);
  waiting.server.on('connection', (socket) => socket.end('late'));
  for (const socket of held) socket.end('early');
  const counts = Map.groupBy(await Promise.all(answers), (answer) => answer);
  expect([...counts.keys()].sort()).toEqual(['early', 'late']);
});

describe('the process', () => {
  it('ends with its channel', async () => {
    await relay.client.ready;
    relay.child.disconnect();
    expect(await once(relay.child, 'exit')).toEqual([0, null]);
  });

  it('ends when its parent is killed', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { fork } from 'node:child_process';
         const child = fork(${JSON.stringify(PROGRAM)}, { execArgv: [] });
         child.on('message', () => console.log(child.pid));
         child.unref();`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(parent.stdout, 'data');
    // The relay holds the pipe's other end as well: the pipe ends when both processes have.
    const ended = once(parent.stdout.resume(), 'end');
    parent.kill('SIGKILL');
    expect(await ended).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s while it waits for traffic', async (signal) => {
    await relay.serve([tcp([])]);
    relay.child.kill(signal);
    expect(await once(relay.child, 'exit')).toEqual([0, null]);
  });

  it('says how it is meant to be started where it was started without a channel', async () => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      errors += chunk;
    });
    expect((await once(child, 'close'))[0]).not.toBe(0);
    expect(errors).toContain('the relay is started by kube-proxy-lab');
  });

  it('fails what is asked of it after it has ended', async () => {
    await relay.client.ready;
    relay.child.kill('SIGKILL');
    await once(relay.child, 'exit');
    await expect(relay.serve([])).rejects.toMatchObject({ code: 'ended' });
  });
});
