import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, startFixture } from '../testing/lab-fixture.ts';

/** Who is answered, and where the keys are. */

let lab: LabFixture;
const services = '/api/v1/namespaces/default/services';

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

describe('credentials', () => {
  test.each([[null], ['wrong'], ['']])('with the token %s nothing is answered', async (token) => {
    const { code, json } = await call(lab.server, services, { token });
    expect([code, json.reason]).toEqual([401, 'Unauthorized']);
  });

  test('are not asked for health and version', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await call(lab.server, path, { token: null })).code).toBe(200);
    }
  });

  test('are in files that only their owner can read', () => {
    for (const file of [
      'kubeconfig',
      'api-server/token',
      'api-server/pki/ca.key',
      'api-server/pki/server.key',
    ]) {
      expect(statSync(join(lab.dataDir, file)).mode & 0o777).toBe(0o600);
    }
  });

  test('stay valid over a restart, at the same address', async () => {
    const { url, token } = lab.server;
    const before = (await call(lab.server, '/api/v1/nodes')).json;
    await lab.restart();
    expect([lab.server.url, lab.server.token]).toEqual([url, token]);
    expect((await call(lab.server, '/api/v1/nodes')).json.items[0].metadata.uid).toBe(
      before.items[0].metadata.uid,
    );
  });
});

test('a user that the admin asks to be taken for may do nothing without being given it', async () => {
  const headers = { 'Impersonate-User': 'bob' };
  const list = await call(lab.server, services, { headers });
  expect([list.code, list.json.message]).toEqual([
    403,
    'services is forbidden: User "bob" cannot list resource "services" in API group "" in the namespace "default"',
  ]);
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = await call(lab.server, path, { method: 'POST', body: {}, headers });
  expect(review.json.status.allowed).toBe(false);
  const masters = { ...headers, 'Impersonate-Group': 'system:masters' };
  expect((await call(lab.server, services, { headers: masters })).code).toBe(200);
});
