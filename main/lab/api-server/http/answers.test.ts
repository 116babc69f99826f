import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, deployment, type LabFixture, startFixture } from '../testing/lab-fixture.ts';

/** The forms of answers, and what the server says about itself. */

let lab: LabFixture;
const services = '/api/v1/namespaces/default/services';

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

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

  test.each([
    ['', ['Name', 'Ready', 'Up-to-date', 'Available', 'Age'], ['scaled', '0/3', 0, 0]],
    ['/status', ['Name', 'Ready', 'Up-to-date', 'Available', 'Age'], ['scaled', '0/3', 0, 0]],
    ['/scale', ['Name', 'Desired', 'Available', 'Age'], ['scaled', 3, 0]],
  ])('a deployment%s as a table of its own kind', async (subresource, columns, cells) => {
    await call(lab.server, '/apis/apps/v1/namespaces/default/deployments', {
      method: 'POST',
      body: deployment('scaled', { replicas: 3, paused: true }),
    });
    const path = `/apis/apps/v1/namespaces/default/deployments/scaled${subresource}`;
    const { json } = await call(lab.server, path, { headers: { Accept: table } });
    const shown = json.columnDefinitions.filter(({ priority }: { priority: number }) => priority === 0);
    expect(shown.map(({ name }: { name: string }) => name)).toEqual(columns);
    expect(json.rows[0].cells.slice(0, cells.length)).toEqual(cells);
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

  test.each([
    ['/api/v1/widgets', 'json'],
    ['/api/v1/namespaces/default/nodes', 'json'],
    ['/api/v1/services/kubernetes', 'json'],
    ['/api/v1/namespaces/default/services/kubernetes/scale', 'json'],
    ['/apis/apps/v1/namespaces/default/deployments/web/log', 'json'],
    ['/api/v1/nodes/%', 'text'],
    ['/apis/nothing/v1', 'text'],
    ['/apis/nothing/v1/things', 'text'],
    ['/nothing', 'text'],
  ])('%s is not there, told as %s', async (path, form) => {
    const { code, json, text } = await call(lab.server, path);
    expect(code).toBe(404);
    if (form === 'text') expect(text).toBe('404 page not found\n');
    else
      expect(json).toMatchObject({
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
        details: {},
      });
  });

  test.each([
    ['PUT', '/api/v1/namespaces/default/services'],
    ['POST', '/api/v1/namespaces/default/services/kubernetes'],
    ['DELETE', '/api/v1/namespaces'],
    ['POST', '/api/v1/services'],
    ['DELETE', '/api/v1/services'],
    ['DELETE', '/api/v1/namespaces/default/services/kubernetes/status'],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ])('%s %s is no method of it', async (method, path) => {
    const { code, json } = await call(lab.server, path, { method });
    expect([code, json.reason, json.message, json.details]).toEqual([
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    ]);
  });
});
