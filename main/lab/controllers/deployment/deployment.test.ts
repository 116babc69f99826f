import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pod } from '../../../../app/kubernetes/objects.ts';
import type { Stored } from '../../api-server/registry/lab-client.ts';
import type { CoreEvent } from '../../api-server/resources/event-types.ts';
import {
  type Deployment,
  isTrue,
  type ReplicaSet,
  type RunnablePod,
} from '../../api-server/resources/workload-types.ts';
import { gone, key, rolledOut } from '../../api-server/testing/conditions.ts';
import { deployment, type LabFixture, startFixture, until } from '../../api-server/testing/lab-fixture.ts';

/** Deployments and their ReplicaSets, through the API as anybody sees them. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

function pods(): Stored<RunnablePod>[] {
  return lab.client.list<RunnablePod>('pods');
}

describe('a Deployment', () => {
  test('makes a ReplicaSet and its pods, and says when they are there', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 3 }));
    const { status, metadata } = await rolledOut(lab.client, 'web');
    expect(status).toMatchObject({ readyReplicas: 3, updatedReplicas: 3, availableReplicas: 3, replicas: 3 });
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    const [set] = lab.client.list<ReplicaSet>('replicasets');
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(pods().map((item) => item.metadata.name.replace(/[^-]{5}$/, ''))).toEqual(
      Array(3).fill(`web-${hash}-`),
    );
    const events = lab.client
      .list<CoreEvent>('events')
      .filter(({ involvedObject }) => involvedObject?.kind === 'Deployment');
    expect(events.map(({ message }) => message)).toEqual([`Scaled up replica set web-${hash} from 0 to 3`]);
  });

  test('moves to a new template without too few pods, keeps the old one, and goes back to it', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 4 }));
    await rolledOut(lab.client, 'web');
    let fewest = 4;
    let most = 0;
    const stopPods = lab.client.watch<RunnablePod>('pods', () => {
      fewest = Math.min(
        fewest,
        pods().filter(
          ({ metadata, status }) => isTrue(status?.conditions, 'Ready') && !metadata.deletionTimestamp,
        ).length,
      );
    });
    // The bound is on what the sets want: one that grows need not wait for the pods of one that shrinks.
    const stopSets = lab.client.watch<ReplicaSet>('replicasets', () => {
      const sets = lab.client.list<ReplicaSet>('replicasets');
      most = Math.max(
        most,
        sets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0),
      );
    });
    const image = (name: string): unknown =>
      lab.client.patch('deployments', key('web'), {
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'app', image: name }] } } } },
      });
    image('nginx:2');
    await rolledOut(lab.client, 'web');
    stopPods();
    stopSets();
    expect([fewest >= 3, most <= 5]).toEqual([true, true]);
    expect(new Set(pods().map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(['nginx:2']));
    image('nginx');
    const back = await rolledOut(lab.client, 'web');
    expect(back.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(lab.client.list('replicasets')).toHaveLength(2);
  });

  test('that recreates ends all old pods before the first new one', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2, strategy: { type: 'Recreate' } }));
    await rolledOut(lab.client, 'web');
    const before = new Set(pods().map(({ metadata }) => metadata.uid));
    let mixed = false;
    const stop = lab.client.watch<RunnablePod>('pods', () => {
      const old = pods().filter(({ metadata }) => before.has(metadata.uid)).length;
      mixed ||= old > 0 && old < pods().length;
    });
    lab.client.patch('deployments', key('web'), {
      patch: { spec: { template: { metadata: { annotations: { v: '2' } } } } },
    });
    await rolledOut(lab.client, 'web');
    stop();
    expect(mixed).toBe(false);
    expect(pods().some(({ metadata }) => before.has(metadata.uid))).toBe(false);
  });

  test('is scaled by its scale, also while it is paused', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 1, paused: true }));
    lab.client.patch('deployments', key('web'), { patch: { spec: { paused: false } } });
    await rolledOut(lab.client, 'web');
    lab.client.patch('deployments', key('web'), { patch: { spec: { paused: true } } });
    lab.client.patch('deployments', key('web'), { patch: { spec: { replicas: 3 } }, subresource: 'scale' });
    await rolledOut(lab.client, 'web');
    expect(pods()).toHaveLength(3);
    lab.client.patch('deployments', key('web'), { patch: { spec: { replicas: 0 } }, subresource: 'scale' });
    await until<Deployment>(
      lab.client,
      'deployments',
      ({ status, spec }) => spec?.replicas === 0 && !status?.replicas,
    );
  });

  test('gives up pods that are not ready first', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 3 }));
    await rolledOut(lab.client, 'web');
    const [, second] = pods();
    const name = second?.metadata.name ?? '';
    lab.client.patch('pods', key(name), {
      patch: { metadata: { annotations: { 'kube-proxy-lab.dev/ready': 'false' } } },
    });
    await until<RunnablePod>(
      lab.client,
      'pods',
      ({ metadata, status }) => metadata.name === name && !isTrue(status?.conditions, 'Ready'),
    );
    const removed = gone(lab.client, 'pods', name);
    lab.client.patch('deployments', key('web'), { patch: { spec: { replicas: 2 } } });
    await removed;
  });

  test('keeps no more old ReplicaSets than it is told to', async () => {
    lab.client.create('deployments', deployment('web', { revisionHistoryLimit: 1 }));
    await rolledOut(lab.client, 'web');
    for (const version of ['2', '3', '4']) {
      const patch = { spec: { template: { metadata: { annotations: { version } } } } };
      lab.client.patch('deployments', key('web'), { patch });
      await rolledOut(lab.client, 'web');
    }
    await until<ReplicaSet>(lab.client, 'replicasets', () => lab.client.list('replicasets').length === 2);
  });

  test('takes over pods that it selects, and lets go those that it does not any more', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut(lab.client, 'web');
    const [first] = pods();
    lab.client.patch('pods', key(first?.metadata.name ?? ''), {
      patch: { metadata: { labels: { app: 'other' } } },
    });
    await until<RunnablePod>(lab.client, 'pods', ({ metadata }) => {
      return metadata.name === first?.metadata.name && (metadata.ownerReferences ?? []).length === 0;
    });
    await until<Pod>(lab.client, 'pods', () => pods().length === 3);
  });
});
