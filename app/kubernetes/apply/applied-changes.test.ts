import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { schemaFor } from '../schema/schema.ts';
import { appliedChanges, ownersOf, pathText } from './applied-changes.ts';
import { rootSchema } from './typed-value.ts';

const type = schemaFor({ group: '', version: 'v1', kind: 'Service' });
if (!type) throw new Error('there is no schema of a Service');
const schema = rootSchema(type);
const MANAGER = 'kube-proxy-lab';

function service(spec: object, more: { labels?: object; managers?: object[] } = {}): JsonObject {
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'web',
        uid: '1',
        resourceVersion: '7',
        labels: more.labels,
        managedFields: more.managers,
      },
      spec,
      status: { loadBalancer: {} },
    }),
  );
}

const ports = [
  { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080, nodePort: 30080 },
  { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
];
const base = { type: 'NodePort', clusterIP: '10.0.0.1', selector: { app: 'web' }, ports };
const kubectl = {
  manager: 'kubectl',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsV1: { 'f:spec': { 'f:type': {}, 'f:selector': {}, 'f:sessionAffinity': {} } },
};

describe('what is applied of an edited Service', () => {
  const rows: [string, object, object, object | undefined, string[]][] = [
    ['nothing, where nothing was changed', base, base, undefined, []],
    [
      'a port’s changed number, with the keys of the port alone',
      base,
      { ...base, ports: [{ ...ports[0], nodePort: 31000 }, ports[1]] },
      { metadata: {}, spec: { ports: [{ nodePort: 31000, port: 80, protocol: 'TCP' }] } },
      [],
    ],
    [
      'a new port, whole',
      base,
      { ...base, ports: [...ports, { name: 'tls', port: 443, protocol: 'TCP' }] },
      { spec: { ports: [{ name: 'tls', port: 443, protocol: 'TCP' }] } },
      [],
    ],
    ['another type', base, { ...base, type: 'ClusterIP' }, { spec: { type: 'ClusterIP' } }, []],
    [
      'nothing of a field that another owns and that was taken out; it is named',
      { ...base, sessionAffinity: 'ClientIP' },
      base,
      {},
      ['.spec.sessionAffinity'],
    ],
  ];
  it.each(rows)('%s', (_name, live, edited, expected, removed) => {
    const changes = appliedChanges({
      schema,
      live: service(live, { managers: [kubectl] }),
      edited: service(edited),
      manager: MANAGER,
    });
    expect(changes.removed.map(pathText)).toEqual(removed);
    if (expected === undefined) expect(changes.configuration).toBeUndefined();
    else expect(withoutEmpty(changes.configuration)).toEqual(withoutEmpty(expected));
  });

  it('is also what was applied before, without what was taken out since', () => {
    const before = {
      manager: MANAGER,
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {}, 'f:b': {} } }, 'f:spec': { 'f:type': {} } },
    };
    const { configuration, removed } = appliedChanges({
      schema,
      live: service(base, { labels: { a: '1', b: '2', c: '3' }, managers: [before] }),
      edited: service(base, { labels: { a: '1', c: '4' } }),
      manager: MANAGER,
    });
    expect(configuration).toEqual({ metadata: { labels: { a: '1', c: '4' } }, spec: { type: 'NodePort' } });
    expect(removed).toEqual([]);
  });
});

it('names the owners of a field', () => {
  const owned = service(base, { managers: [kubectl] });
  expect(ownersOf(owned, ['f:spec', 'f:type'])).toEqual(['kubectl']);
  expect(ownersOf(owned, ['f:spec', 'f:clusterIP'])).toEqual([]);
});

function withoutEmpty(object: object | undefined): object {
  return Object.fromEntries(
    Object.entries(object ?? {}).filter(([, value]) => Object.keys(value as object).length > 0),
  );
}
