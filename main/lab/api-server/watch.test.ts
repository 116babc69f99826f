import { CoreV1Api, KubeConfig, makeInformer, type V1Service } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  call,
  type LabFixture,
  service,
  startFixture,
  take,
  type WatchLine,
  watch,
} from './testing/lab-fixture.ts';

/** Watches as clients open them, over HTTPS. */

let lab: LabFixture;
const path = '/api/v1/namespaces/default/secrets';

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

beforeEach(() => {
  for (const { metadata } of lab.client.list('secrets')) lab.client.delete('secrets', metadata);
});

function put(name: string, labels: Record<string, string> = {}): string {
  const key = { namespace: 'default', name };
  const metadata = { ...key, labels };
  const existing = lab.client.get('secrets', key);
  const object = existing
    ? lab.client.update('secrets', { ...existing, metadata: { ...existing.metadata, labels } })
    : lab.client.create('secrets', { metadata });
  return object.metadata.resourceVersion;
}

function remove(name: string): void {
  lab.client.delete('secrets', { namespace: 'default', name });
}

function told(events: WatchLine[]): string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
}

async function revision(): Promise<string> {
  return (await call(lab.server, path)).json.metadata.resourceVersion;
}

describe('a watch', () => {
  test('without a version begins with what is there', async () => {
    put('a');
    const events = watch(lab.server, `${path}?watch=true`);
    expect(told(await take(events, 1))).toEqual(['ADDED a']);
    put('b');
    put('a', { x: 'y' });
    remove('b');
    expect(told(await take(events, 3))).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    await events.return(undefined);
  });

  test('with a version begins after it, in what has happened and in what will', async () => {
    const from = await revision();
    put('a');
    const before = put('b');
    remove('a');
    const all = watch(lab.server, `${path}?watch=true&resourceVersion=${from}`);
    const rest = watch(lab.server, `${path}?watch=true&resourceVersion=${before}`);
    expect(told(await take(all, 3))).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    expect(told(await take(rest, 1))).toEqual(['DELETED a']);
    put('c');
    expect(told(await take(all, 1))).toEqual(['ADDED c']);
    expect(told(await take(rest, 1))).toEqual(['ADDED c']);
    await all.return(undefined);
    await rest.return(undefined);
  });

  test('goes on over a restart of the server from where it was', async () => {
    const from = put('a');
    put('b');
    await lab.restart();
    const events = watch(lab.server, `${path}?watch=true&resourceVersion=${from}`);
    expect(told(await take(events, 1))).toEqual(['ADDED b']);
    await events.return(undefined);
  });

  test('from a version that is forgotten gets 410 and ends', async () => {
    const from = put('a');
    for (let index = 0; index < 1400; index += 1) put('a', { index: String(index) });
    const events = watch(lab.server, `${path}?watch=true&resourceVersion=${from}`);
    const lines = await take(events, 5);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    expect(lines[0]?.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
  });

  test('from what is no version is a bad request', async () => {
    const { code, json } = await call(lab.server, `${path}?watch=true&resourceVersion=abc`);
    expect([code, json.message]).toEqual([
      400,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ]);
  });

  test('with sendInitialEvents tells where the beginning ends', async () => {
    put('a');
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = watch(lab.server, `${path}?${query}`);
    const [added, bookmark] = await take(events, 2);
    expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Secret',
        metadata: {
          resourceVersion: await revision(),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
    put('b');
    expect(told(await take(events, 1))).toEqual(['ADDED b']);
    await events.return(undefined);
  });

  test('with a selector sees objects come into it and leave it', async () => {
    put('a', { color: 'red' });
    put('b', { color: 'blue' });
    const events = watch(lab.server, `${path}?watch=true&labelSelector=color=red`);
    expect(told(await take(events, 1))).toEqual(['ADDED a']);
    put('b', { color: 'red' });
    put('a', { color: 'red', size: 'big' });
    const left = put('a', { color: 'blue' });
    put('a', { color: 'green' });
    remove('b');
    const lines = await take(events, 4);
    expect(told(lines)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED a', 'DELETED b']);
    expect(lines[2]?.object.metadata).toMatchObject({
      labels: { color: 'red', size: 'big' },
      resourceVersion: left,
    });
    await events.return(undefined);
  });

  test('of one object by its name, of one namespace, and of all', async () => {
    const one = watch(lab.server, `${path}?watch=true&fieldSelector=metadata.name=b`);
    const elsewhere = watch(lab.server, '/api/v1/namespaces/kube-public/secrets?watch=true');
    const all = watch(lab.server, '/api/v1/secrets?watch=true');
    const first = Promise.all([take(one, 1), take(elsewhere, 1), take(all, 3)]);
    put('a');
    put('b');
    lab.client.create('secrets', { metadata: { namespace: 'kube-public', name: 'c' } });
    const [named, other, every] = await first;
    expect([told(named), told(other), told(every)]).toEqual([
      ['ADDED b'],
      ['ADDED c'],
      ['ADDED a', 'ADDED b', 'ADDED c'],
    ]);
    await Promise.all([one, elsewhere, all].map((events) => events.return(undefined)));
  });

  test('as tables gives the columns once', async () => {
    put('a');
    const headers = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const events = watch(lab.server, `${path}?watch=true`, { headers });
    const [first] = await take(events, 1);
    put('b');
    const [second] = await take(events, 1);
    expect(first?.object).toMatchObject({
      kind: 'Table',
      columnDefinitions: expect.any(Array),
      rows: [{ cells: ['a', 'Opaque', 0, expect.any(String)] }],
    });
    expect(second?.object).toMatchObject({
      kind: 'Table',
      columnDefinitions: null,
      rows: [{ cells: ['b', 'Opaque', 0, expect.any(String)] }],
    });
    await events.return(undefined);
  });

  test('ends after the time the client gives it', async () => {
    const events = watch(lab.server, `${path}?watch=true&timeoutSeconds=1`);
    expect(await take(events, 1)).toEqual([]);
  });

  test('of events in the newer group shows them in its form', async () => {
    const events = watch(
      lab.server,
      '/apis/events.k8s.io/v1/namespaces/default/events?watch=true&fieldSelector=reason=Told',
    );
    const first = take(events, 1);
    lab.client.create('events', {
      metadata: { namespace: 'default', name: 'told' },
      involvedObject: { kind: 'Pod', name: 'x', namespace: 'default' },
      reason: 'Told',
      message: 'a message',
      type: 'Normal',
    } as object);
    expect((await first)[0]?.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'a message' });
    await events.return(undefined);
  });
});

test('an informer of @kubernetes/client-node follows the server', async () => {
  const config = new KubeConfig();
  config.loadFromFile(lab.server.kubeconfigPath);
  const api = config.makeApiClient(CoreV1Api);
  const informer = makeInformer<V1Service>(config, '/api/v1/services', () =>
    api.listServiceForAllNamespaces(),
  );
  const seen: string[] = [];
  const { promise: deleted, resolve } = Promise.withResolvers<void>();
  informer.on('add', ({ metadata }) => seen.push(`add ${metadata?.name}`));
  informer.on('update', ({ metadata, spec }) => {
    seen.push(`update ${metadata?.name} ${spec?.type}`);
    lab.client.delete('services', { namespace: 'default', name: 'informed' });
  });
  informer.on('delete', ({ metadata }) => {
    seen.push(`delete ${metadata?.name}`);
    resolve();
  });
  const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
  informer.on('connect', () => connect());
  await informer.start();
  await connected;
  await api.createNamespacedService({
    namespace: 'default',
    body: service('informed') as unknown as V1Service,
  });
  lab.client.patch(
    'services',
    { namespace: 'default', name: 'informed' },
    { patch: { spec: { type: 'NodePort' } } },
  );
  await deleted;
  await informer.stop();
  expect(seen).toEqual(['add kubernetes', 'add informed', 'update informed NodePort', 'delete informed']);
});
