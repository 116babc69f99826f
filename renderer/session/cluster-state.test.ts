import { describe, expect, test } from 'vitest';
import type { ClusterChange, ClusterState } from '../../app/contract/cluster.ts';
import { applyClusterChanges } from './cluster-state.ts';

const service = (name: string, uid = name, port = 80) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name, uid, resourceVersion: '1' },
  spec: { ports: [{ port }] },
});
const state = (...names: string[]): ClusterState => ({
  services: names.map((name) => service(name)),
  endpointSlices: [],
  pods: [],
  deployments: [],
  nodes: [],
  events: [],
});
const put = (name: string, uid = name, port = 80): ClusterChange => ({
  type: 'put',
  resource: 'services',
  object: service(name, uid, port),
});

describe('a change of the cluster', () => {
  test.each<{ name: string; before: string[]; changes: ClusterChange[]; after: string[] }>([
    { name: 'adds an object in its place', before: ['a', 'c'], changes: [put('b')], after: ['a', 'b', 'c'] },
    { name: 'adds the first object', before: [], changes: [put('a')], after: ['a'] },
    {
      name: 'removes an object by its uid',
      before: ['a', 'b'],
      changes: [{ type: 'remove', resource: 'services', uid: 'a' }],
      after: ['b'],
    },
    {
      name: 'may be about an object that is not known',
      before: ['a'],
      changes: [{ type: 'remove', resource: 'services', uid: 'x' }],
      after: ['a'],
    },
    {
      name: 'tells an object made again from the one before it',
      before: ['a'],
      changes: [{ type: 'remove', resource: 'services', uid: 'a' }, put('a', 'a-again')],
      after: ['a'],
    },
  ])('$name', ({ before, changes, after }) => {
    const next = applyClusterChanges(state(...before), changes);
    expect(next.services.map(({ metadata }) => metadata.name)).toEqual(after);
  });

  test('replaces the object it is about', () => {
    const next = applyClusterChanges(state('a'), [put('a', 'a', 8080)]);
    expect(next.services).toHaveLength(1);
    expect(next.services[0]?.spec?.ports?.[0]?.port).toBe(8080);
  });

  test('leaves lists that it is not about, and the state before, as they were', () => {
    const before = state('a');
    const next = applyClusterChanges(before, [put('b')]);
    expect(next.pods).toBe(before.pods);
    expect(before.services).toHaveLength(1);
  });
});
