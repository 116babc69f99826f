/** Two clusters: switched between many times, their servers killed and started again. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClusterChange } from '../../app/contract/cluster.ts';
import type { Stored } from '../../app/contract/objects.ts';
import type { Service } from '../../app/kubernetes/objects.ts';
import { DEFAULT_CONFIGURATION } from '../../app/proxy/configuration.ts';
import { ClusterApi } from '../cluster/cluster-api.ts';
import { connectTo } from '../cluster/cluster-connection.ts';
import type { KubeContext } from '../cluster/kube-context.ts';
import { type ServerProcess, startServerProcess } from '../lab/api-server/testing/server-process.ts';
import { ContextClusters } from './context-clusters.ts';
import { Session } from './session.ts';
import { Workspace } from './workspace.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const home = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-workspace-'));
const names = ['alpha', 'beta'] as const;
const servers = new Map<string, ServerProcess>();
const ids = new Map<string, string>();
let contexts: ContextClusters;
let workspace: Workspace;

beforeAll(async () => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('KUBECONFIG', '');
  contexts = new ContextClusters({ dataDir: home, labKubeconfig: join(home, 'none') });
  workspace = new Workspace({
    lab: new Promise(() => {}),
    contexts,
    openContext: (context) =>
      new Session({
        connection: connectTo(context),
        kubeconfigPath: context.file,
        context: { name: context.name, kind: contexts.kindOf(context) },
        node: null,
        lab: null,
        configuration: DEFAULT_CONFIGURATION,
        dataDir: home,
        version: '0',
        log: () => {},
      }),
    log: () => {},
  });
  for (const name of names) {
    const server = await startServerProcess(join(home, name));
    servers.set(name, server);
    const { clusters } = contexts.add(name, readFileSync(server.kubeconfig, 'utf8'));
    ids.set(name, clusters[0] ?? '');
    await workspace.choose(clusters[0] ?? '');
    const created = await (await workspace.session).services.create(service(`only-${name}`));
    expect(created.outcome).toBe('saved');
  }
});

afterAll(async () => {
  await workspace.close();
  contexts.close();
  for (const server of servers.values()) await server.kill();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const pathOfShared = '/api/v1/namespaces/default/services/shared';

function service(name: string): { metadata: { name: string }; spec: object } {
  return { metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80 }] } };
}

function idOf(name: string): string {
  return ids.get(name) ?? '';
}

/** The names of the Services in a window's first snapshot. */
async function firstSnapshot(): Promise<{ services: string[]; ended: Promise<void> }> {
  const feed = await (await workspace.session).cluster.subscribe();
  const { value } = await feed.next();
  if (value?.kind !== 'snapshot') throw new Error('the feed does not begin with a snapshot');
  const services = value.state.services.map(({ metadata }: Service) => metadata?.name ?? '');
  const ended = (async () => {
    while (!(await feed.next()).done);
  })();
  return { services, ended };
}

function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

interface Held {
  sockets: number;
  handles: number;
  heap: number;
}

async function held(): Promise<Held> {
  // A server's last packets of connections that were closed.
  await new Promise((resolve) => setTimeout(resolve, 200));
  collectGarbage();
  return {
    sockets: sockets(),
    handles: process.getActiveResourcesInfo().length,
    heap: process.memoryUsage().heapUsed,
  };
}

/** Gives what ends when the next is chosen. */
async function switchTo(name: string, previous?: Promise<void>): Promise<{ ended: Promise<void> }> {
  await workspace.choose(idOf(name));
  // What was followed of the one before has ended.
  await previous;
  const { services, ended } = await firstSnapshot();
  expect(services).toContain(`only-${name}`);
  expect(services.filter((one) => one.startsWith('only-'))).toEqual([`only-${name}`]);
  return { ended };
}

it('switches 50 times: each time that cluster and nothing of the other, and nothing is kept of it', async () => {
  let ended: Promise<void> | undefined;
  const through = async (times: number): Promise<void> => {
    for (let turn = 0; turn < times; turn++) {
      const name = names[turn % names.length] as string;
      ({ ended } = await switchTo(name, ended));
    }
  };
  // Code is compiled and caches are filled in the first rounds.
  await through(6);
  const before = await held();
  await through(50);
  const after = await held();
  expect(after.sockets).toBeLessThanOrEqual(before.sockets);
  expect(after.handles).toBeLessThanOrEqual(before.handles);
  expect(after.heap).toBeLessThan(before.heap + 8 * 1024 * 1024);
});

it.each(names)('%s killed and started again: what is known stays, and is right soon after', async (name) => {
  await workspace.choose(idOf(name));
  const session = await workspace.session;
  await firstSnapshot();
  const feed = await session.cluster.subscribe();
  await feed.next();
  const removed: string[] = [];
  const put: string[] = [];
  const listening = (async () => {
    for await (const event of feed) {
      if (event.kind !== 'changes') continue;
      for (const change of event.changes as ClusterChange[]) {
        if (change.type === 'remove') removed.push(change.resource);
        else put.push(change.object.metadata.name);
      }
    }
  })();
  for (let round = 0; round < 3; round++) {
    await servers.get(name)?.kill();
    await vi.waitFor(
      () => expect(workspace.state.chosen.connection).toMatchObject({ problem: { code: 'refused' } }),
      { timeout: 5_000 },
    );
    expect(session.cluster.state.services.map(({ metadata }) => metadata.name)).toContain(`only-${name}`);
    servers.set(name, await startServerProcess(join(home, name)));
    const back = performance.now();
    const made = `after-${round}`;
    await session.services.create(service(made));
    await vi.waitFor(() => expect(put).toContain(made), { timeout: 5_000, interval: 20 });
    expect(performance.now() - back).toBeLessThan(5_000);
    await vi.waitFor(() => expect(workspace.state.chosen.connection.state).toBe('live'), { timeout: 5_000 });
  }
  // No Service was said to have gone while the server was away, and no pod or node either.
  expect(removed.filter((resource) => resource !== 'events')).toEqual([]);
  await workspace.choose(idOf(name === 'alpha' ? 'beta' : 'alpha'));
  await listening;
});

describe('a Service that others write too', () => {
  const key = { namespace: 'default', name: 'shared' };
  let editor: Session['services'];
  let api: ClusterApi;

  beforeAll(async () => {
    await workspace.choose(idOf('beta'));
    editor = (await workspace.session).services;
    api = new ClusterApi((contexts.find(idOf('beta')) as KubeContext).kubeConfig());
    await editor.create(service(key.name));
  });

  async function stored(): Promise<Stored<Service>> {
    return (await api.call<Stored<Service>>({ method: 'GET', path: pathOfShared })).object;
  }

  function apply(spec: object): Promise<unknown> {
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: key.name }, spec };
    const query = { fieldManager: 'flux', force: 'true' };
    return api.call({ method: 'PATCH', patch: 'apply', path: pathOfShared, query, body });
  }

  it('is saved without taking what is not changed, and saved again', async () => {
    for (const label of ['one', 'two']) {
      const now = await stored();
      const object = { ...now, metadata: { ...now.metadata, labels: { label } } };
      expect(await editor.update(object as never, false)).toMatchObject({ outcome: 'saved' });
      const { labels, managedFields = [] } = (await stored()).metadata;
      expect(labels).toEqual({ label });
      const ours = managedFields.find(({ manager }) => manager === 'kube-proxy-lab');
      expect(ours).toMatchObject({
        operation: 'Apply',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:label': {} } } },
      });
      expect(ours?.fieldsV1).not.toHaveProperty('f:spec');
    }
  });

  it('is not saved over a change since it was read', async () => {
    const read = await stored();
    await apply({ externalTrafficPolicy: 'Local' });
    const object = { ...read, spec: { ...read.spec, sessionAffinity: 'ClientIP' } };
    const outcome = await editor.update(object as never, false);
    expect(outcome).toMatchObject({
      outcome: 'conflict',
      current: { spec: { externalTrafficPolicy: 'Local' } },
    });
  });

  it('names who owns what would be changed, changes nothing, and takes it over when told to', async () => {
    const read = await stored();
    const object = { ...read, spec: { ...read.spec, externalTrafficPolicy: 'Cluster' } };
    expect(await editor.update(object as never, false)).toMatchObject({
      outcome: 'owned',
      fields: [{ field: '.spec.externalTrafficPolicy', managers: ['flux'] }],
    });
    expect((await stored()).metadata.resourceVersion).toBe(read.metadata.resourceVersion);
    expect(await editor.update(object as never, true)).toMatchObject({ outcome: 'saved' });
    expect((await stored()).spec?.externalTrafficPolicy).toBe('Cluster');
  });

  it('loses what was made here, and takes out what others own only when told to', async () => {
    await apply({ externalIPs: ['192.0.2.7'] });
    const read = await stored();
    const { externalIPs: _, ...spec } = read.spec ?? {};
    const object = { ...read, spec };
    expect(await editor.update(object as never, false)).toMatchObject({
      outcome: 'owned',
      fields: [{ field: '.spec.externalIPs', managers: ['flux'] }],
    });
    expect(await editor.update(object as never, true)).toMatchObject({ outcome: 'saved' });
    expect((await stored()).spec).not.toHaveProperty('externalIPs');
  });

  it('is refused at its fields, as by any server', async () => {
    const read = await stored();
    const object = { ...read, spec: { ...read.spec, type: 'Nonsense' } };
    expect(await editor.update(object as never, false)).toMatchObject({
      outcome: 'invalid',
      problems: [{ field: 'spec.type' }],
    });
  });
});

it('says what a person may do, as the cluster does', async () => {
  await workspace.choose(idOf('beta'));
  const permissions = await (await workspace.session).permissions.in('default');
  expect(permissions).toContainEqual({ resource: 'services', verb: 'patch', allowed: true, reason: '' });
  expect(permissions.map(({ resource }) => resource)).toContain('pods/exec');
});

it('says why a cluster is not to be had, and what is missing in a context', async () => {
  await servers.get('alpha')?.kill();
  contexts.add(
    'broken',
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://no-such-host.invalid:6443' } }],
      users: [
        { name: 'missing', user: { exec: { command: 'no-such-plugin-for-kubectl' } } },
        { name: 'failing', user: { exec: { command: '/bin/false', args: ['; touch /tmp/never'] } } },
      ],
      contexts: [
        { name: 'no-cluster', context: { cluster: 'nope' } },
        { name: 'no-user', context: { cluster: 'c', user: 'nope' } },
        { name: 'no-program', context: { cluster: 'c', user: 'missing' } },
        { name: 'bad-program', context: { cluster: 'c', user: 'failing' } },
        { name: 'no-host', context: { cluster: 'c' } },
      ],
    }),
  );
  await contexts.check(null);
  // A program runs only for those that somebody names.
  const runs = contexts.clusters.filter(({ runs }) => runs !== null);
  expect(runs.map(({ reachability }) => reachability.state)).toEqual(['unknown', 'unknown']);
  await contexts.check(runs.map(({ id }) => id));
  const found = new Map(
    contexts.clusters.map(({ name, reachability }) => [
      name,
      reachability.state === 'unreachable' ? reachability.problem.code : reachability.state,
    ]),
  );
  expect(Object.fromEntries(found)).toMatchObject({
    'no-cluster': 'context-incomplete',
    'no-user': 'context-incomplete',
    'no-program': 'exec-missing',
    'bad-program': 'exec-failed',
    'no-host': 'name-not-resolved',
  });
  const reached = contexts.clusters.map(({ file, reachability }) => [
    file?.endsWith('alpha.yaml') || file?.endsWith('beta.yaml'),
    reachability.state === 'unreachable' ? reachability.problem.code : reachability.state,
  ]);
  expect(reached.filter(([ours]) => ours).map(([, state]) => state)).toEqual(['refused', 'reachable']);
});

it('falls back to the lab when the chosen context is removed', async () => {
  await workspace.choose(idOf('beta'));
  const file = contexts.files.find(({ path }) => path.endsWith('beta.yaml'));
  contexts.forget(file?.path ?? '');
  expect(workspace.state.chosen.id).toBe('lab');
  expect(workspace.state.clusters.map(({ id }) => id)).not.toContain(idOf('beta'));
});
