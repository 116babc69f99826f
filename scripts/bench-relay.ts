/**
 * Measures the userspace relay from a client through the node to a pod, each in a network namespace, beside
 * no proxy, HAProxy (where it is installed) and two lines of Node, in turn and in one run.
 *
 *   node scripts/bench-relay.ts [--rounds N] [--seconds N]
 *
 * Needs root (or `unshare --user --map-root-user --net --mount`), ip, wrk and curl. Times drift from run to
 * run: compare the ratios of one run.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { channelToChild } from '../main/helper/process-channel.ts';
import { RelayClient } from '../main/userspace/relay-client.ts';

const POD = { ip: '10.9.1.2', port: 8080 };
const NODE_IP = '10.9.0.1';
const SPACES = { client: 'bench-client', node: 'bench-node', pod: 'bench-pod' };
/** What ../peers measured for the same three columns, as shares of no proxy. */
const PEERS = [
  ['HAProxy 2.6 (splice-auto)', 0.45, 0.39, 0.32],
  ['kube-proxy 1.25 userspace', 0.36, 0.3, 0.49],
  ['two lines of Node', 0.29, 0.27, 0.31],
] as const;

interface Contestant {
  name: string;
  address: string;
}

interface Figures {
  keepAlive: number;
  newConnections: number;
  bulkGbit: number;
}

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
});
const processes: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'bench-relay-'));

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function within(space: string, command: string[]): string[] {
  return ['netns', 'exec', space, ...command];
}

function start(space: string, command: string[], stdio: 'ignore' | 'ipc' = 'ignore'): ChildProcess {
  const child = spawn('ip', within(space, command), {
    stdio: stdio === 'ipc' ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'inherit', 'inherit'],
  });
  processes.push(child);
  return child;
}

function link(from: { space: string; device: string; ip: string }, to: { device: string; ip: string }): void {
  ip(
    'link',
    'add',
    from.device,
    'netns',
    from.space,
    'type',
    'veth',
    'peer',
    'name',
    to.device,
    'netns',
    SPACES.node,
  );
  ip('-n', from.space, 'addr', 'add', `${from.ip}/24`, 'dev', from.device);
  ip('-n', SPACES.node, 'addr', 'add', `${to.ip}/24`, 'dev', to.device);
  ip('-n', from.space, 'link', 'set', from.device, 'up');
  ip('-n', SPACES.node, 'link', 'set', to.device, 'up');
  ip('-n', from.space, 'route', 'add', 'default', 'via', to.ip);
}

function layNetwork(): void {
  for (const space of Object.values(SPACES)) {
    ip('netns', 'add', space);
    ip('-n', space, 'link', 'set', 'lo', 'up');
  }
  link({ space: SPACES.client, device: 'c0', ip: '10.9.0.2' }, { device: 'n0', ip: NODE_IP });
  link({ space: SPACES.pod, device: 'p0', ip: POD.ip }, { device: 'n1', ip: '10.9.1.1' });
  const settings: [string, string[]][] = [
    [SPACES.node, ['net.ipv4.ip_forward=1']],
    // New connections a second use up the default range within a round.
    ...Object.values(SPACES).map((space): [string, string[]] => [
      space,
      ['net.ipv4.ip_local_port_range=10000 65000', 'net.ipv4.tcp_tw_reuse=1'],
    ]),
  ];
  for (const [space, sysctls] of settings) {
    execFileSync('ip', within(space, ['sysctl', '-qw', ...sysctls]), { stdio: 'inherit' });
  }
}

async function startRelay(): Promise<Contestant> {
  const program = join(import.meta.dirname, '../main/userspace/relay-main.ts');
  const client = new RelayClient(channelToChild(start(SPACES.node, [process.execPath, program], 'ipc')));
  const { ports } = await client.serve({
    udpIdleTimeoutMs: 250,
    servicePorts: [{ key: 'bench/relay:', protocol: 'TCP', family: 'IPv4', endpoints: [POD] }],
  });
  return { name: 'the relay', address: `${NODE_IP}:${ports[0]?.proxyPort}` };
}

function startTwoLines(): Contestant {
  const program = `
    import net from 'node:net';
    net.createServer({ allowHalfOpen: true, noDelay: true }, (a) => {
      const b = net.connect({ port: ${POD.port}, host: '${POD.ip}', allowHalfOpen: true, noDelay: true });
      for (const s of [a, b]) s.on('error', () => { a.destroy(); b.destroy(); });
      a.pipe(b); b.pipe(a);
    }).listen(9002);`;
  start(SPACES.node, [process.execPath, '--input-type=module', '--eval', program]);
  return { name: 'two lines of Node', address: `${NODE_IP}:9002` };
}

function startHAProxy(): Contestant[] {
  if (spawnSync('haproxy', ['-v']).error) return [];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global\n  nbthread 1\n  maxconn 4000\n` +
      `defaults\n  mode tcp\n  option splice-auto\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n` +
      `listen bench\n  bind :9001\n  server pod ${POD.ip}:${POD.port}\n`,
  );
  start(SPACES.node, ['haproxy', '-db', '-f', file]);
  return [{ name: 'HAProxy', address: `${NODE_IP}:9001` }];
}

function fromClient(command: string[]): string {
  return execFileSync('ip', within(SPACES.client, command), { encoding: 'utf8' });
}

function requestsPerSecond(address: string, ...headers: string[]): number {
  const output = fromClient(['wrk', '-t1', '-c32', `-d${options.seconds}`, ...headers, `http://${address}/`]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  if (!rate || /Socket errors/.test(output)) throw new Error(`wrk against ${address}:\n${output}`);
  return Number(rate);
}

function measure({ address }: Contestant): Figures {
  const keepAlive = requestsPerSecond(address);
  const newConnections = requestsPerSecond(address, '-H', 'Connection: close');
  const bytes = fromClient([
    'curl',
    '-sf',
    '-o',
    '/dev/null',
    '-w',
    '%{speed_download}',
    `http://${address}/bulk`,
  ]);
  return { keepAlive, newConnections, bulkGbit: (Number(bytes) * 8) / 1e9 };
}

function median(values: number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function listensAt({ address }: Contestant): Promise<void> {
  const [host, port] = address.split(':');
  // From the client's side; a shell's own redirection needs no further program.
  while (
    spawnSync('ip', within(SPACES.client, ['bash', '-c', `: < /dev/tcp/${host}/${port}`])).status !== 0
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function run(): Promise<void> {
  layNetwork();
  start(SPACES.pod, [
    process.execPath,
    join(import.meta.dirname, 'bench-relay-endpoint.ts'),
    String(POD.port),
  ]);
  const contestants: Contestant[] = [
    { name: 'no proxy', address: `${POD.ip}:${POD.port}` },
    await startRelay(),
    ...startHAProxy(),
    startTwoLines(),
  ];
  await Promise.all(contestants.map(listensAt));
  const rounds: Figures[][] = [];
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    rounds.push(contestants.map(measure));
    process.stderr.write(`round ${round} of ${options.rounds}\n`);
  }
  print(contestants, rounds);
}

function print(contestants: Contestant[], rounds: Figures[][]): void {
  const of = (index: number, figure: keyof Figures): number =>
    median(rounds.map((round) => round[index]?.[figure] ?? Number.NaN));
  const cell = (index: number, figure: keyof Figures, digits: number): string => {
    const value = of(index, figure);
    return `${value.toFixed(digits)} (${(value / of(0, figure)).toFixed(2)})`.padStart(18);
  };
  const row = (name: string, ...cells: string[]): void => console.log(name.padEnd(28) + cells.join(''));
  const heads = ['keep-alive/s', 'new connections/s', 'bulk Gbit/s'];
  row('medians (share of no proxy)', ...heads.map((head) => head.padStart(18)));
  contestants.forEach(({ name }, index) => {
    row(name, cell(index, 'keepAlive', 0), cell(index, 'newConnections', 0), cell(index, 'bulkGbit', 1));
  });
  console.log('\nmeasured before, on such a machine');
  for (const [name, ...shares] of PEERS)
    row(name, ...shares.map((share) => `(${share.toFixed(2)})`.padStart(18)));
}

async function cleanUp(): Promise<void> {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const space of Object.values(SPACES)) spawnSync('ip', ['netns', 'delete', space]);
  rmSync(folder, { recursive: true, force: true });
}

const missing = ['ip', 'wrk', 'curl'].filter((program) => spawnSync(program, ['--version']).error);
if (missing.length > 0) {
  console.error(`bench-relay needs ${missing.join(', ')}: apt-get install iproute2 wrk curl`);
  process.exit(2);
}
try {
  await run();
} finally {
  await cleanUp();
}
