/** What the contract promises, asked by windows over a real WebSocket of a lab that runs. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Draft } from '../../app/contract/objects.ts';
import type { TrafficPlan, TrafficRun } from '../../app/contract/traffic.ts';
import type { Service } from '../../app/kubernetes/objects.ts';
import { LabUnderTest } from '../testing/lab-under-test.ts';
import { removeInstallation, type TestUser, testUsers } from '../testing/test-user.ts';
import { type EngineClient, errorOf, stateOf, WindowUnderTest } from '../testing/window-under-test.ts';

const [user] = testUsers as [TestUser, ...TestUser[]];
const mysql = readFileSync(join(import.meta.dirname, '../../resources/templates/mysql.yaml'), 'utf8');
const KEY = { namespace: 'default', name: 'mysql-service' };

let lab: LabUnderTest;
let window: WindowUnderTest;
let client: EngineClient;

beforeAll(async () => {
  lab = await LabUnderTest.start(user, { web: true });
  window = await WindowUnderTest.open(lab.ui);
  ({ client } = window);
  await client.services.apply({ text: mysql, namespace: 'default' });
  await readyPods(2);
});

afterAll(async () => {
  window.close();
  const code = await lab.stop();
  lab.removeFolder();
  removeInstallation();
  expect(code).toBe(0);
});

/** Waits until so many pods are behind the document's Service, and their rules on the node. */
async function readyPods(count: number): Promise<void> {
  await window.untilCluster(({ endpointSlices }) => {
    const endpoints = endpointSlices
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === KEY.name)
      .flatMap((slice) => slice.endpoints ?? []);
    return endpoints.filter(({ conditions }) => conditions?.ready).length === count || undefined;
  });
  await client.engine.resync();
}

async function service(
  name = KEY.name,
): Promise<Service & Draft & { metadata: { resourceVersion: string } }> {
  return window.untilCluster(
    ({ services }) => services.find(({ metadata }) => metadata.name === name) as never,
  );
}

/** Follows a run to its end. */
async function run(
  plan: Partial<TrafficPlan> & Pick<TrafficPlan, 'from'>,
): Promise<{ run: TrafficRun; results: number }> {
  const defaults = {
    target: 'mysql-service/nodePort',
    requests: 20,
    concurrency: 4,
    keepAlive: false,
    timeoutMs: 30_000,
  };
  const { id } = await client.traffic.start({ ...defaults, ...plan });
  let last: TrafficRun | undefined;
  let results = 0;
  for await (const event of await client.traffic.watchRun({ id })) {
    if (event.kind === 'snapshot') {
      last = event.state.run;
      results = event.state.results.length;
    } else {
      for (const change of event.changes) {
        if (change.type === 'run') last = change.run;
        else results += change.results.length;
      }
    }
  }
  if (!last) throw new Error('the run was not shown');
  return { run: last, results };
}

describe('Services', () => {
  it('are checked as they are typed: with defaults, with complaints at their fields', async () => {
    const object = { metadata: { name: 'typed' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } };
    const valid = await client.services.check({ object, as: 'create' });
    expect(valid).toMatchObject({ outcome: 'valid', object: { spec: { sessionAffinity: 'None' } } });
    const wrong = { ...object, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] } };
    expect(await client.services.check({ object: wrong, as: 'create' })).toMatchObject({
      outcome: 'invalid',
      problems: [{ field: 'spec.ports[0].nodePort', reason: 'FieldValueInvalid' }],
    });
    const unknown = { ...object, spec: { prots: [] } };
    expect(await client.services.check({ object: unknown, as: 'create' })).toMatchObject({
      outcome: 'invalid',
      problems: [{ field: 'spec.prots' }],
    });
    expect(await client.services.check({ object, as: 'update' })).toMatchObject({ outcome: 'gone' });
  });

  it('are made, changed, deleted, and made again with what they had', async () => {
    const object = { metadata: { name: 'passing' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } };
    const created = await client.services.create({ object });
    if (created.outcome !== 'saved') throw new Error(created.message);
    expect(await client.services.create({ object })).toMatchObject({
      outcome: 'refused',
      code: 'AlreadyExists',
    });
    const { deleted } = await client.services.remove({ namespace: 'default', name: 'passing' });
    expect(await errorOf(client.services.remove({ namespace: 'default', name: 'passing' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    const restored = await client.services.restore({ object: deleted as never });
    if (restored.outcome !== 'saved') throw new Error(restored.message);
    expect(restored.object.spec?.clusterIP).toBe(created.object.spec?.clusterIP);
    expect(restored.object.spec?.ports).toEqual(created.object.spec?.ports);
    await client.services.remove({ namespace: 'default', name: 'passing' });
  });

  it('made of a template are left as they are when it is made again; what is no manifest is refused', async () => {
    const again = await client.services.apply({ text: mysql, namespace: 'default' });
    expect(again.map(({ result }) => result.outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(await errorOf(client.services.apply({ text: 'a: [', namespace: 'default' }))).toMatchObject({
      code: 'REFUSED',
    });
  });

  it('begin with templates, the design document’s two first; each makes what it names', async () => {
    const templates = await client.services.templates();
    expect(templates.slice(0, 2).map(({ id }) => id)).toEqual(['mysql', 'ssh']);
    await lab.kubectl(['create', 'namespace', 'templates']);
    for (const { id, text, objects } of templates.filter(({ id }) => id !== 'mysql')) {
      const made = await client.services.apply({ text, namespace: 'templates' });
      expect({
        id,
        made: made.map(({ kind, name, result }) => ({ kind, name, outcome: result.outcome })),
      }).toEqual({
        id,
        made: objects.map((object) => ({ ...object, outcome: 'created' })),
      });
    }
    await lab.kubectl(['delete', 'namespace', 'templates', '--wait=false']);
  });

  it('are described by a JSON Schema, and diagnosed', async () => {
    const schema = await client.services.schema();
    expect(JSON.stringify(schema)).toContain('externalTrafficPolicy');
    expect(await client.services.diagnose(KEY)).toEqual([]);
    expect(await errorOf(client.services.diagnose({ ...KEY, name: 'nope' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('pods', () => {
  it('are made, troubled and taken away; each of it reaches the endpoints', async () => {
    const made = await client.pods.createFor(KEY);
    const key = { namespace: 'default', name: made.metadata.name };
    await readyPods(3);
    await client.pods.setReady({ ...key, ready: false });
    await readyPods(2);
    await client.pods.setReady({ ...key, ready: true });
    await readyPods(3);
    await client.pods.terminateSlowly({ ...key, seconds: 3600 });
    await readyPods(2);
    await client.pods.remove(key);
    await window.untilCluster(
      ({ pods }) => pods.every(({ metadata }) => metadata.name !== key.name) || undefined,
    );
    expect(await client.pods.scaleFor({ ...KEY, replicas: 4 })).toEqual({ replicas: 4, deployment: null });
    await readyPods(4);
    await client.pods.scaleFor({ ...KEY, replicas: 2 });
    await readyPods(2);
  });

  it.each([
    ['of a Service that is not there', () => client.pods.createFor({ ...KEY, name: 'nope' }), 'NOT_FOUND'],
    [
      'of a Service without a selector',
      () => client.pods.createFor({ ...KEY, name: 'kubernetes' }),
      'REFUSED',
    ],
    ['more than there may be', () => client.pods.scaleFor({ ...KEY, replicas: 101 }), 'BAD_REQUEST'],
    ['that are not there: ready', () => client.pods.setReady({ ...KEY, ready: true }), 'NOT_FOUND'],
    ['that are not there: removed', () => client.pods.remove(KEY), 'NOT_FOUND'],
    ['that are not there: ended', () => client.pods.terminateSlowly({ ...KEY, seconds: 1 }), 'NOT_FOUND'],
  ])('%s are refused', async (_, question, code) => {
    expect(await errorOf(question())).toMatchObject({ code, data: { cause: expect.toSatisfy(isCause) } });
  });
});

function isCause(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

describe('the engine', () => {
  it.each(['nftables', 'userspace', 'iptables'] as const)(
    'says what a switch to %s will do, does it, and shows its rules with their causes',
    async (mode) => {
      const preview = await client.engine.previewMode({ mode, dialect: 'current' });
      const state = await client.engine.setMode({ mode, dialect: 'current' });
      expect(state).toMatchObject({ mode, dialect: 'current', switchingTo: null });
      expect(preview).toMatchObject({ supported: true, rulesThen: state.rules });
      const { chains } = await stateOf(client.rules.watch({}));
      const ours = chains.filter((chain) => chain.ours).flatMap((chain) => chain.rules);
      expect(ours.filter(({ service: of }) => of === 'default/mysql-service')).not.toEqual([]);
      expect(ours.filter(({ origin }) => origin === undefined || origin.kind === 'unknown')).toEqual([]);
      const backend = mode === 'nftables' ? 'nftables' : 'iptables';
      const { text } = await client.rules.raw({ family: 'IPv4', backend });
      expect(text).toContain('mysql-service');
    },
  );

  it('tells a window of each sync, and what it changed', async () => {
    const other = await WindowUnderTest.open(lab.ui);
    const feed = await other.client.engine.watch();
    await feed.next();
    await client.pods.scaleFor({ ...KEY, replicas: 3 });
    const seen = new Set<string>();
    for await (const event of feed) {
      if (event.kind !== 'changes') continue;
      for (const change of event.changes) {
        if (change.type === 'sync')
          for (const chain of change.sync.chains) seen.add(`${chain.kind} ${chain.chain.slice(0, 8)}`);
      }
      if (seen.has('added KUBE-SEP')) break;
    }
    expect(seen).toContain('changed KUBE-SVC');
    await client.pods.scaleFor({ ...KEY, replicas: 2 });
    await readyPods(2);
    other.close();
  });

  it('writes all anew when asked: a rule that somebody took away is back', async () => {
    await lab.exec('node', 'iptables', '-t', 'nat', '-F', 'KUBE-NODEPORTS');
    await client.engine.resync();
    expect(await lab.rules()).toMatch(/-A KUBE-NODEPORTS .*mysql-service/);
  });

  it('gives LoadBalancer Services addresses, and takes them', async () => {
    const object = { metadata: { name: 'balanced' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } };
    await client.services.create({ object });
    expect((await client.engine.setLoadBalancer({ enabled: true })).loadBalancer).toBe(true);
    await window.untilCluster(({ services }) =>
      services.find(
        ({ metadata, status }) => metadata.name === 'balanced' && status?.loadBalancer?.ingress?.[0]?.ip,
      ),
    );
    expect((await client.engine.setLoadBalancer({ enabled: false })).loadBalancer).toBe(false);
    await client.services.remove({ namespace: 'default', name: 'balanced' });
  });

  it('knows no other mode, and no such dialect', async () => {
    const mode = { mode: 'ipvs', dialect: 'current' } as never;
    expect(await errorOf(client.engine.setMode(mode))).toMatchObject({ code: 'BAD_REQUEST' });
    expect(
      await errorOf(client.engine.previewMode({ mode: 'iptables', dialect: '--help' } as never)),
    ).toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect((await client.lab.status()).mode).toBe('iptables');
  });
});

describe('the node', () => {
  it('says what it can do, and what goes on there', async () => {
    const info = await client.node.info();
    expect(info).toMatchObject({ name: 'lab-node', ipv4: '10.0.0.5', target: 'embedded-lab' });
    expect(info.capabilities['iptables']).toMatchObject({ available: true });
    await run({ from: 'client', requests: 4 });
    const state = await stateOf(client.node.watch({}));
    expect(state.conntrackError).toBeNull();
    expect(state.conntrack).toContainEqual(
      expect.objectContaining({
        protocol: 'tcp',
        destination: '10.0.0.5',
        destinationPort: 30964,
        replySourcePort: 3306,
      }),
    );
    expect(state.sysctls).toContainEqual({ name: 'net.ipv4.ip_forward', value: '1' });
  });

  it('counts packets, and sends what has moved alone', async () => {
    const feed = await client.rules.watch({ intervalMs: 250 });
    await feed.next();
    await run({ from: 'client', requests: 4 });
    for await (const event of feed) {
      if (event.kind !== 'changes') throw new Error('the whole was sent again');
      const counted = event.changes.filter((change) => change.type === 'counters');
      if (counted.some(({ name }) => name.chain.startsWith('KUBE-SVC'))) break;
    }
  });
});

describe('traffic', () => {
  it.each(['client', 'node', 'pod/mysql-1', 'pod/default/mysql-1', 'here'])(
    'from %s is answered by both pods, and kept',
    async (from) => {
      const { run: done, results } = await run({ from, requests: 40 });
      expect({ results, state: done.state, failed: done.summary.failed }).toEqual({
        results: 40,
        state: 'done',
        failed: 0,
      });
      expect(done.summary.pods.map(({ pod }) => pod).sort()).toEqual(['mysql-1', 'mysql-2']);
      const { runs } = await stateOf(client.traffic.watchRuns());
      expect(runs[0]).toEqual(done);
    },
  );

  it('that nobody answers fails with words, from this computer too', async () => {
    await client.pods.scaleFor({ ...KEY, replicas: 0 });
    await readyPods(0);
    for (const from of ['client', 'here']) {
      const { run: done } = await run({ from, requests: 1, concurrency: 1 });
      expect(done.summary.failures).toEqual([{ kind: 'refused', count: 1 }]);
      expect(done.explanations[0]?.words).toContain('no ready endpoint');
    }
    await client.pods.scaleFor({ ...KEY, replicas: 2 });
    await readyPods(2);
  });

  it('stops when it is asked to; what was answered stays, until it is removed', async () => {
    const { id } = await client.traffic.start({
      from: 'client', target: '10.0.0.5:30964', requests: 100_000, concurrency: 2, keepAlive: true, timeoutMs: 1000,
    }); // biome-ignore format: one plan
    expect(await errorOf(client.traffic.removeRun({ id }))).toMatchObject({ code: 'REFUSED' });
    for await (const event of await client.traffic.watchRun({ id })) {
      if (event.kind === 'changes') break;
    }
    const stopped = await client.traffic.stop({ id });
    expect(stopped.state).toBe('stopped');
    expect(stopped.summary.requests).toBeGreaterThan(0);
    expect(stopped.summary.requests).toBeLessThan(100_000);
    await client.traffic.removeRun({ id });
    expect(await errorOf(client.traffic.stop({ id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await errorOf(client.traffic.removeRun({ id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await errorOf(client.traffic.watchRun({ id }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['pod/nope', '10.0.0.5:30964', 'NOT_FOUND'],
    ['--help', '10.0.0.5:30964', 'NOT_FOUND'],
    ['pod/../../client', '10.0.0.5:30964', 'NOT_FOUND'],
    ['client; id', '10.0.0.5:30964', 'NOT_FOUND'],
    ['client', 'nope', 'NOT_FOUND'],
    ['client', '--help', 'NOT_FOUND'],
    ['client', '$(id):1', 'NOT_FOUND'],
    ['here', 'nope:80', 'NOT_FOUND'],
  ])('from %s to %s is not sent', async (from, target, code) => {
    const plan = { from, target, requests: 1, concurrency: 1, keepAlive: false, timeoutMs: 100 };
    expect(await errorOf(client.traffic.start(plan))).toMatchObject({ code });
  });

  it('finds targets, and says what there is instead', async () => {
    expect(await client.traffic.resolve({ target: 'mysql-service/nodePort' })).toMatchObject({
      address: '10.0.0.5', port: 30964, way: 'nodePort', readyEndpoints: 2, mode: 'iptables',
    }); // biome-ignore format: one target
    expect(await errorOf(client.traffic.resolve({ target: 'mysql-servic' }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('Did you mean default/mysql-service?'),
    });
  });

  it('passes a port of this computer while it is open; one that is taken is refused', async () => {
    for (const { id } of await client.traffic.forwarders()) await client.traffic.closeForwarder({ id });
    const taken = createServer().listen(30964, '127.0.0.1');
    await once(taken, 'listening');
    expect(await errorOf(client.traffic.openForwarder({ target: 'mysql-service/nodePort' }))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('port 30964/TCP of this computer is taken'),
    });
    taken.close();
    await once(taken, 'close');
    const opened = await client.traffic.openForwarder({ target: 'mysql-service/nodePort' });
    expect(opened).toMatchObject({
      port: 30964,
      protocol: 'TCP',
      address: '10.0.0.5',
      service: 'default/mysql-service',
    });
    const answer = await fetch('http://127.0.0.1:30964/');
    expect(await answer.json()).toMatchObject({ namespace: 'default', protocol: 'HTTP' });
    expect(await client.traffic.openForwarder({ target: 'mysql-service/nodePort' })).toMatchObject({
      id: opened.id,
    });
    await client.traffic.closeForwarder({ id: opened.id });
    expect(await client.traffic.forwarders()).toEqual([]);
    await expect(fetch('http://127.0.0.1:30964/')).rejects.toThrow();
    expect(await errorOf(client.traffic.closeForwarder({ id: opened.id }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('over UDP goes through a forwarder too', async () => {
    const ports = [{ protocol: 'UDP', port: 31553, targetPort: 3306, nodePort: 31553 }];
    const spec = { type: 'NodePort', selector: { 'mysql-service': 'true' }, ports };
    await client.services.create({ object: { metadata: { name: 'datagrams' }, spec } });
    await client.engine.resync();
    const { run: done } = await run({
      from: 'here',
      target: 'datagrams/nodePort',
      requests: 4,
      timeoutMs: 500,
    });
    expect({ protocol: done.protocol, failed: done.summary.failed + done.summary.ok }).toEqual({
      protocol: 'udp',
      failed: 4,
    });
    expect(await client.traffic.forwarders()).toContainEqual(
      expect.objectContaining({ port: 31553, protocol: 'UDP' }),
    );
    await client.services.remove({ namespace: 'default', name: 'datagrams' });
  });
});

describe('exports', () => {
  it('are listed for each mode, and those that are there give a text', async () => {
    for (const mode of ['userspace', 'iptables', 'nftables'] as const) {
      for (const { id, fileName } of (await client.exports.formats({ mode })).filter(
        ({ available }) => available,
      )) {
        const question = {
          format: id,
          mode,
          dialect: 'current' as const,
          family: 'IPv4' as const,
          services: [`${KEY.namespace}/${KEY.name}`],
        };
        const exported = await client.exports.text(question);
        expect(exported.fileName).toBe(fileName);
        expect(exported.text.length).toBeGreaterThan(100);
      }
    }
  });

  it.each([
    ['a format that the mode does not have', { format: 'nft', mode: 'iptables' }, 'REFUSED'],
    ['a Service that is not there', { services: ['default/nope'] }, 'NOT_FOUND'],
    ['a format that there is not', { format: '../../etc/passwd' }, 'BAD_REQUEST'],
  ])('%s are refused', async (_, change, code) => {
    const question = {
      format: 'restore',
      mode: 'iptables',
      dialect: 'current',
      family: 'IPv4',
      services: null,
      ...change,
    };
    expect(await errorOf(client.exports.text(question as never))).toMatchObject({ code });
  });
});

describe('settings', () => {
  it('are the same in every window; a view may remember so much and no more', async () => {
    const other = await WindowUnderTest.open(lab.ui);
    const feed = await other.client.settings.watch();
    await feed.next();
    await client.settings.update({ theme: 'dark', views: { services: { sort: 'name' } } });
    const { value } = await feed.next();
    expect(value).toMatchObject({
      state: { settings: { theme: 'dark', views: { services: { sort: 'name' } } } },
    });
    const views = { services: { columns: 'x'.repeat(70_000) } };
    expect(await errorOf(client.settings.update({ views }))).toMatchObject({ code: 'REFUSED' });
    expect(await errorOf(client.settings.update({ zoom: 99 }))).toMatchObject({ code: 'BAD_REQUEST' });
    expect((await stateOf(client.settings.watch())).settings).toMatchObject({ theme: 'dark', zoom: 1 });
    other.close();
  });
});

describe('several at once', () => {
  it('an edit in a window shows in the others and in kubectl, and one of kubectl in all', async () => {
    const other = await WindowUnderTest.open(lab.ui);
    const edited = await service();
    const port = { port: 3307, targetPort: 3306, nodePort: 30964 };
    const saved = await client.services.update({
      object: { ...edited, spec: { ...edited.spec, ports: [port] } } as Draft,
    });
    expect(saved.outcome).toBe('saved');
    await other.untilCluster(({ services }) => services.find(({ spec }) => spec?.ports?.[0]?.port === 3307));
    expect(await lab.kubectl(['get', 'service', KEY.name, '-o', 'jsonpath={.spec.ports[0].port}'])).toBe(
      '3307',
    );
    await lab.kubectl([
      'patch',
      'service',
      KEY.name,
      '-p',
      '{"spec":{"ports":[{"port":3307,"$patch":"delete"},{"port":3306,"targetPort":3306,"nodePort":30964}]}}',
    ]);
    for (const each of [window, other]) {
      await each.untilCluster(({ services }) =>
        services.find(({ metadata, spec }) => metadata.name === KEY.name && spec?.ports?.[0]?.port === 3306),
      );
    }
    other.close();
  });

  it('a save over somebody else’s change is told, with what is there; nothing is lost', async () => {
    const mine = await service();
    await lab.kubectl(['annotate', 'service', KEY.name, 'by=kubectl']);
    const object = { ...mine, metadata: { ...mine.metadata, annotations: { by: 'window' } } } as Draft;
    expect(await client.services.check({ object, as: 'update' })).toMatchObject({ outcome: 'conflict' });
    const refused = await client.services.update({ object });
    expect(refused).toMatchObject({
      outcome: 'conflict',
      current: { metadata: { annotations: { by: 'kubectl' } } },
    });
    if (refused.outcome !== 'conflict') return;
    const { resourceVersion } = refused.current.metadata;
    const onPurpose = { ...object, metadata: { ...object.metadata, resourceVersion } } as Draft;
    expect(await client.services.update({ object: onPurpose })).toMatchObject({ outcome: 'saved' });
    await lab.kubectl(['delete', 'service', KEY.name]);
    expect(await client.services.update({ object: onPurpose })).toMatchObject({ outcome: 'gone' });
    await client.services.restore({ object: mine });
  });
});

describe('hostile text', () => {
  it.each([
    ['markup', '<img src=x onerror="fetch(`//evil`)">'],
    ['10,000 characters', '𝕏'.repeat(5_000)],
    ['control characters', 'a\u0000\u001b[31m\u202e\u2028b'],
    ['what prototypes are made of', '{"__proto__":{"admin":true}}'],
  ])('of %s in an annotation passes as it is, everywhere', async (_, text) => {
    const object = { metadata: { name: 'hostile', annotations: { text } }, spec: { ports: [{ port: 80 }] } };
    const created = await client.services.create({ object });
    expect(created.outcome).toBe('saved');
    const shown = await service('hostile');
    expect(shown.metadata?.annotations?.['text']).toBe(text);
    const { text: yaml } = await client.exports.text({
      format: 'services', mode: 'iptables', dialect: 'current', family: 'IPv4', services: ['default/hostile'],
    }); // biome-ignore format: one question
    expect(yaml).toContain('hostile');
    await client.services.remove({ namespace: 'default', name: 'hostile' });
  });

  it.each([
    '<img src=x onerror=alert(1)>',
    'a'.repeat(10_000),
    '../../secrets',
    'x\u0000y',
    '--all',
    '%2e%2e',
  ])('as a name (%j) is refused by the API in its own words, and reaches nothing else', async (name) => {
    const object = { metadata: { name }, spec: { ports: [{ port: 80 }] } };
    expect(await client.services.create({ object })).toMatchObject({ outcome: 'invalid' });
    const key = { namespace: 'default', name: name.slice(0, 253) };
    expect(['NOT_FOUND', 'REFUSED']).toContain((await errorOf(client.services.remove(key))).code);
  });

  it('as a name of what objects are made of is a name like others', async () => {
    const before = await client.settings.update({});
    await client.settings.update({ views: JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2}}') });
    expect((await client.settings.update({})).zoom).toBe(before.zoom);
    expect(
      await errorOf(client.services.diagnose({ namespace: '__proto__', name: 'constructor' })),
    ).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a lab that is killed and started again', () => {
  it('is found by its windows at the same address, with the same token, and their feeds begin anew', async () => {
    const before = await run({ from: 'client', requests: 4 });
    const unfinished = await client.traffic.start({
      from: 'client', target: '10.0.0.5:30964', requests: 100_000, concurrency: 1, keepAlive: true, timeoutMs: 1000,
    }); // biome-ignore format: one plan
    const feed = await client.engine.watch();
    const first = (await feed.next()).value as { epoch: string };
    const ended = once(window.socket, 'close');
    await lab.stop('SIGKILL');
    await ended;
    await expect(feed.next()).rejects.toThrow();
    const { ui, folder } = lab;
    lab = await LabUnderTest.start(user, { web: true, folder });
    expect(lab.ui).toBe(ui);
    window = await WindowUnderTest.open(ui);
    ({ client } = window);
    const again = (await (await client.engine.watch()).next()).value as { kind: string; epoch: string };
    expect(again.kind).toBe('snapshot');
    expect(again.epoch).not.toBe(first.epoch);
    await readyPods(2);
    const { runs } = await stateOf(client.traffic.watchRuns());
    expect(runs.find(({ id }) => id === before.run.id)).toEqual(before.run);
    expect(runs.find(({ id }) => id === unfinished.id)?.state).toBe('stopped');
    expect((await stateOf(client.traffic.watchRun({ id: before.run.id }))).results).toHaveLength(4);
    const { settings, firstStart } = await stateOf(client.settings.watch());
    expect({ theme: settings.theme, firstStart }).toEqual({ theme: 'dark', firstStart: false });
  });
});
