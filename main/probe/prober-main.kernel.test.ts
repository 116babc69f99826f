import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { formatEcho } from '../../app/contract/echo.ts';

const PROGRAM = new URL('./prober-main.ts', import.meta.url).pathname;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

class Prober {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(process.execPath, [PROGRAM], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  readonly results: { pod?: string }[] = [];
  errors = '';
  readonly ended = once(this.child, 'close');

  constructor() {
    createInterface(this.child.stdout).on('line', (line) => this.results.push(JSON.parse(line)));
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors += text;
    });
  }

  plan(plan: object): void {
    const defaults = {
      address: '127.0.0.1',
      protocol: 'http',
      concurrency: 1,
      keepAlive: false,
      timeoutMs: 30_000,
    };
    this.child.stdin.write(`${JSON.stringify({ ...defaults, ...plan })}\n`);
  }
}

const pod = (): Server => {
  const called = { client: '127.0.0.1', clientPort: 1, address: '127.0.0.1', port: 1 };
  const answer = formatEcho({ pod: 'a', namespace: 'default', ...called, protocol: 'HTTP' });
  return createHttpServer((_request, response) => response.end(answer));
};

it('prints a line for each request and ends, its standard input still open', async () => {
  const prober = new Prober();
  prober.plan({ port: await listen(pod()), requests: 50, concurrency: 5 });
  expect(await prober.ended).toEqual([0, null]);
  expect(prober.results.map(({ pod }) => pod)).toEqual(Array(50).fill('a'));
});

it.each([
  ['on SIGTERM', (prober: Prober): unknown => prober.child.kill('SIGTERM')],
  ['with its standard input', (prober: Prober): unknown => prober.child.stdin.end()],
])('ends %s, having told of what was answered, whatever is under way', async (_how, stop) => {
  let requests = 0;
  const prober = new Prober();
  const silentAfterTwo = pod();
  silentAfterTwo.prependListener('request', (_request, response) => {
    requests += 1;
    if (requests < 3) return;
    response.end = () => response;
    stop(prober);
  });
  prober.plan({ port: await listen(silentAfterTwo), requests: 1000 });
  expect(await prober.ended).toEqual([0, null]);
  expect(prober.results).toHaveLength(2);
});

it.each([
  ['rubbish', 'hello\n', 'is not one'],
  ['a port out of range', '{"address":"10.0.0.5","port":0}\n', 'port'],
])('refuses %s as a plan in one message', async (_name, line, message) => {
  const prober = new Prober();
  prober.child.stdin.write(line);
  expect(await prober.ended).toEqual([2, null]);
  expect(prober.errors).toContain(message);
  expect(prober.errors).not.toContain('    at ');
});
