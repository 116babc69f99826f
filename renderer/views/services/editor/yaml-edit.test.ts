import { describe, expect, it } from 'vitest';
import { type JsonObject, type JsonValue, jsonEqual } from '../../../../app/kubernetes/json.ts';
import { formatFieldPath, parseFieldPath, valueAt } from './field-path.ts';
import { type Edit, editObject } from './object-edit.ts';
import { editText, textOf } from './yaml-edit.ts';
import { parseText } from './yaml-text.ts';

const set = (field: string, value: JsonValue): Edit => ({ kind: 'set', path: parseFieldPath(field), value });
const remove = (field: string): Edit => ({ kind: 'remove', path: parseFieldPath(field) });
const rename = (field: string, key: string): Edit => ({ kind: 'rename', path: parseFieldPath(field), key });
const move = (from: number, to: number): Edit => ({ kind: 'move', path: ['spec', 'ports'], from, to });

const SERVICE = `# The lab's data base.
apiVersion: v1
kind: Service
metadata:
  name: web   # its name

  labels: { app: web, tier: 'front' }
spec:
  # where it listens
  ports:
  # the first
  - port: 80  # eighty
    targetPort: "http"
  # the second
  - port: 81
    name: b

  selector:
    app: web  # ours
# the end
`;

describe('an edit of the text', () => {
  it.each<[string, Edit, string, string]>([
    ['a number', set('spec.ports[0].port', 8080), '- port: 80  # eighty', '- port: 8080  # eighty'],
    ['a text in the quotes it had', set('spec.ports[0].targetPort', 'web'), '"http"', '"web"'],
    ['a number where a text was', set('spec.ports[0].targetPort', 80), '"http"', '80'],
    [
      'a text that looks like a number',
      set('spec.selector.app', '1'),
      'app: web  # ours',
      'app: "1"  # ours',
    ],
    [
      'a text that looks like a yes',
      set('spec.selector.app', 'yes'),
      'app: web  # ours',
      'app: "yes"  # ours',
    ],
    [
      'a field after those that come before it',
      set('spec.ports[0].nodePort', 30080),
      '    targetPort: "http"\n',
      '    targetPort: "http"\n    nodePort: 30080\n',
    ],
    [
      'a field in its place',
      set('spec.type', 'NodePort'),
      '    app: web  # ours\n',
      '    app: web  # ours\n  type: NodePort\n',
    ],
    [
      'one port more',
      set('spec.ports[2]', { name: 'c', port: 82 }),
      '    name: b\n',
      '    name: b\n  - name: c\n    port: 82\n',
    ],
    [
      'an entry in a map on one line',
      set('metadata.labels.x', 'z'),
      "tier: 'front' }",
      "tier: 'front', x: z }",
    ],
    ['an entry of a map on one line', set('metadata.labels.app', 'db'), '{ app: web,', '{ app: db,'],
    ['an entry of a map on one line, gone', remove('metadata.labels.app'), '{ app: web, tier', '{ tier'],
    [
      'a map on one line, and all that is in it, gone',
      remove('metadata.labels'),
      "  labels: { app: web, tier: 'front' }\n",
      '',
    ],
    ['a field, gone', remove('spec.ports[1].name'), '    name: b\n', ''],
    [
      'the first field of an item, gone',
      remove('spec.ports[1].port'),
      '- port: 81\n    name: b',
      '- name: b',
    ],
    ['an item, gone', remove('spec.ports[0]'), '  - port: 80  # eighty\n    targetPort: "http"\n', ''],
    [
      'a map that was left empty, gone with its last entry',
      remove('spec.selector.app'),
      '  selector:\n    app: web  # ours\n',
      '',
    ],
    ['a key', rename('spec.selector.app', 'name'), '    app: web  # ours', '    name: web  # ours'],
    [
      'a key in a map on one line',
      rename('metadata.labels.tier', 'a.b/c'),
      "tier: 'front'",
      "a.b/c: 'front'",
    ],
    [
      'a map with keys of its own',
      set('metadata.annotations', { 'kube-proxy-lab.dev/proxy-port': '36463' }),
      "tier: 'front' }\n",
      `tier: 'front' }\n  annotations:\n    kube-proxy-lab.dev/proxy-port: "36463"\n`,
    ],
    [
      'items that change places, each with the comment above it',
      move(1, 0),
      '  # the first\n  - port: 80  # eighty\n    targetPort: "http"\n  # the second\n  - port: 81\n    name: b\n',
      '  # the second\n  - port: 81\n    name: b\n  # the first\n  - port: 80  # eighty\n    targetPort: "http"\n',
    ],
  ])('changes %s, and nothing else', (_name, edit, before, after) => {
    const expected = SERVICE.replace(before, after);
    expect(expected).not.toBe(SERVICE);
    expect(editText(parseText(SERVICE), edit).text).toBe(expected);
  });

  it.each<[string, string, Edit, JsonObject]>([
    [
      'a field without a value',
      'a: 1\nspec:  # later\nb: 2',
      set('spec.ports[0].port', 1),
      { a: 1, spec: { ports: [{ port: 1 }] }, b: 2 },
    ],
    ['a text without a line feed at its end', 'spec:\n  a: 1', set('spec.b', 2), { spec: { a: 1, b: 2 } }],
    [
      'JSON over several lines',
      '{\n  "spec": {\n    "a": 1\n  }\n}',
      set('spec.b', 2),
      { spec: { a: 1, b: 2 } },
    ],
    [
      'a value that an alias stands for',
      'a: &x { b: 1 }\nc: *x\n',
      set('c.b', 2),
      { a: { b: 1 }, c: { b: 2 } },
    ],
    ['an anchor that an alias still names', 'a: &x { b: 1 }\nc: *x\n', remove('a'), { c: { b: 1 } }],
    [
      'a merge key',
      'a: &x { b: 1, d: 1 }\nc:\n  <<: *x\n  e: 1\n',
      set('c.b', 2),
      { a: { b: 1, d: 1 }, c: { b: 2, d: 1, e: 1 } },
    ],
    [
      'a block of text',
      'spec:\n  a: |\n    one\n    two\n  b: 1\n',
      set('spec.a', 'x'),
      { spec: { a: 'x', b: 1 } },
    ],
    ['several lines into a field', 'spec:\n  a: 1 # c\n', set('spec.a', 'x\ny'), { spec: { a: 'x\ny' } }],
    [
      'control characters',
      'spec:\n  a: 1\n',
      set('spec.a', '\u0000\u001b[31m\u2028'),
      { spec: { a: '\u0000\u001b[31m\u2028' } },
    ],
    [
      'a list for a text',
      'spec:\n  a: 1 # c\n  b: 1\n',
      set('spec.a', ['x', 'y']),
      { spec: { a: ['x', 'y'], b: 1 } },
    ],
    ['a key with a colon', 'spec:\n  a: 1\n', set('spec', { 'a: b': 1 }), { spec: { 'a: b': 1 } }],
    [
      'a list on one line',
      'spec:\n  ports: [{ port: 1 }, { port: 2 }]\n',
      move(0, 1),
      { spec: { ports: [{ port: 2 }, { port: 1 }] } },
    ],
  ])('of %s says what it should', (_name, text, edit, expected) => {
    const result = editText(parseText(text), edit);
    expect(result.object).toEqual(expected);
    expect(parseText(result.text).object).toEqual(expected);
  });

  it('leaves text that says nothing as it is', () => {
    const broken = parseText('spec:\n  a: [1\n');
    expect(broken.problems[0]).toMatchObject({ message: expect.stringContaining('Flow') });
    expect(editText(broken, set('spec.a', 2))).toBe(broken);
  });
});

/** Numbers from 0 to below 1 that are the same at every run (Lehmer's generator). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const WORDS = [
  'web',
  'yes',
  '0x1f',
  '1',
  '1e3',
  'a b',
  'a: b',
  '- x',
  '#',
  '',
  '~',
  "it's",
  '"',
  '{',
  '22:22',
  'é\n',
  '中',
];

describe('any edits of any Service, written in any way', () => {
  it.each(Array.from({ length: 60 }, (_, index) => index + 1))('seed %i', (seed) => {
    const random = numbersFrom(seed * 7919);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    let parsed = parseText(commented(textOf(randomService(random, pick)), random, pick));
    for (let step = 0; step < 12; step++) {
      const before = parsed;
      const { object } = before;
      expect(object, before.text).toBeDefined();
      if (object === undefined) return;
      const edit = randomEdit(object, random, pick);
      parsed = editText(before, edit);
      const told = `${JSON.stringify(edit)}\n${before.text}\n-----\n${parsed.text}`;
      expect(jsonEqual(parsed.object, editObject(object, edit)), told).toBe(true);
      expect(jsonEqual(parseText(parsed.text).object, parsed.object), told).toBe(true);
      for (const comment of commentsThatStay(before.text, edit)) expect(parsed.text, told).toContain(comment);
    }
  });
});

/** Of a removal or a replacement, comments inside what goes may go with it; each names the field it is at. */
function commentsThatStay(text: string, edit: Edit): string[] {
  const comments = text.match(/#c\d+[^\n]*/g) ?? [];
  if (edit.kind === 'move' || edit.kind === 'rename') return comments;
  const [, area = ''] = edit.path.map(String);
  const inside = edit.kind === 'remove' || typeof edit.value === 'object' ? area : '\n';
  return comments.filter((comment) => !comment.includes(inside));
}

function randomService(random: () => number, pick: <T>(items: readonly T[]) => T): JsonObject {
  const port = (): JsonObject => ({ port: Math.floor(random() * 65535), name: pick(WORDS), protocol: 'TCP' });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: pick(WORDS), labels: { app: pick(WORDS), 'a.b/c': pick(WORDS) } },
    spec: {
      selector: { app: pick(WORDS) },
      ports: Array.from({ length: 1 + Math.floor(random() * 3) }, port),
      externalIPs: [pick(WORDS), pick(WORDS)],
    },
  };
}

/** Comments beside and above lines, blank lines, maps on one line. */
function commented(text: string, random: () => number, pick: <T>(items: readonly T[]) => T): string {
  let count = 0;
  let area = '';
  const flow = text.replace(/selector:\n {4}(.*)\n/, (line, entry: string) =>
    random() < 0.5 && !/[|>"{]/.test(entry) ? `selector: { ${entry} }\n` : line,
  );
  return flow
    .split('\n')
    .map((line) => {
      area = /^ {2}(\w+):/.exec(line)?.[1] ?? (/^\w/.test(line) ? '' : area);
      const comment = (): string => `#c${++count} ${area} ${pick(['note', 'a: b', '- x', '"'])}`;
      const indent = /^ */.exec(line)?.[0] ?? '';
      // A line of a block of text has no comments.
      if (line.trim() === '' || !/: \S|:$/.test(line) || /[|>][-+]?$/.test(line)) return line;
      const above = random() < 0.2 ? `${indent}${comment()}\n` : '';
      const beside = random() < 0.2 ? ` ${comment()}` : '';
      return `${random() < 0.1 ? '\n' : ''}${above}${line}${beside}`;
    })
    .join('\n');
}

function randomEdit(object: JsonObject, random: () => number, pick: <T>(items: readonly T[]) => T): Edit {
  const ports = valueAt(object, ['spec', 'ports']);
  const count = Array.isArray(ports) ? ports.length : 0;
  const index = Math.floor(random() * Math.max(1, count));
  const label = pick(Object.keys((valueAt(object, ['metadata', 'labels']) ?? {}) as JsonObject));
  const edits: Edit[] = [
    set('metadata.name', pick(WORDS)),
    set('spec.type', pick(['NodePort', 'ClusterIP'])),
    set(`spec.ports[${index}].port`, Math.floor(random() * 65535)),
    set(`spec.ports[${index}].targetPort`, pick<JsonValue>([80, 'http', ...WORDS])),
    set(`spec.ports[${count}]`, { port: 1, name: pick(WORDS) }),
    { kind: 'set', path: ['metadata', 'labels', pick(['x', 'y: z', '#', 'a.b/c'])], value: pick(WORDS) },
    { kind: 'set', path: ['spec', 'selector', pick(['x', 'app'])], value: pick(WORDS) },
    { kind: 'set', path: ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'], value: 5 },
    remove('spec.sessionAffinityConfig.clientIP.timeoutSeconds'),
    remove('spec.type'),
    remove('spec.selector.x'),
    remove('spec.externalIPs[0]'),
    ...(count > 0
      ? [
          remove(`spec.ports[${index}].${pick(['name', 'port', 'targetPort'])}`),
          remove(`spec.ports[${index}]`),
        ]
      : []),
    ...(count > 1 ? [move(index, Math.floor(random() * count))] : []),
    ...(label === undefined ? [] : [rename(`metadata.labels[${label}]`, pick(['k1', 'k2', 'n: o']))]),
  ];
  return pick(edits);
}

describe('paths of fields', () => {
  it.each([
    ['spec.ports[0].nodePort', ['spec', 'ports', 0, 'nodePort']],
    ['metadata.annotations[example.org/a.b]', ['metadata', 'annotations', 'example.org/a.b']],
    ['metadata.name', ['metadata', 'name']],
    ['', []],
  ])('%s', (text, path) => {
    expect(parseFieldPath(text)).toEqual(path);
    expect(formatFieldPath(path)).toBe(text);
  });
});
