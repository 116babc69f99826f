/** Two windows, one of which chooses another cluster while the other still works on the one before. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { service } from '../lab/api-server/testing/lab-fixture.ts';
import { ClustersUnderTest, type ClusterUnderTest } from './testing/clusters-under-test.ts';

const refused = { code: 'OTHER_CLUSTER', message: expect.stringMatching(/nothing was done/) };
const key = { namespace: 'default', name: 'meant-for-alpha' };
const object = service(key.name);
let clusters: ClustersUnderTest;
let alpha: ClusterUnderTest;
let beta: ClusterUnderTest;

beforeAll(async () => {
  vi.stubEnv('KUBECONFIG', '');
  clusters = new ClustersUnderTest();
  vi.stubEnv('HOME', clusters.folder);
  alpha = await clusters.add('alpha');
  beta = await clusters.add('beta');
});

afterAll(async () => {
  await clusters.close();
  vi.unstubAllEnvs();
});

it('what was meant for the cluster before is refused, and changes neither', async () => {
  const late = clusters.window(alpha.id);
  await clusters.workspace.choose(alpha.id);
  expect(await late.services.create({ object })).toMatchObject({ outcome: 'saved' });
  await clusters.workspace.choose(beta.id);
  await expect(late.services.create({ object })).rejects.toMatchObject(refused);
  await expect(late.services.update({ object })).rejects.toMatchObject(refused);
  await expect(late.services.remove(key)).rejects.toMatchObject(refused);
  await expect(late.engine.resync()).rejects.toMatchObject(refused);
  expect(beta.server.client.get('services', key)).toBeUndefined();
  expect(alpha.server.client.get('services', key)).toBeDefined();
});

it('names both clusters', async () => {
  await clusters.workspace.choose(beta.id);
  const late = clusters.window(alpha.id);
  await expect(late.services.remove(key)).rejects.toThrow(/meant for alpha, and beta has been chosen/);
  await expect(clusters.window('gone').services.remove(key)).rejects.toThrow(/not listed any more/);
});

it('who shows the chosen one is served, and who names none', async () => {
  await clusters.workspace.choose(beta.id);
  const own = clusters.window(beta.id);
  expect(await own.services.create({ object })).toMatchObject({ outcome: 'saved' });
  expect(await clusters.window().services.remove(key)).toMatchObject({ deleted: { metadata: key } });
});

it.each([0, 1, 5, 20, 60])('a save of %i turns ago goes where it was meant to, or nowhere', async (turns) => {
  const name = `on-its-way-${turns}`;
  await clusters.workspace.choose(alpha.id);
  const saving = clusters.window(alpha.id).services.create({ object: service(name) });
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  await clusters.workspace.choose(beta.id);
  const outcome = await saving.then(
    (result) => result.outcome,
    (error: { code: string }) => error.code,
  );
  const there = { namespace: 'default', name };
  expect(beta.server.client.get('services', there)).toBeUndefined();
  const isThere = alpha.server.client.get('services', there) !== undefined;
  expect({ outcome, isThere }).toEqual(
    isThere ? { outcome: 'saved', isThere } : { outcome: 'OTHER_CLUSTER', isThere },
  );
});

it('feeds are about the chosen one, whoever follows them', async () => {
  await clusters.workspace.choose(beta.id);
  const feed = await clusters.window(alpha.id).cluster.watch();
  await expect(feed.next()).resolves.toMatchObject({ value: { kind: 'snapshot' } });
  await feed.return?.();
});
