import { describe, expect, test } from 'vitest';
import { ManifestError, readManifest } from './manifest.ts';

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';

function names(text: string): unknown[] {
  return readManifest(text, 'f').map(({ object }) => object.metadata?.name);
}

test('several documents, empty ones passed over', () => {
  expect(names(`---\n${SERVICE}---\n---\n# nothing\n---\n${SERVICE}`)).toEqual(['web', 'web']);
});

test('nothing at all', () => {
  expect(names('')).toEqual([]);
});

describe('Lists are taken apart', () => {
  const item = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}';
  test.each([
    ['kind List', `{"apiVersion":"v1","kind":"List","items":[${item},${item}]}`, ['a', 'a']],
    [
      'typed, whose items say nothing',
      '{"apiVersion":"v1","kind":"ServiceList","items":[{"metadata":{"name":"b"}}]}',
      ['b'],
    ],
    [
      'a List in a List',
      `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"List","items":[${item}]}]}`,
      ['a'],
    ],
    ['empty', '{"apiVersion":"v1","kind":"List","items":[]}', []],
  ])('%s', (_name, text, expected) => {
    expect(names(text)).toEqual(expected);
  });
});

test('each object knows its place', () => {
  const list = 'apiVersion: v1\nkind: ServiceList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]\n';
  expect(readManifest(`${SERVICE}---\n${list}`, 'web.yaml').map(({ place }) => String(place))).toEqual([
    'web.yaml, document 1',
    'web.yaml, document 2, items[0]',
    'web.yaml, document 2, items[1]',
  ]);
});

test('aliases and merge keys are unfolded', () => {
  const text = `${SERVICE}spec: {a: &x {b: 1}, c: *x, d: {<<: *x, e: 2}}\n`;
  expect(readManifest(text, 'f')[0]?.object).toMatchObject({ spec: { c: { b: 1 }, d: { b: 1, e: 2 } } });
});

test('scalars are read as Kubernetes reads them', () => {
  const text = `${SERVICE}spec: {a: yes, b: "yes", c: 22:22, d: 0644, e: 2020-01-01, f: ~, g: 1e3}\n`;
  expect(readManifest(text, 'f')[0]?.object['spec']).toEqual({
    a: true,
    b: 'yes',
    c: '22:22',
    d: 0o644,
    e: '2020-01-01',
    f: null,
    g: 1000,
  });
});

function bomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
  );
  return `${SERVICE}l0: &l0 x\n${levels.join('\n')}\n`;
}

describe('what is no manifest ends in one message with its place', () => {
  test.each([
    ['zero bytes', 'a\0b', /^f: is not text/],
    ['a list', '- 1\n', /^f: is no Kubernetes object/],
    ['a scalar', 'hello', /^f: is no Kubernetes object/],
    ['no kind', 'apiVersion: v1\n', /^f: Object 'Kind' is missing/],
    ['no apiVersion', 'kind: Service\n', /^f: Object 'apiVersion' is missing/],
    ['a kind that is no text', 'apiVersion: v1\nkind: [1]\n', /^f: Object 'Kind' is missing/],
    ['a doubled key', 'kind: a\nkind: b\n', /^f, line 2, column 1: Map keys must be unique/],
    ['broken YAML', 'a: [1\n', /^f, line 2, column 1: /],
    ['broken JSON', '{"a": 1,,}', /^f, line 1, column \d+: /],
    ['a document among others', `${SERVICE}---\n- 1\n`, /^f, document 2: is no Kubernetes object/],
    [
      'an item among others',
      '{"apiVersion":"v1","kind":"List","items":[1]}',
      /^f, items\[0\]: is no Kubernetes object/,
    ],
    ['aliases that grow without end', bomb(), /^f: Excessive alias count/],
    ['an alias of itself', `${SERVICE}spec: &a [*a]\n`, /^f: an alias stands inside the node that it names/],
    ['nesting without end', `kind: ${'['.repeat(100_000)}`, /^f: is nested too deeply/],
    ['nesting without end, in JSON', `{"kind": ${'['.repeat(1_000_000)}`, /^f: is nested too deeply/],
    ['nesting without end, in one line', `kind: x\na: ${'- '.repeat(500_000)}`, /^f: is nested too deeply/],
    ['nesting without end, by keys', `kind: x\na: ${'? '.repeat(500_000)}`, /^f: is nested too deeply/],
    [
      'Lists in Lists',
      '{"apiVersion":"v1","kind":"List","items":['.repeat(5000) + ']}'.repeat(5000),
      /is a List in too many Lists$/,
    ],
    [
      'nesting without end, by indentation',
      Array.from({ length: 3000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
      /^f.*: /,
    ],
  ])('%s', (_name, text, expected) => {
    expect(() => readManifest(text, 'f')).toThrow(ManifestError);
    expect(() => readManifest(text, 'f')).toThrow(expected);
  });
});

describe('much that holds no object is refused before it is parsed', () => {
  test.each([
    ['quotes', '"'],
    ['single quotes', "'"],
    ['brackets', '['],
    ['pairs of brackets', '[]'],
    ['braces', '{'],
    ['list items', '- a\n'],
    ['dashes', '- '],
    ['keys', 'a:\n'],
    ['anchors', '&a '],
    ['aliases', '*a '],
    ['comments', '# a\n'],
    ['empty documents', '---\n'],
    ['prose', 'lorem ipsum\n'],
  ])('%s', (_name, text) => {
    const much = text.repeat(Math.ceil((1 << 20) / text.length));
    expect(() => readManifest(much, 'f')).toThrow(
      'f: holds no Kubernetes object: the word "kind" is nowhere in it',
    );
  });
});

test('documents without end are refused before they are parsed', () => {
  expect(() => readManifest(`${SERVICE}${'---\n'.repeat(2_000_000)}`, 'many.yaml')).toThrow(
    'many.yaml: holds more than 100000 documents; split it',
  );
});
