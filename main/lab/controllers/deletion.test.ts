import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import type { Stored } from '../api-server/registry/lab-client.ts';
import type { RunnablePod } from '../api-server/resources/workload-types.ts';
import { gone, key, rolledOut } from '../api-server/testing/conditions.ts';
import {
  deployment,
  type LabFixture,
  service,
  startFixture,
  until,
} from '../api-server/testing/lab-fixture.ts';

/** How objects go, and what goes with them. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

function pods(): Stored<RunnablePod>[] {
  return lab.client.list<RunnablePod>('pods');
}

describe('deleting', () => {
  test('an owner takes what it owns with it', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut(lab.client, 'web');
    const last = until(lab.client, 'pods', (_pod, type) => type === 'DELETED' && pods().length === 0);
    lab.client.delete('deployments', key('web'));
    expect(lab.client.get('deployments', key('web'))).toBeUndefined();
    await last;
    expect(lab.client.list('replicasets')).toEqual([]);
    expect(lab.runtime.running.size).toBe(0);
  });

  test('in the foreground ends with the owner', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut(lab.client, 'web');
    const order: string[] = [];
    const stops = ['deployments', 'replicasets', 'pods'].map((resource) =>
      lab.client.watch(resource, ({ type }) => {
        if (type === 'DELETED') order.push(resource);
      }),
    );
    const removed = gone(lab.client, 'deployments', 'web');
    lab.client.delete('deployments', key('web'), { propagationPolicy: 'Foreground' });
    expect(lab.client.get('deployments', key('web'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    await removed;
    for (const stop of stops) stop();
    expect(order).toEqual(['pods', 'pods', 'replicasets', 'deployments']);
  });

  test('can leave what is owned as it is', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut(lab.client, 'web');
    const removed = gone(lab.client, 'deployments', 'web');
    lab.client.delete('deployments', key('web'), { propagationPolicy: 'Orphan' });
    await removed;
    const [set] = lab.client.list('replicasets');
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    expect(pods()).toHaveLength(2);
  });

  test('a namespace takes all its content with it, and takes nothing new meanwhile', async () => {
    lab.client.create('namespaces', { metadata: { name: 'team' } });
    const inside = (object: KubernetesObject): KubernetesObject => ({
      ...object,
      metadata: { ...object.metadata, namespace: 'team' },
    });
    lab.client.create('services', inside(service('web', { selector: { app: 'web' } })));
    lab.client.create('deployments', inside(deployment('web', { replicas: 2 })));
    await rolledOut(lab.client, 'web');
    const removed = gone(lab.client, 'namespaces', 'team');
    lab.client.delete('namespaces', { name: 'team' });
    expect(
      lab.client.get<KubernetesObject & { status?: { phase?: string } }>('namespaces', { name: 'team' })
        ?.status?.phase,
    ).toBe('Terminating');
    expect(() => lab.client.create('services', inside(service('late')))).toThrow(
      'services "late" is forbidden: unable to create new content in namespace team because it is being terminated',
    );
    await removed;
    for (const resource of [
      'pods',
      'replicasets',
      'deployments',
      'services',
      'endpoints',
      'endpointslices',
      'serviceaccounts',
      'events',
    ]) {
      expect(lab.client.list(resource, { namespace: 'team' })).toEqual([]);
    }
    lab.client.create('namespaces', { metadata: { name: 'team' } });
  });

  test('a namespace stands for a while before it is emptied, as a manifest that deletes both wants it', async () => {
    const slow = await startFixture({ namespaceGraceMilliseconds: 60_000 });
    slow.client.create('namespaces', { metadata: { name: 'team' } });
    const slices = (name: string, type: string): Promise<unknown> =>
      until(
        slow.client,
        'endpointslices',
        ({ metadata }, happened) => happened === type && metadata.generateName === `${name}-`,
      );
    const made = Promise.all(['web', 'db'].map((name) => slices(name, 'ADDED')));
    for (const name of ['web', 'db']) {
      const object = service(name, { selector: { app: name } });
      slow.client.create('services', { ...object, metadata: { namespace: 'team', name } });
    }
    await made;
    slow.client.delete('namespaces', { name: 'team' });
    const swept = slices('web', 'DELETED');
    slow.client.delete('services', { namespace: 'team', name: 'web' });
    await swept;
    expect(slow.client.list('services', { namespace: 'team' }).map(({ metadata }) => metadata.name)).toEqual([
      'db',
    ]);
    await slow.close();
  });

  test('an object that has a finalizer waits for it', () => {
    const made = lab.client.create('configmaps', {
      metadata: { ...key('held'), finalizers: ['example.org/hold'] },
    });
    lab.client.delete('configmaps', key('held'));
    const held = lab.client.get('configmaps', key('held'));
    expect(held?.metadata.deletionTimestamp).toBeDefined();
    lab.client.patch('configmaps', key('held'), { patch: { metadata: { finalizers: null } } });
    expect(lab.client.get('configmaps', key('held'))).toBeUndefined();
    expect(made.metadata.deletionTimestamp).toBeUndefined();
  });
});
