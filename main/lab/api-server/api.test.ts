import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, pod, service, startFixture } from './testing/lab-fixture.ts';

/** The API as a client meets it over HTTPS, but for watches. */

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

test('the server’s own Service is there again when it is deleted, at its address', () => {
  const key = { namespace: 'default', name: 'kubernetes' };
  const before = lab.client.get('services', key);
  lab.client.delete('services', key);
  const after = lab.client.get('services', key);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  expect(after).toMatchObject({ spec: { clusterIP: '10.254.0.1' } });
});

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

describe('patches', () => {
  const patch = (type: string, body: unknown, query = ''): ReturnType<typeof call> =>
    call(lab.server, `${services}/patched${query}`, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': `application/${type}` },
    });

  beforeAll(async () => {
    await call(lab.server, services, {
      method: 'POST',
      body: service('patched', { ports: [{ name: 'a', port: 80 }] }),
    });
  });

  test.each([
    ['json-patch+json', [{ op: 'add', path: '/metadata/labels', value: { a: 'json' } }], 'json'],
    ['merge-patch+json', { metadata: { labels: { a: 'merge' } } }, 'merge'],
    ['strategic-merge-patch+json', { metadata: { labels: { a: 'strategic' } } }, 'strategic'],
  ])('%s', async (type, body, label) => {
    const { code, json } = await patch(type, body);
    expect([code, json.metadata.labels.a]).toEqual([200, label]);
  });

  test('strategic ones merge ports by their number, merge patches replace the list', async () => {
    const added = { spec: { ports: [{ name: 'b', port: 81 }] } };
    expect((await patch('strategic-merge-patch+json', added)).json.spec.ports).toHaveLength(2);
    expect((await patch('merge-patch+json', added)).json.spec.ports).toHaveLength(1);
  });

  test('apply makes what is not there, and is refused where others own the field', async () => {
    const path = `${services}/applied`;
    const apply = (manager: string, port: number, force = false): ReturnType<typeof call> =>
      call(lab.server, `${path}?fieldManager=${manager}&force=${force}`, {
        method: 'PATCH',
        body: `{apiVersion: v1, kind: Service, metadata: {name: applied}, spec: {sessionAffinity: ${port === 1 ? 'ClientIP' : 'None'}, ports: [{port: 80}]}}`,
        headers: { 'Content-Type': 'application/apply-patch+yaml' },
      });
    expect((await apply('one', 1)).code).toBe(201);
    const refused = await apply('two', 2);
    expect(refused.code).toBe(409);
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.sessionAffinity',
    );
    expect((await apply('two', 2, true)).json.spec.sessionAffinity).toBe('None');
  });

  test.each([
    ['json-patch+json', [{ op: 'remove', path: '/spec/nothing' }], 422, 'the server rejected our request'],
    ['json-patch+json', { not: 'a list' }, 400, 'json: cannot unmarshal object'],
    ['strategic-merge-patch+json', { spec: { ports: [{ port: 'x' }] } }, 422, 'unrecognized type: int32'],
    [
      'merge-patch+json',
      { spec: { type: 7 } },
      422,
      'json: cannot unmarshal number into Go struct field ServiceSpec.spec.type of type v1.ServiceType',
    ],
    ['merge-patch+json', { metadata: { resourceVersion: '1' } }, 409, 'the object has been modified'],
    ['merge-patch+json', { metadata: { name: 'other' } }, 400, 'does not match the name on the URL'],
    ['something', {}, 415, 'the body of the request was in an unknown format'],
  ])('%s %j: %i', async (type, body, code, message) => {
    const answer = await patch(type, body);
    expect(answer.code).toBe(code);
    expect(answer.json.message).toContain(message);
  });

  test('with unknown fields are refused by strict validation', async () => {
    const { code, json } = await patch(
      'strategic-merge-patch+json',
      { spec: { foo: 1 } },
      '?fieldValidation=Strict',
    );
    expect(code).toBe(422);
    expect(json.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: unknown field "spec.foo"',
    );
  });
});

describe('lists', () => {
  beforeAll(() => {
    for (const name of ['page-a', 'page-b', 'page-c', 'page-d', 'page-e']) {
      lab.client.create('configmaps', { metadata: { name, namespace: 'default', labels: { page: name } } });
    }
  });
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const names = (json: { items: { metadata: { name: string } }[] }): string[] =>
    json.items.map((item) => item.metadata.name).filter((name) => name.startsWith('page-'));

  test('come in pages of one state, whatever happens between them', async () => {
    const first = (await call(lab.server, `${configMaps}?limit=2`)).json;
    expect(names(first)).toEqual(['page-a', 'page-b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    lab.client.delete('configmaps', { namespace: 'default', name: 'page-c' });
    lab.client.create('configmaps', { metadata: { name: 'page-f', namespace: 'default' } });
    const next = (await call(lab.server, `${configMaps}?limit=2&continue=${first.metadata.continue}`)).json;
    expect(names(next)).toEqual(['page-c', 'page-d']);
    expect(next.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const last = (await call(lab.server, `${configMaps}?limit=2&continue=${next.metadata.continue}`)).json;
    expect(names(last)).toEqual(['page-e']);
    expect(last.metadata.continue).toBeUndefined();
  });

  test('of a state that is forgotten are 410, with a token to go on in the present one', async () => {
    const first = (await call(lab.server, `${configMaps}?limit=1`)).json;
    for (let index = 0; index < 1300; index += 1) {
      lab.client.patch(
        'configmaps',
        { namespace: 'default', name: 'page-d' },
        { patch: { data: { index: String(index) } } },
      );
    }
    const gone = await call(lab.server, `${configMaps}?limit=9&continue=${first.metadata.continue}`);
    expect([gone.code, gone.json.reason]).toEqual([410, 'Expired']);
    const rest = await call(lab.server, `${configMaps}?limit=9&continue=${gone.json.metadata.continue}`);
    expect(names(rest.json)).toEqual(['page-b', 'page-d', 'page-e', 'page-f']);
  });

  test.each([
    ['labelSelector=page=page-a', ['page-a']],
    ['labelSelector=page in (page-a,page-b)', ['page-a', 'page-b']],
    ['fieldSelector=metadata.name=page-e', ['page-e']],
    ['fieldSelector=metadata.name!=page-e&labelSelector=page', ['page-a', 'page-b', 'page-d']],
  ])('with %s', async (query, expected) => {
    expect(names((await call(lab.server, `${configMaps}?${query}`)).json)).toEqual(expected);
  });

  test.each([
    ['fieldSelector=spec.foo=bar', 400, 'spec.foo'],
    ['labelSelector=a=(', 400, 'unable to parse requirement'],
    ['continue=nonsense', 400, 'continue key is not valid'],
    ['resourceVersion=x', 400, 'resourceVersion'],
    ['resourceVersion=99999999', 504, 'Too large resource version: 99999999'],
    [
      'resourceVersionMatch=Exact',
      422,
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
  ])('with %s are refused', async (query, code, message) => {
    const answer = await call(lab.server, `${configMaps}?${query}`);
    expect(answer.code).toBe(code);
    expect(answer.json.message).toContain(message);
  });

  test('can be deleted as a whole', async () => {
    const { code, json } = await call(lab.server, `${configMaps}?labelSelector=page`, { method: 'DELETE' });
    expect(code).toBe(200);
    expect(names(json)).toEqual(['page-a', 'page-b', 'page-d', 'page-e']);
    expect(names((await call(lab.server, configMaps)).json)).toEqual(['page-f']);
  });
});

describe('forms of answers', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

  test('a table, for people', async () => {
    const { json } = await call(lab.server, `${services}?fieldSelector=metadata.name=kubernetes`, {
      headers: { Accept: table },
    });
    expect(json.kind).toBe('Table');
    expect(
      json.columnDefinitions.map(
        ({ name, priority }: { name: string; priority: number }) => `${name}${priority}`,
      ),
    ).toEqual(['Name0', 'Type0', 'Cluster-IP0', 'External-IP0', 'Port(s)0', 'Age0', 'Selector1']);
    expect(json.rows).toMatchObject([
      {
        cells: [
          'kubernetes',
          'ClusterIP',
          '10.254.0.1',
          '<none>',
          '443/TCP',
          expect.stringMatching(/^\d+s$/),
          '<none>',
        ],
        object: { kind: 'PartialObjectMetadata' },
      },
    ]);
  });

  test('the metadata alone', async () => {
    const headers = { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const { json } = await call(lab.server, services, { headers });
    expect(json.kind).toBe('PartialObjectMetadataList');
    expect(Object.keys(json.items[0])).toEqual(['kind', 'apiVersion', 'metadata']);
  });

  test('JSON for a client that prefers protobuf, 406 for one that takes nothing else', async () => {
    const both = await call(lab.server, services, {
      headers: { Accept: 'application/vnd.kubernetes.protobuf,application/json' },
    });
    expect(both.headers['content-type']).toBe('application/json');
    const only = await call(lab.server, services, {
      headers: { Accept: 'application/vnd.kubernetes.protobuf' },
    });
    expect([only.code, only.json.reason]).toEqual([406, 'NotAcceptable']);
  });

  test('a warning with every answer about Endpoints', async () => {
    const { headers } = await call(lab.server, '/api/v1/endpoints');
    expect(headers['warning']).toBe(
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
  });

  test('events in both groups, one in two shapes', async () => {
    const body = {
      metadata: { name: 'told', namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.org/teller',
      reportingInstance: 'me',
      action: 'Tell',
      reason: 'Told',
      type: 'Normal',
      note: 'a note',
      regarding: { kind: 'Service', name: 'kubernetes', namespace: 'default' },
    };
    await call(lab.server, '/apis/events.k8s.io/v1/namespaces/default/events', { method: 'POST', body });
    const query = 'fieldSelector=involvedObject.name=kubernetes,reason=Told';
    const core = (await call(lab.server, `/api/v1/namespaces/default/events?${query}`)).json;
    expect(core.items).toMatchObject([
      { message: 'a note', involvedObject: { name: 'kubernetes' }, reportingComponent: 'example.org/teller' },
    ]);
    const other = (await call(lab.server, '/apis/events.k8s.io/v1/namespaces/default/events/told')).json;
    expect(other).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'a note',
      regarding: { name: 'kubernetes' },
    });
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

describe('documents', () => {
  test('discovery in one document and in many say the same', async () => {
    const Accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    for (const [root, list] of [
      ['/api', '/api/v1'],
      ['/apis', '/apis/apps/v1'],
    ] as const) {
      const aggregated = await call(lab.server, root, { headers: { Accept } });
      expect(aggregated.headers['content-type']).toBe(Accept);
      const group = aggregated.json.items[0];
      const plain = (await call(lab.server, list)).json;
      const names = group.versions[0].resources.map(({ resource }: { resource: string }) => resource);
      const plainNames = plain.resources.map(({ name }: { name: string }) => name);
      expect(plainNames.filter((name: string) => !name.includes('/'))).toEqual(names);
    }
    const { json } = await call(lab.server, '/apis');
    expect(json.groups.map(({ name }: { name: string }) => name)).toContain('discovery.k8s.io');
  });

  test('OpenAPI by group, kept by its ETag', async () => {
    const index = (await call(lab.server, '/openapi/v3')).json;
    const { serverRelativeURL } = index.paths['apis/discovery.k8s.io/v1'];
    const document = await call(lab.server, serverRelativeURL);
    expect(document.json.components.schemas).toHaveProperty(['io.k8s.api.discovery.v1.EndpointSlice']);
    const again = await call(lab.server, serverRelativeURL, {
      headers: { 'If-None-Match': String(document.headers['etag']) },
    });
    expect(again.code).toBe(304);
    expect((await call(lab.server, '/openapi/v2')).json.swagger).toBe('2.0');
  });

  test('the version that clients compare', async () => {
    expect((await call(lab.server, '/version')).json).toMatchObject({
      major: '1',
      minor: '36',
      gitVersion: 'v1.36.2',
    });
  });

  test('what the user may do: everything', async () => {
    const body = {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { resourceAttributes: { verb: 'get' } },
    };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { code, json } = await call(lab.server, path, { method: 'POST', body });
    expect([code, json.status.allowed]).toEqual([201, true]);
  });

  test.each([['/api/v1/widgets'], ['/apis/nothing/v1'], ['/nothing']])('%s is not there', async (path) => {
    expect((await call(lab.server, path)).code).toBe(404);
  });
});
