import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stored } from '../../../../app/contract/objects.ts';
import type { CheckOutcome, CreateOutcome, UpdateOutcome } from '../../../../app/contract/save.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import { newDraft, openDraft } from './draft.ts';
import { ServiceEditing } from './service-editing.svelte.ts';

const SPEC: Service['spec'] = {
  type: 'ClusterIP',
  clusterIP: '10.254.0.1',
  clusterIPs: ['10.254.0.1'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
  ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
};

function stored(version: string, spec: Service['spec'] = SPEC): Stored<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: version },
    spec,
  };
}

/** A server that says what it is told to, and remembers what it was asked. */
class FakeServer {
  readonly asked: [string, unknown][] = [];
  check: (input: unknown) => Promise<CheckOutcome>;
  create: (input: unknown) => Promise<CreateOutcome>;
  update: (input: unknown) => Promise<UpdateOutcome>;
  constructor(answers: { check?: CheckOutcome; create?: CreateOutcome; update?: UpdateOutcome }) {
    const answer = <T>(name: string, outcome: T | undefined) => {
      return async (input: unknown): Promise<T> => {
        this.asked.push([name, input]);
        if (outcome === undefined) throw new Error(`${name} was not expected`);
        return outcome;
      };
    };
    this.check = answer('check', answers.check ?? { outcome: 'valid', object: stored('9'), warnings: [] });
    this.create = answer('create', answers.create);
    this.update = answer('update', answers.update);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a Service being edited', () => {
  it('says what is wrong at the field, and where in the text', async () => {
    const server = new FakeServer({});
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('spec.ports[0].port', 70_000);
    expect(editing.errorOf('spec.ports[0].port')).toContain('must be between 1 and 65535');
    const [problem] = editing.problems;
    const { from = 0, to = 0 } = problem?.range ?? {};
    expect(editing.draft.parsed.text.slice(from, to)).toBe('70000');
    await vi.runAllTimersAsync();
    expect(server.asked).toEqual([]);
  });

  it('asks the server once it is quiet, and puts its words at their fields', async () => {
    const message = 'Invalid value: 80: provided port is not in the valid range';
    const problems = [{ field: 'spec.ports[0].nodePort', message, reason: 'FieldValueInvalid' }];
    const server = new FakeServer({ check: { outcome: 'invalid', message, problems } });
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('spec.type', 'NodePort');
    editing.set('spec.ports[0].nodePort', 80);
    await vi.runAllTimersAsync();
    expect(server.asked).toMatchObject([
      ['check', { as: 'update', object: { metadata: { resourceVersion: '1' } } }],
    ]);
    expect([editing.errorOf('spec.ports[0].nodePort'), editing.isChecking]).toEqual([message, false]);
    editing.set('spec.ports[0].nodePort', 30080);
    expect(editing.errors).toEqual([]);
  });

  it('is saved with its version, and is clean then', async () => {
    const after = stored('2', { ...SPEC, ports: [{ port: 81, protocol: 'TCP', targetPort: 80 }] });
    const server = new FakeServer({ update: { outcome: 'saved', object: after, warnings: ['careful'] } });
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('spec.ports[0].port', 81);
    await expect(editing.save()).resolves.toMatchObject({
      outcome: 'saved',
      created: false,
      edits: [{ kind: 'set', path: ['spec', 'ports', 0, 'port'], value: 81 }],
    });
    expect([editing.isDirty, editing.draft.base?.metadata.resourceVersion]).toEqual([false, '2']);
  });

  it('takes what the feed told during a save for its own', async () => {
    const after = stored('2', {
      ...SPEC,
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    });
    const server = new FakeServer({ update: { outcome: 'saved', object: after, warnings: [] } });
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('spec.sessionAffinity', 'ClientIP');
    const saving = editing.save();
    editing.observe(after);
    await saving;
    expect([editing.isDirty, editing.conflict]).toEqual([false, []]);
  });

  it('keeps what was edited when the save meets another change', async () => {
    const current = stored('5', { ...SPEC, sessionAffinity: 'ClientIP' });
    const server = new FakeServer({
      update: { outcome: 'conflict', message: 'the object has been modified', current },
    });
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('metadata.labels.a', 'b');
    await expect(editing.save()).resolves.toEqual({
      outcome: 'kept',
      message: 'the object has been modified',
    });
    expect(editing.conflict.map(({ path }) => path.join('.'))).toEqual([
      'metadata.labels.a',
      'spec.sessionAffinity',
    ]);
    editing.merge(() => false);
    expect(editing.draft.base?.metadata.resourceVersion).toBe('5');
    expect([editing.value('metadata.labels.a'), editing.value('spec.sessionAffinity')]).toEqual([
      'b',
      'ClientIP',
    ]);
  });

  it('says what the server refuses about the whole', async () => {
    const message = 'services "web" already exists';
    const server = new FakeServer({ create: { outcome: 'refused', code: 'AlreadyExists', message } });
    const editing = new ServiceEditing(
      'a',
      newDraft('metadata: { name: web }\nspec:\n  ports:\n  - port: 80\n'),
      server,
    );
    await editing.save();
    expect(editing.refusal).toBe(message);
    editing.set('metadata.name', 'web-2');
    expect(editing.refusal).toBeUndefined();
  });

  it('is made again where it was deleted meanwhile', async () => {
    const server = new FakeServer({ create: { outcome: 'saved', object: stored('9'), warnings: [] } });
    const editing = new ServiceEditing('a', openDraft(stored('1')), server);
    editing.set('metadata.labels.a', 'b');
    editing.observe(undefined);
    expect(editing.draft.isGone).toBe(true);
    await editing.save();
    expect(server.asked[0]?.[0]).toBe('create');
  });

  it('is as it was before a revert, once that is undone', () => {
    const editing = new ServiceEditing('a', openDraft(stored('1')), new FakeServer({}));
    editing.set('spec.type', 'NodePort');
    const before = editing.revert();
    expect(editing.isDirty).toBe(false);
    editing.become(before);
    expect(editing.value('spec.type')).toBe('NodePort');
  });
});
