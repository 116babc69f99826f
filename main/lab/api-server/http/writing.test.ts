import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, pod, service, startFixture } from '../testing/lab-fixture.ts';

/** Creates, updates and subresources as a client makes them over HTTPS. */

let lab: LabFixture;
const services = '/api/v1/namespaces/default/services';

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

describe('writing', () => {
  test('with an old resourceVersion is a conflict', async () => {
    const { json } = await call(lab.server, services, { method: 'POST', body: service('stale') });
    const changed = await call(lab.server, `${services}/stale`, {
      method: 'PUT',
      body: { ...json, metadata: { ...json.metadata, labels: { a: 'b' } } },
    });
    expect(changed.code).toBe(200);
    const again = await call(lab.server, `${services}/stale`, {
      method: 'PUT',
      body: { ...json, metadata: { ...json.metadata, labels: { a: 'c' } } },
    });
    expect(again.code).toBe(409);
    expect(again.json).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on services "stale": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test('what is there already changes nothing, not even the resourceVersion', async () => {
    const { json } = await call(lab.server, services, { method: 'POST', body: service('same') });
    const again = await call(lab.server, `${services}/same`, { method: 'PUT', body: json });
    expect(again.json.metadata.resourceVersion).toBe(json.metadata.resourceVersion);
  });

  test.each([
    [
      'an object of another name',
      `${services}/a`,
      { metadata: { name: 'b' } },
      'the name of the object (b) does not match the name on the URL (a)',
    ],
    [
      'an object of another namespace',
      `${services}/a`,
      { metadata: { name: 'a', namespace: 'kube-system' } },
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'another kind',
      services,
      { kind: 'Pod', metadata: { name: 'a' } },
      'Pod in version "v1" cannot be handled as a Service',
    ],
    [
      'another version',
      services,
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      'the API version in the data (apps/v1) does not match the expected API version (v1)',
    ],
    [
      'a wrong type',
      services,
      { metadata: { name: 'a' }, spec: { ports: 'x' } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports',
    ],
    ['no JSON', services, '{"metadata"', 'json parse error'],
  ])('%s is a bad request', async (_what, path, body, message) => {
    const method = path === services ? 'POST' : 'PUT';
    const { code, json } = await call(lab.server, path, { method, body });
    expect(code).toBe(400);
    expect(json.message).toContain(message);
  });

  test.each([
    ['Strict', 400, undefined],
    ['Warn', 201, '299 - "unknown field \\"spec.prots\\""'],
    ['Ignore', 201, undefined],
  ])('unknown fields with fieldValidation=%s', async (fieldValidation, code, warning) => {
    const body = service('unknown', { prots: [] });
    const answer = await call(lab.server, `${services}?dryRun=All&fieldValidation=${fieldValidation}`, {
      method: 'POST',
      body,
    });
    expect([answer.code, answer.headers['warning']]).toEqual([code, warning]);
  });

  test('fields given twice are told, whichever of them counts', async () => {
    const body = '{"metadata":{"name":"twice"},"spec":{"ports":[{"port":80,"port":81}]}}';
    const { headers } = await call(lab.server, `${services}?dryRun=All`, { method: 'POST', body });
    expect(headers['warning']).toBe('299 - "duplicate field \\"spec.ports[0].port\\""');
  });

  test('can be YAML', async () => {
    const body = 'metadata: {name: from-yaml}\nspec: {ports: [{port: 80}]}\n';
    const headers = { 'Content-Type': 'application/yaml', Accept: 'application/yaml' };
    const { code, text } = await call(lab.server, services, { method: 'POST', body, headers });
    expect(code).toBe(201);
    expect(text).toContain('name: from-yaml');
  });

  test('more than the limit is refused', async () => {
    const body = { metadata: { name: 'big', annotations: { a: 'x'.repeat(3 * 1024 * 1024) } } };
    const { code, json } = await call(lab.server, services, { method: 'POST', body });
    expect([code, json.reason]).toEqual([413, 'RequestEntityTooLarge']);
  });

  test('in another form than the server knows is refused', async () => {
    const { code } = await call(lab.server, services, {
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(code).toBe(415);
  });

  test('an object with generateName gets a name', async () => {
    const body = { ...service(''), metadata: { generateName: 'made-' } };
    const { json } = await call(lab.server, services, { method: 'POST', body });
    expect(json.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('tells who owns which field', async () => {
    const { json } = await call(lab.server, `${services}?fieldManager=me`, {
      method: 'POST',
      body: service('owned'),
    });
    expect(json.metadata.managedFields).toMatchObject([
      {
        manager: 'me',
        operation: 'Update',
        apiVersion: 'v1',
        fieldsV1: { 'f:spec': { 'f:ports': expect.anything() } },
      },
    ]);
  });
});

describe('subresources', () => {
  test('a status is changed alone', async () => {
    lab.client.create('services', service('with-status', { type: 'LoadBalancer' }));
    const path = `${services}/with-status`;
    const { json } = await call(lab.server, path);
    const body = {
      ...json,
      spec: { ...json.spec, selector: { a: 'b' } },
      status: { loadBalancer: { ingress: [{ ip: '10.0.0.50', ipMode: 'VIP' }] } },
    };
    const changed = (await call(lab.server, `${path}/status`, { method: 'PUT', body })).json;
    expect(changed.status.loadBalancer.ingress).toHaveLength(1);
    expect(changed.spec.selector).toBeUndefined();
    const plain = (await call(lab.server, path, { method: 'PUT', body: { ...changed, status: {} } })).json;
    expect(plain.status.loadBalancer.ingress).toHaveLength(1);
  });

  test('what a kubelet would do is refused in words', async () => {
    lab.client.create('pods', pod('speechless'));
    const { code, json } = await call(lab.server, '/api/v1/namespaces/default/pods/speechless/log');
    expect([code, json.kind]).toEqual([501, 'Status']);
    expect(json.message).toContain('keep no logs');
    expect((await call(lab.server, '/api/v1/namespaces/default/pods/nobody/log')).code).toBe(404);
  });
});

test.each(['resourcequotas', 'limitranges'])('%s are none, and none can be made', async (resource) => {
  const path = `/api/v1/namespaces/default/${resource}`;
  expect((await call(lab.server, path)).json.items).toEqual([]);
  const body = { metadata: { name: 'limit' }, spec: resource === 'limitranges' ? { limits: [] } : {} };
  const { code, json } = await call(lab.server, path, { method: 'POST', body });
  expect([code, json.message]).toEqual([
    501,
    'the lab enforces no quotas and limits, and so takes none: its pods use no resources',
  ]);
});

test('a lease is taken and handed on, and a duration that cannot be is refused', async () => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const lease = (holderIdentity: string, leaseDurationSeconds: number): object => ({
    metadata: { name: 'leader' },
    spec: { holderIdentity, leaseDurationSeconds, renewTime: '2026-01-01T00:00:00.000000Z' },
  });
  const made = await call(lab.server, path, { method: 'POST', body: lease('one', 15) });
  expect(made.code).toBe(201);
  const refused = await call(lab.server, path, { method: 'POST', body: lease('one', 0) });
  expect(refused.json.message).toContain(
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
  );
  const body = { ...lease('two', 15), metadata: made.json.metadata };
  const taken = await call(lab.server, `${path}/leader`, { method: 'PUT', body });
  expect(taken.json.spec).toEqual({
    holderIdentity: 'two',
    leaseDurationSeconds: 15,
    renewTime: '2026-01-01T00:00:00.000000Z',
  });
});

test('the server’s own Service is there again when it is deleted, at its address', () => {
  const key = { namespace: 'default', name: 'kubernetes' };
  const before = lab.client.get('services', key);
  lab.client.delete('services', key);
  const after = lab.client.get('services', key);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  expect(after).toMatchObject({ spec: { clusterIP: '10.254.0.1' } });
});
