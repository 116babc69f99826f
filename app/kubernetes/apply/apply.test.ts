import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue, jsonObjects } from '../json.ts';
import { strictDecode } from '../schema/decode.ts';
import { ApplyConflictError } from './conflicts.ts';
import { type ApplyOptions, applyObject, updateManagedFields } from './field-manager.ts';
import { FieldSet, pathString } from './field-set.ts';
import { keepUnchangedTimes } from './managers.ts';

const SERVICE = { group: '', version: 'v1', kind: 'Service' };
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };
const EARLY = '2026-01-01T00:00:00Z';
const LATE = '2026-01-01T00:00:01Z';

/** A Service as a server stores it. */
function service(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return strictDecode(SERVICE, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', ...metadata },
    spec,
  }).object;
}

function configured(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', ...metadata }, spec };
}

function update(object: JsonObject, live?: JsonObject, manager = 'kubectl-create', time = EARLY): JsonObject {
  return updateManagedFields({
    gvk: SERVICE,
    object,
    manager,
    time,
    ...(live === undefined ? {} : { live }),
  });
}

/** Applies and decodes, as a server does before it stores. */
function apply(
  applied: JsonObject,
  live: JsonObject | undefined,
  options: Partial<ApplyOptions> = {},
): JsonObject {
  const result = applyObject({
    gvk: SERVICE,
    applied,
    manager: 'tester',
    time: LATE,
    ...(live === undefined ? {} : { live }),
    ...options,
  });
  return strictDecode(SERVICE, result).object;
}

function owners(object: JsonObject): Record<string, JsonValue | undefined> {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return Object.fromEntries(
    jsonObjects(metadata['managedFields']).map((entry) => [
      `${String(entry['manager'])} ${String(entry['operation'])}`,
      entry['fieldsV1'],
    ]),
  );
}

const HTTP = { name: 'http', port: 80, protocol: 'TCP', targetPort: 80 };
const DNS = { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 };

describe('fields and their text', () => {
  test('FieldsV1 survives a round trip', () => {
    const fields = {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} }, 'f:finalizers': { '.': {}, 'v:"x/y"': {} } },
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } },
    };
    expect(FieldSet.fromFieldsV1(fields).toFieldsV1()).toEqual(fields);
  });

  test('paths read as in conflicts', () => {
    const set = FieldSet.fromFieldsV1({
      'f:spec': {
        'f:ports': { 'k:{"protocol":"TCP","port":80}': { 'f:targetPort': {} } },
        'f:x': { 'v:"a"': {} },
      },
    });
    expect(set.paths().map(pathString)).toEqual([
      '.spec.ports[port=80,protocol="TCP"].targetPort',
      '.spec.x[="a"]',
    ]);
  });
});

describe('an ordinary write', () => {
  test('owns what it says when it creates, as a real server notes it', () => {
    const created = update(
      service({ ports: [HTTP], selector: { run: 'web' }, type: 'ClusterIP' }, { labels: { run: 'web' } }),
    );
    expect(owners(created)).toEqual({
      'kubectl-create Update': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:run': {} } },
        'f:spec': {
          'f:ports': {
            '.': {},
            'k:{"port":80,"protocol":"TCP"}': {
              '.': {},
              'f:name': {},
              'f:port': {},
              'f:protocol': {},
              'f:targetPort': {},
            },
          },
          'f:selector': {},
          'f:type': {},
        },
      },
    });
  });

  test('of a Deployment: value structs are there already, pointers and keyed elements are new', () => {
    const { object } = strictDecode(DEPLOYMENT, {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        strategy: { rollingUpdate: { maxSurge: '25%' }, type: 'RollingUpdate' },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'nginx' }] },
        },
      },
    });
    expect(owners(updateManagedFields({ gvk: DEPLOYMENT, object, manager: 'm', time: EARLY }))).toEqual({
      'm Update': {
        'f:spec': {
          'f:selector': {},
          'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} },
              },
            },
          },
        },
      },
    });
  });

  test('takes over what it changes, and nobody owns what it removes', () => {
    const live = update(service({ type: 'ClusterIP', selector: { a: '1' }, sessionAffinity: 'None' }));
    const changed = service({ type: 'NodePort', sessionAffinity: 'None' }, live['metadata'] as JsonObject);
    expect(owners(update(changed, live, 'kubectl-edit', LATE))).toEqual({
      'kubectl-create Update': { 'f:spec': { 'f:sessionAffinity': {} } },
      'kubectl-edit Update': { 'f:spec': { 'f:type': {} } },
    });
  });

  test('keeps the owners a client leaves out, and resets them when asked', () => {
    const live = update(service({ type: 'ClusterIP' }));
    expect(owners(update(service({ type: 'ClusterIP' }), live, 'other'))).toEqual(owners(live));
    const reset = service({ type: 'ClusterIP' });
    (reset['metadata'] as JsonObject)['managedFields'] = [{}];
    expect(owners(update(reset, live, 'other'))).toEqual({});
  });

  test('to the status owns no spec, to the object no status', () => {
    const live = update(service({ type: 'LoadBalancer' }));
    const changed: JsonObject = {
      ...service({ type: 'ClusterIP' }),
      status: { loadBalancer: { ingress: [{ ip: '10.0.0.100' }] } },
    };
    const options = { gvk: SERVICE, live, object: changed, manager: 'lb', time: LATE };
    expect(owners(updateManagedFields({ ...options, subresource: 'status' }))['lb Update']).toEqual({
      'f:status': { 'f:loadBalancer': { 'f:ingress': {} } },
    });
    expect(owners(updateManagedFields(options))['lb Update']).toEqual({ 'f:spec': { 'f:type': {} } });
  });

  test('of too many writers the oldest become one', () => {
    let live: JsonObject | undefined;
    for (let index = 0; index < 12; index += 1) {
      const labels = Object.fromEntries(Array.from({ length: index + 1 }, (_, label) => [`l${label}`, 'x']));
      const time = `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`;
      live = update(service({}, { labels }), live, `m${index}`, time);
    }
    const names = Object.keys(owners(live ?? {}));
    expect(names).toHaveLength(10);
    expect(names[0]).toBe('ancient-changes Update');
    expect(names[1]).toBe('m3 Update');
  });
});

describe('server-side apply', () => {
  test('creates with what was applied, and owns it', () => {
    const created = apply(
      configured({ ports: [{ port: 80 }], selector: { a: '1' } }, { labels: { l: 'x' } }),
      undefined,
    );
    expect(created['spec']).toEqual({ ports: [{ port: 80 }], selector: { a: '1' } });
    expect(owners(created)).toEqual({
      'tester Apply': {
        'f:metadata': { 'f:labels': { 'f:l': {} } },
        'f:spec': {
          'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
          'f:selector': {},
        },
      },
    });
  });

  test("adds a port beside another manager's", () => {
    const live = apply(configured({ ports: [HTTP] }), undefined, { manager: 'first' });
    expect(apply(configured({ ports: [DNS] }), live)['spec']).toEqual({ ports: [HTTP, DNS] });
  });

  test('conflicts over a value that another manager set', () => {
    const live = update(service({ ports: [HTTP], type: 'ClusterIP', sessionAffinity: 'None' }));
    const one = (): JsonObject => apply(configured({ type: 'NodePort' }), live);
    expect(one).toThrow('Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .spec.type');
    const wanted = configured({ type: 'NodePort', ports: [{ ...HTTP, targetPort: 8080 }] });
    try {
      apply(wanted, live);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ApplyConflictError);
      if (!(error instanceof ApplyConflictError)) return;
      expect(error.toStatus()).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message:
          'Apply failed with 2 conflicts: conflicts with "kubectl-create" using v1:\n- .spec.ports[port=80,protocol="TCP"].targetPort\n- .spec.type',
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "kubectl-create" using v1',
              field: '.spec.ports[port=80,protocol="TCP"].targetPort',
            },
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "kubectl-create" using v1',
              field: '.spec.type',
            },
          ],
        },
      });
    }
  });

  test('by force takes the field over; with the same value both own it', () => {
    const live = apply(configured({ type: 'ClusterIP', sessionAffinity: 'None' }), undefined, {
      manager: 'first',
    });
    const forced = apply(configured({ type: 'NodePort', sessionAffinity: 'None' }), live, { force: true });
    expect(forced['spec']).toEqual({ type: 'NodePort', sessionAffinity: 'None' });
    expect(owners(forced)).toEqual({
      'first Apply': { 'f:spec': { 'f:sessionAffinity': {} } },
      'tester Apply': { 'f:spec': { 'f:sessionAffinity': {}, 'f:type': {} } },
    });
    expect(() => apply(configured({ type: 'ExternalName' }), forced, { manager: 'first' })).toThrow(
      'Apply failed with 1 conflict: conflict with "tester": .spec.type',
    );
  });

  test('removes what it applied before and does not any more', () => {
    const first = apply(
      configured({ ports: [HTTP, DNS], selector: { a: '1' } }, { labels: { l: 'x', m: 'y' } }),
      undefined,
    );
    const second = apply(configured({ ports: [HTTP] }, { labels: { m: 'y' } }), first);
    expect(second).toMatchObject({ metadata: { labels: { m: 'y' } }, spec: { ports: [HTTP] } });
    expect(second['spec']).not.toHaveProperty('selector');
    expect(second['metadata']).not.toHaveProperty('labels.l');
  });

  test('but not what somebody else owns as well, nor what a server filled in beside it', () => {
    const first = apply(configured({ ports: [{ port: 80, protocol: 'TCP' }], type: 'ClusterIP' }), undefined);
    const shared = apply(configured({ type: 'ClusterIP' }), first, { manager: 'second' });
    (shared['spec'] as JsonObject)['clusterIP'] = '10.254.0.9';
    expect(apply(configured({}), shared)['spec']).toEqual({ type: 'ClusterIP', clusterIP: '10.254.0.9' });
  });

  test('an element goes only when none of its owners keeps it', () => {
    const first = apply(configured({ ports: [HTTP] }), undefined);
    const shared = apply(configured({ ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] }), first, {
      manager: 'second',
    });
    expect(apply(configured({}), shared)['spec']).toEqual({
      ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }],
    });
  });

  test('keeps the applied order of a list, with what is new where it stands', () => {
    const ports = (...numbers: number[]): JsonObject[] => numbers.map((port) => ({ port, protocol: 'TCP' }));
    const live = service({ ports: ports(1, 2, 3, 4) });
    const result = apply(configured({ ports: ports(4, 5, 2) }), live);
    expect((result['spec'] as JsonObject)['ports']).toEqual(ports(1, 3, 4, 5, 2));
  });

  test('an object that was never tracked belongs to before-first-apply', () => {
    const applied = apply(
      configured({ type: 'ClusterIP' }),
      service({ type: 'ClusterIP', selector: { a: '1' } }),
    );
    expect(owners(applied)).toEqual({
      'before-first-apply Update': { 'f:spec': { 'f:selector': {}, 'f:type': {} } },
      'tester Apply': { 'f:spec': { 'f:type': {} } },
    });
  });

  test.each<[string, JsonObject, string]>([
    ['a field that does not exist', { prots: [] }, '.spec.prots: field not declared in schema'],
    [
      'a port twice',
      { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] },
      '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    ],
    [
      'a number given as text',
      { ports: [{ port: '80' }] },
      '.spec.ports[0].port: expected numeric (int or float), got string',
    ],
    [
      'a text given as a number',
      { type: 8080 },
      '.spec.type: expected string, got &value.valueUnstructured{Value:8080}',
    ],
    [
      'a text given as an object',
      { type: { a: [1, 'b'] } },
      '.spec.type: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"a":[]interface {}{1, "b"}}}',
    ],
    [
      'a boolean given as text',
      { publishNotReadyAddresses: 'yes' },
      '.spec.publishNotReadyAddresses: expected boolean, got &{yes}',
    ],
    ['an object given as a list', { selector: ['a'] }, '.spec.selector: expected map, got &{[a]}'],
    ['a list given as an object', { ports: { port: 80 } }, '.spec.ports: expected list, got &{map[port:80]}'],
    [
      'all that is wrong at once',
      { type: true, prots: [] },
      'errors:\n  .spec.type: expected string, got &value.valueUnstructured{Value:true}\n  .spec.prots: field not declared in schema',
    ],
  ])('refuses %s', (_name, spec, message) => {
    expect(() => apply(configured(spec, { namespace: 'default' }), undefined)).toThrow(
      `failed to create typed patch object (default/web; /v1, Kind=Service): ${message}`,
    );
  });

  test('again with the same object changes nothing, not even the time', () => {
    const applied = configured({ type: 'ClusterIP' });
    const first = apply(applied, undefined, { time: EARLY });
    const second = apply(applied, first);
    expect(second).not.toEqual(first);
    expect(keepUnchangedTimes(second, first)).toBe(first);
    const third = apply(configured({ type: 'ClusterIP', sessionAffinity: 'None' }), first);
    expect(keepUnchangedTimes(third, first)).toBe(third);
  });
});

describe('kubectl, from client-side to server-side apply', () => {
  const LAST = 'kubectl.kubernetes.io/last-applied-configuration';

  function clientSide(spec: JsonObject): JsonObject {
    const text = JSON.stringify(configured(spec));
    return update(service(spec, { annotations: { [LAST]: text } }), undefined, 'kubectl-client-side-apply');
  }

  test('takes over what it applied itself, and keeps the annotation in step', () => {
    const live = clientSide({ type: 'ClusterIP', selector: { a: '1' } });
    const applied = apply(configured({ type: 'NodePort', selector: { a: '1' } }), live, {
      manager: 'kubectl',
    });
    expect(applied['spec']).toEqual({ type: 'NodePort', selector: { a: '1' } });
    const annotations = (applied['metadata'] as JsonObject)['annotations'] as JsonObject;
    expect(JSON.parse(String(annotations[LAST]))).toEqual(
      configured({ type: 'NodePort', selector: { a: '1' } }),
    );
  });

  test('another manager has to force', () => {
    const live = clientSide({ type: 'ClusterIP' });
    expect(() => apply(configured({ type: 'NodePort' }), live)).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .spec.type',
    );
  });

  test('and so does kubectl where the value is not what it applied last', () => {
    const live = clientSide({ type: 'ClusterIP' });
    const edited = update(
      service({ type: 'NodePort' }, live['metadata'] as JsonObject),
      live,
      'kubectl-edit',
      LATE,
    );
    expect(() => apply(configured({ type: 'ClusterIP' }), edited, { manager: 'kubectl' })).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .spec.type',
    );
  });
});
