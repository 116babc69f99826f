import { describe, expect, it } from 'vitest';
import type { Stored } from '../../../../app/contract/objects.ts';
import { type JsonObject, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { Service, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import { editsBetween } from './difference.ts';
import {
  conflictOf,
  type Draft,
  editable,
  edited,
  isDirty,
  keepMine,
  mergeTheirs,
  newDraft,
  openDraft,
  reverted,
  saved,
  serverChanged,
  serverDeleted,
  takeTheirs,
  toSend,
  typed,
} from './draft.ts';
import { parseFieldPath } from './field-path.ts';
import { editObject } from './object-edit.ts';

function stored(spec: ServiceSpec, version = '1', extra: Partial<Service['metadata']> = {}): Stored<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: version, ...extra },
    spec,
    status: { loadBalancer: {} },
  };
}

const SPEC: ServiceSpec = {
  type: 'ClusterIP',
  clusterIP: '10.254.0.1',
  ports: [{ port: 80, targetPort: 8080 }],
};
const set = (draft: Draft, field: string, value: string | number): Draft =>
  edited(draft, { kind: 'set', path: parseFieldPath(field), value });
const withPort = (port: number, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  ...SPEC,
  ...more,
  ports: [{ port, targetPort: 8080 }],
});

describe('a Service that is edited', () => {
  it('begins as the server has it, without what the server keeps', () => {
    const draft = openDraft(stored(SPEC, '1', { generation: 2, annotations: { a: 'b' } }));
    expect(draft.object).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default', annotations: { a: 'b' } },
      spec: SPEC,
    });
    expect([draft.parsed.object, isDirty(draft)]).toEqual([draft.object, false]);
  });

  it('changes by form and by text, both on one object', () => {
    const byForm = set(openDraft(stored(SPEC)), 'spec.ports[0].port', 81);
    const byText = typed(byForm, byForm.parsed.text.replace('port: 81', 'port: 82 # mine'));
    expect(byText.object).toMatchObject({ spec: { ports: [{ port: 82 }] } });
    expect(set(byText, 'spec.ports[0].port', 83).parsed.text).toContain('port: 83 # mine');
    expect(isDirty(byText)).toBe(true);
    expect(isDirty(set(byText, 'spec.ports[0].port', 80))).toBe(false);
  });

  it('keeps the last whole object while its text is broken', () => {
    const draft = openDraft(stored(SPEC));
    const broken = typed(draft, `${draft.parsed.text}  : [`);
    expect(broken.object).toEqual(draft.object);
    expect([broken.parsed.problems.length > 0, isDirty(broken)]).toEqual([true, true]);
    expect(set(broken, 'spec.type', 'NodePort')).toEqual(broken);
    expect(isDirty(reverted(broken))).toBe(false);
  });

  it('is sent with the version it was read at', () => {
    expect(toSend(set(openDraft(stored(SPEC, '7')), 'spec.type', 'NodePort'))).toMatchObject({
      metadata: { uid: 'u', resourceVersion: '7', name: 'web' },
      spec: { type: 'NodePort' },
    });
    expect(toSend(newDraft('kind: Service\nmetadata: { name: a }\n'))).toEqual({
      kind: 'Service',
      metadata: { name: 'a' },
    });
  });

  it('takes in what the server filled in, and keeps comments and what was typed since', () => {
    const first = newDraft(
      'kind: Service\napiVersion: v1\nmetadata: { name: web } # name\nspec:\n  ports:\n  - port: 80 # eighty\n',
    );
    const later = set(first, 'metadata.labels.a', 'b');
    const after = saved(later, first.object, stored(withPort(80, { sessionAffinity: 'None' })));
    expect(after.parsed.text).toContain('port: 80 # eighty');
    expect(after.parsed.text).toContain('# name');
    expect(after.object).toMatchObject({
      metadata: { labels: { a: 'b' } },
      spec: { sessionAffinity: 'None' },
    });
    expect(isDirty(after)).toBe(true);
    expect(isDirty(saved(first, first.object, stored(SPEC)))).toBe(false);
  });
});

describe('a Service that somebody else changes meanwhile', () => {
  const base = openDraft(stored(SPEC));
  const commented = typed(base, base.parsed.text.replace('port: 80', 'port: 80 # eighty'));
  const theirs = stored(withPort(90), '2');

  it('follows, where nothing was edited; comments stay', () => {
    const draft = serverChanged(commented, theirs);
    expect(draft.parsed.text).toContain('port: 90 # eighty');
    expect([isDirty(draft), draft.theirs]).toEqual([false, undefined]);
    expect(toSend(draft)).toMatchObject({ metadata: { resourceVersion: '2' } });
  });

  it('has nothing to decide where only its status changed', () => {
    const mine = set(base, 'spec.type', 'NodePort');
    const draft = serverChanged(mine, stored(SPEC, '2'));
    expect([draft.theirs, draft.object, draft.base?.metadata.resourceVersion]).toEqual([
      undefined,
      mine.object,
      '2',
    ]);
  });

  it('keeps what was edited, and says who changed what', () => {
    const mine = set(set(commented, 'spec.ports[0].port', 81), 'metadata.labels.a', 'b');
    const draft = serverChanged(mine, stored(withPort(90, { sessionAffinity: 'ClientIP' }), '2'));
    expect(draft.object).toEqual(mine.object);
    expect(conflictOf(draft).map(({ path, by }) => `${path.join('.')} ${by}`)).toEqual([
      'metadata.labels.a mine',
      'spec.ports.0.port both',
      'spec.sessionAffinity theirs',
    ]);
    expect(toSend(draft)).toMatchObject({ metadata: { resourceVersion: '1' } });
  });

  it.each<[string, (draft: Draft) => Draft, object]>([
    ['keeps mine', keepMine, { metadata: { labels: { a: 'b' } }, spec: withPort(81) }],
    ['takes theirs', takeTheirs, { spec: withPort(90, { sessionAffinity: 'ClientIP' }) }],
    [
      'merges both, mine where both changed a field',
      (draft) => mergeTheirs(draft, () => false),
      { metadata: { labels: { a: 'b' } }, spec: withPort(81, { sessionAffinity: 'ClientIP' }) },
    ],
    [
      'merges both, theirs where both changed a field',
      (draft) => mergeTheirs(draft, () => true),
      { metadata: { labels: { a: 'b' } }, spec: withPort(90, { sessionAffinity: 'ClientIP' }) },
    ],
  ])('%s', (_name, decide, expected) => {
    const mine = set(set(commented, 'spec.ports[0].port', 81), 'metadata.labels.a', 'b');
    const draft = decide(serverChanged(mine, stored(withPort(90, { sessionAffinity: 'ClientIP' }), '2')));
    expect(draft.object).toMatchObject(expected);
    expect(draft.parsed.text).toContain('# eighty');
    expect(draft.theirs).toBeUndefined();
    expect(toSend(draft)).toMatchObject({ metadata: { resourceVersion: '2' } });
  });

  it('knows its own change when it comes back', () => {
    const mine = set(base, 'spec.ports[0].port', 90);
    const draft = serverChanged(mine, theirs);
    expect([isDirty(draft), draft.theirs]).toEqual([false, undefined]);
  });

  it('is made again by a save, once somebody deleted it', () => {
    const draft = serverDeleted(set(base, 'spec.ports[0].port', 90));
    expect([draft.isGone, isDirty(draft)]).toEqual([true, true]);
    expect((toSend(draft)['metadata'] as JsonObject)['resourceVersion']).toBeUndefined();
  });

  it('is another object, when one of its name was made anew', () => {
    const anew = { ...theirs, metadata: { ...theirs.metadata, uid: 'v' } };
    const draft = serverChanged(serverDeleted(set(base, 'metadata.labels.a', 'b')), anew);
    expect(draft.theirs?.metadata.uid).toBe('v');
    expect(toSend(keepMine(draft))).toMatchObject({ metadata: { uid: 'v' }, spec: SPEC });
  });
});

describe('edits between two versions', () => {
  const versions: JsonObject[] = [
    { spec: {} },
    { spec: { ports: [{ port: 1 }, { port: 2 }, { port: 3 }] } },
    { spec: { ports: [{ port: 2 }, { port: 3, name: 'c' }] } },
    { spec: { ports: [{ port: 9 }] }, metadata: { labels: { a: 'b' } } },
    { spec: { ports: [] }, metadata: { labels: {} } },
    { spec: { ports: 'x' }, metadata: { labels: { a: { b: [1] } } } },
    { metadata: { name: 'x', labels: { c: 'd' } } },
  ];
  it.each(versions.flatMap((from) => versions.map((to) => [JSON.stringify(from), JSON.stringify(to)])))(
    '%s → %s',
    (from, to) => {
      const edits = editsBetween(JSON.parse(from), JSON.parse(to));
      const result = edits.reduce(editObject, JSON.parse(from) as JsonObject);
      expect(jsonEqual(result, JSON.parse(to)), JSON.stringify(edits)).toBe(true);
    },
  );

  it('are of an object and itself none', () => {
    expect(editsBetween(editable(stored(SPEC)), editable(stored(SPEC, '2')))).toEqual([]);
  });
});
