import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { type OpenApiResource, openApiV2, openApiV3, openApiV3Index } from './documents.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const RESOURCES: OpenApiResource[] = [
  { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true, verbs: VERBS },
  { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false, verbs: VERBS },
  {
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    kind: 'Deployment',
    namespaced: true,
    verbs: VERBS,
    subresources: [{ name: 'scale', kind: SCALE, verbs: ['get', 'patch', 'update'] }],
  },
];
const OPTIONS = { resources: RESOURCES, version: 'v1.36.2' };
const core = await openApiV3({ group: '', version: 'v1' }, OPTIONS);
const apps = await openApiV3({ group: 'apps', version: 'v1' }, OPTIONS);
const v2 = await openApiV2(OPTIONS);

/** What stands at a path of names; undefined when nothing does. */
function at(value: JsonValue | undefined, ...path: string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (current, name) => (isJsonObject(current) ? current[name] : undefined),
    value,
  );
}

function references(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    name === '$ref' && typeof item === 'string' ? [item] : references(item),
  );
}

describe('the documents', () => {
  test.each<[string, JsonObject, string]>([
    ['v3 core', core, '#/components/schemas/'],
    ['v3 apps', apps, '#/components/schemas/'],
    ['v2', v2, '#/definitions/'],
  ])('%s: every reference leads somewhere', (_name, document, prefix) => {
    const schemas =
      prefix === '#/definitions/' ? document['definitions'] : at(document, 'components', 'schemas');
    const found = references(document);
    expect(found.length).toBeGreaterThan(50);
    for (const reference of found)
      expect(at(schemas, reference.slice(prefix.length)), reference).toBeDefined();
  });

  test('the index tells where each is', () => {
    expect(openApiV3Index(OPTIONS)).toEqual({
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=v1.36.2' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=v1.36.2' },
      },
    });
  });
});

describe('what kubectl looks for', () => {
  test('the kind of a path, in its operations', () => {
    const operation = at(core, 'paths', '/api/v1/namespaces/{namespace}/services', 'get');
    expect(at(operation, 'x-kubernetes-group-version-kind')).toEqual({
      group: '',
      version: 'v1',
      kind: 'Service',
    });
    expect(at(core, 'paths', '/api/v1/namespaces/{name}', 'delete')).toBeDefined();
    expect(
      at(apps, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale', 'patch'),
    ).toMatchObject({
      'x-kubernetes-group-version-kind': SCALE,
    });
  });

  test('fieldValidation and dryRun on PATCH, and the kinds of patch it takes', () => {
    const patch = at(core, 'paths', '/api/v1/namespaces/{namespace}/services/{name}', 'patch');
    expect(at(patch, 'parameters')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'fieldValidation', in: 'query' }),
        expect.objectContaining({ name: 'dryRun', in: 'query' }),
      ]),
    );
    expect(Object.keys(at(patch, 'requestBody', 'content') as JsonObject)).toContain(
      'application/strategic-merge-patch+json',
    );
  });

  test('how the ports of a Service merge', () => {
    const ports = at(core, 'components', 'schemas', 'io.k8s.api.core.v1.ServiceSpec', 'properties', 'ports');
    expect(ports).toMatchObject({
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'port',
      'x-kubernetes-patch-strategy': 'merge',
    });
  });

  test('values and their meaning', () => {
    const affinity = at(
      core,
      'components',
      'schemas',
      'io.k8s.api.core.v1.ServiceSpec',
      'properties',
      'sessionAffinity',
    );
    expect(at(affinity, 'enum')).toEqual(['ClientIP', 'None']);
    expect(at(affinity, 'description')).toMatch(
      /\n\nPossible enum values:\n - `"ClientIP"` is the Client IP based.\n - `"None"` - no session affinity.$/,
    );
  });
});
