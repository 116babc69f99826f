/**
 * Steady traffic from one place, of every kind at once, for as long as standard input stays open: new
 * connections, a kept connection, an open stream, UDP from one socket and from new ones. Prints one line of
 * JSON at the end: how many of each, and each failure in words. Given to `node` as a text, because it runs
 * as a user who may not read the checkout.
 *
 * argv: ADDRESS TCP_PORT UDP_PORT
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';

const [address = '', tcpPort = '', udpPort = ''] = process.argv.slice(1);
const PERIOD_MS = 20;
const TIMEOUT_MS = 3000;
const done: Record<string, number> = {};
const failures: string[] = [];
const pending = new Set<Promise<void>>();

function note(kind: string, request: Promise<void>): void {
  const settled = request.then(
    () => {
      done[kind] = (done[kind] ?? 0) + 1;
    },
    (error: unknown) => {
      failures.push(
        `${kind} at ${Date.now() % 100000}: ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  );
  pending.add(settled);
  void settled.then(() => pending.delete(settled));
}

function http(agent: Agent | false): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port: Number(tcpPort), agent, timeout: TIMEOUT_MS }, (response) => {
      response.on('error', reject);
      response.on('end', resolve);
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error('timed out')));
    request.on('error', reject);
  });
}

function udp(socket: UdpSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), TIMEOUT_MS);
    socket.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.send('?', Number(udpPort), address, (error) => error && reject(error));
  });
}

function freshUdp(): Promise<void> {
  const socket = createSocket('udp4');
  return udp(socket).finally(() => socket.close());
}

/** One connection for the whole time; every line sent comes back. */
function openStream(): { send(): Promise<void>; close(): void } {
  const socket = connect(Number(tcpPort), address);
  let received = '';
  let waiting: { line: string; resolve(): void; reject(error: Error): void }[] = [];
  const fail = (error: Error): void => {
    for (const { reject } of waiting) reject(error);
    waiting = [];
  };
  socket.setEncoding('utf8');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('closed')));
  socket.on('data', (text: string) => {
    received += text;
    waiting = waiting.filter(({ line, resolve }) => {
      if (!received.includes(line)) return true;
      resolve();
      return false;
    });
    received = received.slice(-4096);
  });
  socket.write('\n');
  let count = 0;
  return {
    send: () =>
      new Promise((resolve, reject) => {
        const line = `line ${++count};\n`;
        const timer = setTimeout(() => reject(new Error(`${line.trim()} did not come back`)), TIMEOUT_MS);
        const cameBack = (): void => {
          clearTimeout(timer);
          resolve();
        };
        waiting.push({ line, resolve: cameBack, reject });
        socket.write(line);
      }),
    close: () => socket.destroy(),
  };
}

const kept = new Agent({ keepAlive: true, maxSockets: 1 });
const stream = openStream();
const keptUdp = createSocket('udp4');
let keptUdpBusy = false;

const timer = setInterval(() => {
  note('new connection', http(false));
  note('kept connection', http(kept));
  note('open stream', stream.send());
  note('new UDP socket', freshUdp());
  if (!keptUdpBusy) {
    keptUdpBusy = true;
    note(
      'kept UDP socket',
      udp(keptUdp).finally(() => (keptUdpBusy = false)),
    );
  }
}, PERIOD_MS);

process.stdout.write('started\n');
process.stdin.resume();
process.stdin.on('end', async () => {
  clearInterval(timer);
  await Promise.all(pending);
  stream.close();
  process.stdout.write(`${JSON.stringify({ done, failures })}\n`);
  process.exit(0);
});
