/** Requests to a cluster of a kubeconfig: from this computer, by the ways that there are to its node ports. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrafficPlan, TrafficRun } from '../../../app/contract/traffic.ts';
import { service } from '../../lab/api-server/testing/lab-fixture.ts';
import { ContainerEngine } from '../../targets/stand-in/container-engine.ts';
import { ClustersUnderTest, type ClusterUnderTest } from '../testing/clusters-under-test.ts';

const NODE = 'lab-node';
const LABELS = { 'io.x-k8s.kind.cluster': 'demo', 'io.x-k8s.kind.role': 'control-plane' };
let clusters: ClustersUnderTest;
let cluster: ClusterUnderTest;
let answering: Server;
let hostPort: number;

beforeAll(async () => {
  vi.stubEnv('KUBECONFIG', '');
  clusters = new ClustersUnderTest();
  vi.stubEnv('HOME', clusters.folder);
  cluster = await clusters.add('kind-demo');
  cluster.server.client.create(
    'services',
    service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
  );
  await clusters.workspace.choose(cluster.id);
  answering = createServer((_request, response) => response.end('somebody of the cluster'));
  await new Promise<void>((resolve) => answering.listen(0, '127.0.0.1', resolve));
  hostPort = (answering.address() as AddressInfo).port;
});

afterAll(async () => {
  answering.close();
  await clusters.close();
  vi.unstubAllEnvs();
});

const PLAN: TrafficPlan = {
  from: 'here', target: 'web/nodePort', requests: 3, concurrency: 1, keepAlive: false, timeoutMs: 2_000,
}; // biome-ignore format: one plan

async function ended({ id }: TrafficRun): Promise<TrafficRun> {
  const { traffic } = clusters.window(cluster.id);
  let last: TrafficRun | undefined;
  for await (const event of await traffic.watchRun({ id })) {
    if (event.kind === 'snapshot') last = event.state.run;
    else for (const change of event.changes) if (change.type === 'run') last = change.run;
  }
  if (!last) throw new Error('the run was not told of');
  return last;
}

describe('a kind cluster', () => {
  let engine: ContainerEngine;

  beforeEach(async () => {
    engine = new ContainerEngine(['docker']);
    vi.stubEnv('PATH', `${engine.folder}:${process.env['PATH']}`);
    // The answers about containers hold for some seconds.
    await clusters.workspace.choose('lab').catch(() => {});
    await clusters.workspace.choose(cluster.id);
    await vi.waitFor(() => expect(clusters.workspace.state.chosen.connection.state).toBe('live'));
  });

  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', clusters.folder);
  });

  it('tells the port that is led to its node port, and is asked there', async () => {
    const ports = { '30080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }] };
    await engine.run(NODE, { labels: LABELS, ports });
    const { traffic } = clusters.window(cluster.id);
    const found = await traffic.ways({ target: 'web/nodePort' });
    expect(found).toMatchObject({ provider: 'kind', node: 'container', gaps: [] });
    expect(found.ways[0]).toEqual({
      from: 'this computer', works: 'yes', reason: 'published', address: '127.0.0.1', port: hostPort,
    }); // biome-ignore format: one way
    const at = { address: '127.0.0.1', port: hostPort };
    const run = await ended(await traffic.start({ ...PLAN, at }));
    expect(run).toMatchObject({
      state: 'done',
      target: { ...at, service: 'default/web', way: 'nodePort' },
      summary: { ok: 3, failed: 0 },
      mode: null,
    });
  });

  it.each([
    ['Docker Desktop', { OperatingSystem: 'Docker Desktop' }, 'container in a virtual machine'],
    [
      'a rootless daemon',
      { SecurityOptions: ['name=seccomp', 'name=rootless'] },
      'container of a rootless runtime',
    ],
    ['a daemon elsewhere', { Name: 'another-host' }, 'container of another computer'],
  ])('of %s has its node out of reach', async (_name, info, node) => {
    engine.info(info);
    await engine.run(NODE, { labels: LABELS });
    const found = await clusters.window(cluster.id).traffic.ways({ target: 'web/nodePort' });
    expect(found.node).toBe(node);
    const own = found.ways.filter(({ from, address }) => from === 'this computer' && address === '10.0.0.5');
    expect(own.map(({ works }) => works)).toEqual(['no']);
  });

  it('that is named otherwise in the kubeconfig is known by its address', async () => {
    const labels = { ...LABELS, 'io.x-k8s.kind.cluster': 'another-name' };
    await engine.run(NODE, { labels, address: '10.0.0.5' });
    await engine.run('somebody-elses', { labels, address: '172.18.0.9' });
    const found = await clusters.window(cluster.id).traffic.ways({ target: 'web/nodePort' });
    expect(found).toMatchObject({ provider: 'kind', node: 'container' });
  });

  it('whose runtime does not answer says so', async () => {
    engine.trouble({ how: 'no-daemon' });
    const found = await clusters.window(cluster.id).traffic.ways({ target: 'web/nodePort' });
    expect(found.node).toBe('unknown');
    expect(found.gaps.join()).toMatch(/docker's daemon does not answer/);
  });
});

it('the runs of a cluster are its own, and there again', async () => {
  await clusters.workspace.choose(cluster.id);
  await vi.waitFor(() => expect(clusters.workspace.state.chosen.connection.state).toBe('live'));
  const { traffic } = clusters.window(cluster.id);
  const { id } = await ended(await traffic.start({ ...PLAN, at: { address: '127.0.0.1', port: hostPort } }));
  const other = await clusters.add('other');
  const known = async (): Promise<string[]> => {
    const feed = await clusters.window().traffic.watchRuns();
    for await (const event of feed) {
      if (event.kind === 'snapshot') return event.state.runs.map((run) => run.id);
    }
    return [];
  };
  await clusters.workspace.choose(other.id);
  expect(await known()).toEqual([]);
  await clusters.workspace.choose(cluster.id);
  expect(await known()).toContain(id);
});

it('places of the lab are no places of another cluster', async () => {
  const { traffic } = clusters.window();
  await expect(traffic.start({ ...PLAN, from: 'client' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(traffic.openForwarder({ target: 'web' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

it('a failure is told with what is known of the Service, and no more', async () => {
  await clusters.workspace.choose(cluster.id);
  await vi.waitFor(() => expect(clusters.workspace.state.chosen.connection.state).toBe('live'));
  const { traffic } = clusters.window();
  const run = await ended(await traffic.start({ ...PLAN, at: { address: '127.0.0.1', port: 1 } }));
  expect(run.summary.failures).toEqual([{ kind: 'refused', count: 3 }]);
  expect(run.explanations).toEqual([{ kind: 'refused', words: expect.stringMatching(/no ready endpoint/) }]);
});
