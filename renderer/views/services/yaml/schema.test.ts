import { describe, expect, it } from 'vitest';
import { SchemaGuide } from './json-schema.ts';
import { cursorAt, keyAt } from './yaml-cursor.ts';

/** The text with the cursor at the bar. */
function at(marked: string): ReturnType<typeof cursorAt> {
  return cursorAt(marked.replace('|', ''), marked.indexOf('|'));
}

describe('where the cursor is', () => {
  it.each<[string, string, { path: string[]; kind: string; siblings?: string[] } | undefined]>([
    ['at the top', 'kind: Service\n|', { path: [], kind: 'key', siblings: ['kind'] }],
    ['in a map', 'spec:\n  type: x\n  cl|', { path: ['spec'], kind: 'key', siblings: ['type'] }],
    [
      'in a map, between',
      'spec:\n  a: 1\n  |\n  b: 2\nkind: x',
      { path: ['spec'], kind: 'key', siblings: ['a', 'b'] },
    ],
    ['in a value', 'spec:\n  type: No|', { path: ['spec', 'type'], kind: 'value' }],
    ['before a value', 'spec:\n  type: |', { path: ['spec', 'type'], kind: 'value' }],
    [
      'in an item',
      'spec:\n  ports:\n    - port: 80\n      na|',
      { path: ['spec', 'ports', '[]'], kind: 'key', siblings: ['port'] },
    ],
    [
      'at the first key of an item',
      'spec:\n  ports:\n    - po|',
      { path: ['spec', 'ports', '[]'], kind: 'key', siblings: [] },
    ],
    [
      'at the first key of an item that has others',
      'spec:\n  ports:\n    - |\n      name: a\n    - name: b',
      { path: ['spec', 'ports', '[]'], kind: 'key', siblings: ['name'] },
    ],
    [
      'in an item of a list that is not indented',
      'spec:\n  ports:\n  - port: 80\n    |',
      { path: ['spec', 'ports', '[]'], kind: 'key', siblings: ['port'] },
    ],
    [
      'after a list that is not indented',
      'spec:\n  ports:\n  - port: 80\n  ty|',
      { path: ['spec'], kind: 'key', siblings: ['ports'] },
    ],
    ['in the second item', 'a:\n- x: 1\n  y: 2\n- z|', { path: ['a', '[]'], kind: 'key', siblings: [] }],
    [
      'beyond comments and blank lines',
      'spec:\n\n# here\n  a: 1 # b\n  |',
      { path: ['spec'], kind: 'key', siblings: ['a'] },
    ],
    ['in a comment', 'spec: # he|', undefined],
    ['back at the top', 'spec:\n  a: 1\nki|', { path: [], kind: 'key', siblings: ['spec'] }],
    ['under a quoted key', '"spec":\n  |', { path: ['spec'], kind: 'key', siblings: [] }],
  ])('%s', (_name, text, expected) => {
    const { path, kind, siblings } = at(text) ?? {};
    if (expected === undefined) expect(path).toBeUndefined();
    else
      expect({
        path,
        kind,
        ...(expected.siblings ? { siblings: [...(siblings ?? [])].sort() } : {}),
      }).toEqual(expected);
  });

  it('knows the key it is on, and its place', () => {
    const text = 'spec:\n  ports:\n    - port: 80\n';
    expect(keyAt(text, text.indexOf('port: 80') + 1)).toEqual({
      path: ['spec', 'ports', '[]', 'port'],
      from: text.indexOf('port: 80'),
      to: text.indexOf('port: 80') + 4,
    });
    expect(keyAt(text, text.indexOf('80'))).toBeUndefined();
  });
});

describe('what the schema says', () => {
  const guide = new SchemaGuide({
    $ref: '#/$defs/Service',
    $defs: {
      Service: {
        type: 'object',
        properties: {
          spec: { allOf: [{ $ref: '#/$defs/Spec' }], description: 'What is wanted.' },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      Spec: {
        type: 'object',
        properties: {
          type: { type: 'string', enum: ['A', 'B'] },
          on: { type: 'boolean' },
          ports: { type: 'array', items: { $ref: '#/$defs/Port' } },
        },
      },
      Port: {
        properties: { to: { oneOf: [{ type: 'integer' }, { type: 'string' }], description: 'Where to.' } },
      },
    },
  });

  it.each([
    [['spec'], ['type', 'on', 'ports']],
    [['spec', 'ports', '[]'], ['to']],
    [['labels'], []],
    [['nowhere', 'at', 'all'], []],
    [['spec', 'constructor'], []],
  ])('has the fields of %j', (path, names) => {
    expect(guide.fieldsAt(path).map(({ name }) => name)).toEqual(names);
  });

  it('has values, types and descriptions', () => {
    expect([guide.valuesAt(['spec', 'type']), guide.valuesAt(['spec', 'on'])]).toEqual([
      ['A', 'B'],
      ['true', 'false'],
    ]);
    expect(guide.fieldAt(['spec'])).toEqual({ name: 'spec', type: 'object', description: 'What is wanted.' });
    expect(guide.fieldAt(['spec', 'ports', '[]', 'to'])?.type).toBe('integer or string');
    expect(guide.fieldAt(['spec', 'ports', '[]', 'from'])).toBeUndefined();
  });
});
