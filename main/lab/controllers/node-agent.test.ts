import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import type { CoreEvent } from '../api-server/resources/event-types.ts';
import { conditionOf, type RunnablePod } from '../api-server/resources/workload-types.ts';
import { gone, key, running } from '../api-server/testing/conditions.ts';
import { type LabFixture, pod, startFixture, until } from '../api-server/testing/lab-fixture.ts';

/** The node agent: pods that come up, wait, fail and end. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

describe('a pod', () => {
  test('is started at its addresses and told to be ready', async () => {
    lab.client.create('pods', pod('web', { ports: [{ containerPort: 80, name: 'http' }] }));
    const { metadata, spec, status } = await running(lab.client, 'web');
    expect(spec.nodeName).toBe('lab-node');
    expect(status).toMatchObject({
      phase: 'Running',
      hostIP: '10.0.0.5',
      podIP: '192.168.125.2',
      podIPs: [{ ip: '192.168.125.2' }, { ip: 'fd00:10:244::2' }],
      containerStatuses: [{ name: 'app', ready: true, state: { running: {} } }],
    });
    expect(lab.runtime.running.get(metadata.uid)).toEqual({
      uid: metadata.uid,
      namespace: 'default',
      name: 'web',
      ip: '192.168.125.2',
      ip6: 'fd00:10:244::2',
      containers: [
        { name: 'app', image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] },
      ],
    });
  });

  test('that is deleted is ended and removed; its address is not the next to be used', async () => {
    lab.client.create('pods', pod('a'));
    await running(lab.client, 'a');
    lab.client.delete('pods', key('a'));
    await gone(lab.client, 'pods', 'a');
    expect(lab.runtime.calls).toEqual(['start default/a', 'stop default/a']);
    lab.client.create('pods', pod('b'));
    expect((await running(lab.client, 'b')).status?.podIP).toBe('192.168.125.3');
  });

  test('that cannot be started says why, and is tried again', async () => {
    lab.runtime.refusals.set('web', 'no more links');
    lab.client.create('pods', pod('web'));
    const failed = await until<RunnablePod>(lab.client, 'pods', ({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerError';
    });
    expect(failed.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('no more links');
    lab.runtime.refusals.clear();
    await running(lab.client, 'web');
    expect(lab.runtime.calls).toEqual(['start default/web', 'start default/web']);
  });

  test('that is deleted while it comes up is ended all the same', async () => {
    const release = lab.runtime.hold();
    lab.client.create('pods', pod('web'));
    await until<RunnablePod>(lab.client, 'pods', ({ spec }) => spec.nodeName !== undefined);
    const removed = gone(lab.client, 'pods', 'web');
    lab.client.delete('pods', key('web'));
    release();
    await removed;
    expect(lab.runtime.running.size).toBe(0);
  });

  test('waits while its node takes none', async () => {
    lab.client.patch('nodes', { name: 'lab-node' }, { patch: { spec: { unschedulable: true } } });
    lab.client.create('pods', pod('web'));
    const waiting = await until<RunnablePod>(lab.client, 'pods', ({ status }) => {
      return conditionOf(status?.conditions, 'PodScheduled')?.reason === 'Unschedulable';
    });
    expect(waiting.status?.phase).toBe('Pending');
    const told = await until<CoreEvent>(lab.client, 'events', ({ reason }) => reason === 'FailedScheduling');
    expect(told).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'Pod', name: 'web' },
      message: expect.stringContaining('node(s) were unschedulable'),
    });
    lab.client.patch('nodes', { name: 'lab-node' }, { patch: { spec: { unschedulable: null } } });
    await running(lab.client, 'web');
  });

  test('of an earlier run is started again at its addresses', async () => {
    lab.client.create('pods', pod('a'));
    lab.client.create('pods', pod('b'));
    const before = await Promise.all([running(lab.client, 'a'), running(lab.client, 'b')]);
    await lab.restart();
    await lab.runtime.whenRunning(2);
    const after = [...lab.runtime.running.values()].map(({ name, ip, ip6 }) => `${name} ${ip} ${ip6}`);
    expect(after.sort()).toEqual(
      before.map(
        ({ metadata, status }) => `${metadata.name} ${status?.podIPs?.map(({ ip }) => ip).join(' ')}`,
      ),
    );
    lab.client.create('pods', pod('c'));
    expect((await running(lab.client, 'c')).status?.podIP).toBe('192.168.125.4');
  });

  test('of a node that is not there can be deleted', () => {
    const elsewhere = pod('lost');
    lab.client.create('pods', {
      ...elsewhere,
      spec: { ...(elsewhere['spec'] as object), nodeName: 'other' },
    } as KubernetesObject);
    const removed = gone(lab.client, 'pods', 'lost');
    lab.client.delete('pods', key('lost'));
    return removed;
  });
});
