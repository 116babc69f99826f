/**
 * Measures the embedded lab: how long it takes to come up with five pods, how long a new pod takes, and what
 * a hundred pods need.
 *
 *   node scripts/bench-lab.ts [--rounds N]
 *
 * Runs as whoever calls it, on a folder of its own, with the built command (`npm run build`). Times are of
 * this machine and its load: compare the figures of one run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';

const COMMAND = new URL('../bin/kube-proxy-lab', import.meta.url).pathname;
const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(options.rounds);
const folder = mkdtempSync(join(tmpdir(), 'bench-lab-'));

interface Lab {
  child: ChildProcess;
  url: URL;
  token: string;
  ca: Buffer;
}

/** Starts the command; resolves when it says that the lab is up. */
async function up(): Promise<Lab> {
  const child = spawn(COMMAND, ['lab', 'up', '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout ?? process.stdin }), 'line')) as [string];
  const kubeconfig = parse(readFileSync(JSON.parse(line).kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster;
  return {
    child,
    url: new URL(server),
    token: kubeconfig.users[0].user.token,
    ca: Buffer.from(ca, 'base64'),
  };
}

async function down({ child }: Lab): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function send(lab: Lab, path: string, body?: object): Promise<IncomingMessage> {
  const sent = request(new URL(path, lab.url), {
    method: body ? 'POST' : 'GET',
    ca: lab.ca,
    headers: { Authorization: `Bearer ${lab.token}`, 'Content-Type': 'application/json' },
  });
  sent.end(body && JSON.stringify(body));
  return once(sent, 'response').then(([response]) => response);
}

const pods = '/api/v1/namespaces/default/pods';

async function createPod(lab: Lab, name: string): Promise<void> {
  const pod = { metadata: { name }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
  for await (const _chunk of await send(lab, pods, pod)) {
    // Read to its end, so that the connection is free again.
  }
}

interface WatchEvent {
  object: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } };
}

/** Resolves when `count` pods have been ready. */
async function ready(lab: Lab, count: number): Promise<void> {
  const names = new Set<string>();
  const response = await send(lab, `${pods}?watch=1`);
  try {
    for await (const line of createInterface({ input: response })) {
      const { object } = JSON.parse(line) as WatchEvent;
      const conditions = object.status?.conditions ?? [];
      if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) {
        names.add(object.metadata.name);
      }
      if (names.size >= count) return;
    }
  } finally {
    response.destroy();
  }
}

/** Proportional set size of a process and all below it, in MB: what goes when they go. */
function memoryOf(pid: number): number {
  const own = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? '0';
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), Number(own) / 1024);
}

function median(values: number[]): number {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

function tell(what: string, values: number[], unit: string): void {
  const digits = unit === 's' ? 2 : 0;
  const [least = 0, most = 0] = [Math.min(...values), Math.max(...values)];
  console.log(
    `${what.padEnd(44)} ${median(values).toFixed(digits)} ${unit} (${least.toFixed(digits)} to ${most.toFixed(digits)})`,
  );
}

try {
  let lab = await up();
  for (let index = 1; index <= 5; index += 1) await createPod(lab, `first-${index}`);
  await ready(lab, 5);
  await down(lab);

  const starts: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    starts.push(
      (await timed(async () => {
        lab = await up();
        await ready(lab, 5);
      })) / 1000,
    );
    if (round < rounds - 1) await down(lab);
  }
  tell('up, with 5 pods ready', starts, 's');

  const additions: number[] = [];
  for (let count = 6; count <= 100; count += 1) {
    additions.push(
      await timed(async () => {
        const all = ready(lab, count);
        await createPod(lab, `more-${count}`);
        await all;
      }),
    );
  }
  tell('a pod more, from request to Ready', additions, 'ms');
  tell('memory with 100 pods, all processes', [memoryOf(lab.child.pid ?? 0)], 'MB');
  await down(lab);
  console.log(execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim(), process.version);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
