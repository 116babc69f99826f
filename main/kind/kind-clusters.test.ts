/** kind clusters made and deleted, with a stand-in for kind. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KindOptions } from '../../app/kind/kind-config.ts';
import { KindClusters } from './kind-clusters.ts';
import { KindStandIn } from './stand-in/kind-stand-in.ts';

// Each word to the stand-in starts a program, and one that does not hear is waited for.
vi.setConfig({ testTimeout: 60_000 });

let kind: KindStandIn;
let clusters: KindClusters;
const log: string[] = [];
const DEMO: KindOptions = { name: 'demo', ipFamily: 'dual', kubeProxyMode: 'none', ports: [] };

beforeEach(() => {
  kind = new KindStandIn();
  vi.stubEnv('PATH', `${kind.folder}:${process.env['PATH']}`);
  clusters = new KindClusters((line) => log.push(line));
});

afterEach(async () => {
  await clusters.close();
  kind[Symbol.dispose]();
  vi.unstubAllEnvs();
});

/** Waits for the job's end. */
async function ended(): Promise<NonNullable<typeof clusters.state.job>> {
  for await (const event of clusters.subscribe()) {
    if (event.kind !== 'snapshot') continue;
    const { job } = event.state;
    if (job && job.state !== 'running' && job.state !== 'cancelling') return job;
  }
  throw new Error('the feed has ended');
}

async function untilSaid(text: string): Promise<void> {
  for await (const event of clusters.subscribe()) {
    if (event.kind === 'snapshot' && event.state.job?.lines.some((line) => line.includes(text))) return;
  }
}

it('makes a cluster without kube-proxy, and tells what kind says as it goes', async () => {
  const ports = [{ containerPort: 30080, hostPort: 8080, protocol: 'TCP' } as const];
  await clusters.create({ ...DEMO, ports });
  expect(await ended()).toEqual({
    what: 'create',
    name: 'demo',
    state: 'done',
    error: null,
    lines: expect.arrayContaining([
      'Creating cluster "demo" ...',
      ' ✓ Starting control-plane 🕹️',
      'Set kubectl context to "kind-demo"',
    ]),
  });
  expect(clusters.state).toMatchObject({ version: 'v0.30.0', clusters: ['demo'], problem: null });
  expect(kind.asked().at(-3)).toEqual([
    'create',
    'cluster',
    '--name',
    'demo',
    '--config',
    '-',
    '--wait',
    '120s',
  ]);
  expect(kind.configurations()[0]).toMatch(/kubeProxyMode: none[\s\S]*hostPort: 8080/);
});

it.each([
  ['no image', { how: 'no-image' } as const, /exit code 1: .*no such host/],
  ['its death in the middle of a line', { how: 'killed' } as const, /did not run to its end: .*Preparing no/],
])('tells of %s with its last words', async (_name, trouble, words) => {
  kind.trouble(trouble);
  await clusters.create(DEMO);
  const job = await ended();
  expect(job.state).toBe('failed');
  expect(job.error).toMatch(words);
});

it.each([
  ['at once', {}],
  ['also where it does not hear', { how: 'deaf' }],
] as const)('is cancelled %s, and leaves nothing half made', async (_name, trouble) => {
  kind.trouble({ milliseconds: 60_000, ...trouble });
  await clusters.create(DEMO);
  await untilSaid('Ensuring node image');
  expect(kind.clusters).toEqual(['demo']);
  await clusters.cancel();
  expect(clusters.state.job).toMatchObject({ what: 'create', state: 'cancelled', error: null });
  expect(clusters.state.clusters).toEqual([]);
  expect(kind.clusters).toEqual([]);
});

it('says where what was half made could not be deleted', async () => {
  kind.trouble({ milliseconds: 60_000 });
  await clusters.create(DEMO);
  await untilSaid('Ensuring node image');
  kind.trouble({ how: 'undeletable' });
  await clusters.cancel();
  expect(clusters.state.job).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/failed to delete/),
  });
  expect(log.join()).toMatch(/kind cluster demo could not be deleted/);
});

it('deletes one that kind lists, when its name is typed', async () => {
  kind.clusters = ['demo', 'other'];
  await expect(clusters.remove('demo', 'dem')).rejects.toMatchObject({ code: 'REFUSED' });
  await expect(clusters.remove('--all', '--all')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(kind.asked().filter(([verb]) => verb === 'delete')).toEqual([]);
  await clusters.remove('demo', 'demo');
  expect(await ended()).toMatchObject({ what: 'delete', state: 'done' });
  expect(kind.clusters).toEqual(['other']);
});

it('does one thing at a time', async () => {
  kind.clusters = ['old'];
  kind.trouble({ milliseconds: 60_000 });
  await clusters.create(DEMO);
  await expect(clusters.create({ ...DEMO, name: 'second' })).rejects.toMatchObject({ code: 'REFUSED' });
  await expect(clusters.remove('old', 'old')).rejects.toMatchObject({ code: 'REFUSED' });
  await clusters.cancel();
  await expect(clusters.cancel()).rejects.toMatchObject({ code: 'REFUSED' });
});

it('refuses a name that is taken and a port that is led twice', async () => {
  kind.clusters = ['demo'];
  await expect(clusters.create(DEMO)).rejects.toThrow(/there is a kind cluster demo already/);
  const port = { containerPort: 30080, hostPort: 8080, protocol: 'TCP' } as const;
  const twice = { ...DEMO, name: 'new', ports: [port, { ...port, containerPort: 30081 }] };
  await expect(clusters.create(twice)).rejects.toThrow(/port 8080\/TCP/);
  expect(kind.asked().filter(([verb]) => verb === 'create')).toEqual([]);
});

it('says why clusters cannot be listed, and that kind is missing', async () => {
  kind.trouble({ how: 'no-daemon' });
  await clusters.refresh();
  expect(clusters.state).toMatchObject({
    clusters: null,
    problem: expect.stringMatching(/Is the docker daemon running/),
  });
  vi.stubEnv('PATH', '/nowhere');
  await clusters.refresh();
  expect(clusters.state).toEqual({ known: true, version: null, clusters: null, problem: null, job: null });
  await expect(clusters.create(DEMO)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
