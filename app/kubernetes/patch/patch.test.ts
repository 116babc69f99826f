import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../json.ts';
import { schemaFor } from '../schema/schema.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

function schema(group: string, kind: string): NonNullable<ReturnType<typeof schemaFor>> {
  const type = schemaFor({ group, version: 'v1', kind });
  if (type === undefined) throw new Error(`no schema for ${kind}`);
  return type;
}
const SERVICE = schema('', 'Service');
const DEPLOYMENT = schema('apps', 'Deployment');

describe('merge patch', () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      'sets, merges and removes',
      { a: 1, b: { c: 1, d: 2 } },
      { a: null, b: { c: null, e: 3 } },
      { b: { d: 2, e: 3 } },
    ],
    ['replaces lists whole', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['leaves no nulls in what is new', {}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    ['puts an object in the place of a scalar', { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  ])('%s', (_name, object, patch, expected) => {
    expect(mergePatch(object, patch)).toEqual(expected);
  });

  test('a list is no patch', () => {
    expect(() => mergePatch({}, [])).toThrow('Invalid JSON Patch');
  });
});

describe('JSON patch', () => {
  const object: JsonObject = { a: { b: [1, 2], 'c/d': 'x', 'e~f': null } };

  test.each<[string, JsonValue, JsonValue]>([
    ['add inserts', [{ op: 'add', path: '/a/b/0', value: 0 }], { b: [0, 1, 2], 'c/d': 'x', 'e~f': null }],
    [
      'add appends at -',
      [{ op: 'add', path: '/a/b/-', value: 3 }],
      { b: [1, 2, 3], 'c/d': 'x', 'e~f': null },
    ],
    ['replace', [{ op: 'replace', path: '/a/c~1d', value: 'y' }], { b: [1, 2], 'c/d': 'y', 'e~f': null }],
    ['remove', [{ op: 'remove', path: '/a/e~0f' }], { b: [1, 2], 'c/d': 'x' }],
    ['move', [{ op: 'move', from: '/a/b/0', path: '/a/g' }], { b: [2], 'c/d': 'x', 'e~f': null, g: 1 }],
    ['copy', [{ op: 'copy', from: '/a/b', path: '/a/g' }], { b: [1, 2], 'c/d': 'x', 'e~f': null, g: [1, 2] }],
    ['test passes', [{ op: 'test', path: '/a/b', value: [1, 2] }], { b: [1, 2], 'c/d': 'x', 'e~f': null }],
  ])('%s', (_name, patch, expected) => {
    expect(jsonPatch(object, patch)).toEqual({ a: expected });
  });

  test.each<[string, JsonValue, number, string]>([
    [
      'a failed test',
      [{ op: 'test', path: '/a/c~1d', value: 'y' }],
      422,
      'testing value /a/c~1d failed: test failed',
    ],
    [
      'replacing what is not there',
      [{ op: 'replace', path: '/a/x', value: 1 }],
      422,
      'replace operation does not apply: doc is missing key: /a/x: missing value',
    ],
    [
      'adding below what is not there',
      [{ op: 'add', path: '/x/y', value: 1 }],
      422,
      'add operation does not apply: doc is missing path: "/x/y": missing value',
    ],
    ['no list', {}, 400, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['an unknown operation', [{ op: 'swap', path: '/a' }], 422, 'Unexpected kind: swap'],
  ])('%s is refused', (_name, patch, code, message) => {
    expect(() => jsonPatch(object, patch)).toThrow(expect.objectContaining({ code, message }));
  });

  test('nothing is changed by a patch that fails half way', () => {
    const patch = [
      { op: 'add', path: '/a/new', value: 1 },
      { op: 'test', path: '/a/new', value: 2 },
    ];
    expect(() => jsonPatch(object, patch)).toThrow();
    expect(object['a']).not.toHaveProperty('new');
  });
});

describe('strategic merge patch', () => {
  const service = (...ports: JsonObject[]): JsonObject => ({ spec: { ports, type: 'ClusterIP' } });
  const http = { name: 'http', port: 80, protocol: 'TCP', targetPort: 80 };
  const dns = { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 };

  test.each<[string, JsonObject, JsonObject, JsonValue]>([
    [
      'merges ports by number',
      service(http, dns),
      { spec: { ports: [{ port: 53, targetPort: 5353 }] } },
      [http, { ...dns, targetPort: 5353 }],
    ],
    [
      'puts a new port before the others',
      service(http),
      { spec: { ports: [{ port: 81 }] } },
      [{ port: 81 }, http],
    ],
    [
      'in the order it asks for',
      service(http, dns),
      {
        spec: { '$setElementOrder/ports': [{ port: 53 }, { port: 80 }, { port: 81 }], ports: [{ port: 81 }] },
      },
      [dns, http, { port: 81 }],
    ],
    ['deletes a port', service(http, dns), { spec: { ports: [{ $patch: 'delete', port: 80 }] } }, [dns]],
    [
      'replaces the list',
      service(http, dns),
      { spec: { ports: [{ $patch: 'replace' }, { port: 1 }] } },
      [{ port: 1 }],
    ],
    [
      "clears an element's field",
      service(http),
      { spec: { ports: [{ port: 80, name: null }] } },
      [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    ],
    [
      'takes a list that was not there',
      { spec: {} },
      { spec: { '$setElementOrder/ports': [{ port: 80 }], ports: [{ port: 80, name: null }] } },
      [{ port: 80 }],
    ],
  ])('%s', (_name, object, patch, ports) => {
    expect(strategicMergePatch(SERVICE, object, patch)).toMatchObject({ spec: { ports } });
  });

  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      'null removes, at any depth',
      { spec: { selector: { a: '1', b: '2' } } },
      { spec: { selector: { a: null } } },
      { spec: { selector: { b: '2' } } },
    ],
    [
      '$patch: replace on an object',
      { spec: { selector: { a: '1' } } },
      { spec: { selector: { $patch: 'replace', b: '2' } } },
      { spec: { selector: { b: '2' } } },
    ],
    [
      '$patch: delete on an object',
      { spec: { selector: { a: '1' } } },
      { spec: { selector: { $patch: 'delete' } } },
      { spec: { selector: {} } },
    ],
    [
      'lists without a strategy are replaced',
      { spec: { externalIPs: ['1', '2'] } },
      { spec: { externalIPs: ['3'] } },
      { spec: { externalIPs: ['3'] } },
    ],
    [
      'scalars merge as a set',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['c', 'a'] } },
      { metadata: { finalizers: ['c', 'a', 'b'] } },
    ],
    [
      'and are deleted one by one',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
  ])('%s', (_name, object, patch, expected) => {
    expect(strategicMergePatch(SERVICE, object, patch)).toEqual(expected);
  });

  test('$retainKeys drops what the patch does not keep: a strategy of another type', () => {
    const object = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(strategicMergePatch(DEPLOYMENT, object, patch)).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
    const wrong = { spec: { strategy: { $retainKeys: ['rollingUpdate'], type: 'Recreate' } } };
    expect(() => strategicMergePatch(DEPLOYMENT, object, wrong)).toThrow(
      'invalid patch format of retainKeys',
    );
  });

  test('what three-way apply sends: containers by name, an image changed, a variable removed', () => {
    const container = {
      name: 'web',
      image: 'nginx:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    };
    const patch = {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'web' }],
            containers: [
              {
                name: 'web',
                image: 'nginx:2',
                '$setElementOrder/env': [{ name: 'B' }],
                env: [{ $patch: 'delete', name: 'A' }],
              },
            ],
          },
        },
      },
    };
    expect(
      strategicMergePatch(DEPLOYMENT, { spec: { template: { spec: { containers: [container] } } } }, patch),
    ).toEqual({
      spec: {
        template: {
          spec: { containers: [{ name: 'web', image: 'nginx:2', env: [{ name: 'B', value: '2' }] }] },
        },
      },
    });
  });

  test('an element without its merge key is refused', () => {
    expect(() => strategicMergePatch(SERVICE, service(http), { spec: { ports: [{ name: 'x' }] } })).toThrow(
      'map: map[name:x] does not contain declared merge key: port',
    );
  });

  test('neither the object nor the patch is changed', () => {
    const object = service(http);
    const patch = { spec: { '$setElementOrder/ports': [{ port: 80 }], ports: [{ port: 80, name: 'web' }] } };
    strategicMergePatch(SERVICE, object, patch);
    expect(object).toEqual(service(http));
    expect(Object.keys(patch.spec)).toHaveLength(2);
  });
});
