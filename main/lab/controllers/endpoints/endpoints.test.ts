import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndpointSlice } from '../../../../app/kubernetes/objects.ts';
import type { Stored } from '../../api-server/registry/lab-client.ts';
import type { Endpoints } from '../../api-server/resources/endpoints.ts';
import { endpointsOf, gone, key } from '../../api-server/testing/conditions.ts';
import {
  deployment,
  type LabFixture,
  pod,
  service,
  startFixture,
  until,
} from '../../api-server/testing/lab-fixture.ts';

/** EndpointSlices and Endpoints, as pods and Services change. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

describe('endpoints', () => {
  const labels = { app: 'web' };
  const selector = { selector: labels };

  test('of a Service without pods are one empty slice', async () => {
    lab.client.create('services', service('web', selector));
    const slice = await endpointsOf(lab.client, 'web', () => true);
    expect(slice).toMatchObject({
      metadata: {
        generateName: 'web-',
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
    });
    // A real server writes null for what is stored as no list.
    expect([slice.ports, slice.endpoints]).toEqual([null, null]);
  });

  test('name each pod, with its conditions', async () => {
    lab.client.create('services', service('web', selector));
    const { metadata } = lab.client.create('pods', pod('one', { labels }));
    const { endpoints, ports } = await endpointsOf(
      lab.client,
      'web',
      ([first]) => first?.conditions?.ready === true,
    );
    expect(ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }]);
    expect(endpoints).toEqual([
      {
        addresses: ['192.168.125.2'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'lab-node',
        targetRef: { kind: 'Pod', namespace: 'default', name: 'one', uid: metadata.uid },
      },
    ]);
  });

  test('follow a pod that becomes not ready, and ready again', async () => {
    lab.client.create('services', service('web', selector));
    lab.client.create('pods', pod('one', { labels }));
    await endpointsOf(lab.client, 'web', ([first]) => first?.conditions?.ready === true);
    const annotate = (value: string | null): unknown =>
      lab.client.patch('pods', key('one'), {
        patch: { metadata: { annotations: { 'kube-proxy-lab.dev/ready': value } } },
      });
    annotate('false');
    await endpointsOf(lab.client, 'web', ([first]) => first?.conditions?.ready === false);
    const endpoints = await until<Endpoints>(
      lab.client,
      'endpoints',
      ({ subsets }) => subsets?.[0]?.notReadyAddresses !== undefined,
    );
    expect(endpoints.subsets).toMatchObject([
      { notReadyAddresses: [{ ip: '192.168.125.2' }], ports: [{ port: 80 }] },
    ]);
    annotate(null);
    await endpointsOf(lab.client, 'web', ([first]) => first?.conditions?.ready === true);
  });

  test('keep a pod that ends slowly as terminating', async () => {
    lab.client.create('services', service('web', selector));
    // Longer than the test may be held up: only the second deletion ends it.
    lab.client.create(
      'pods',
      pod('slow', { labels, annotations: { 'kube-proxy-lab.dev/termination-seconds': '600' } }),
    );
    await endpointsOf(lab.client, 'web', ([first]) => first?.conditions?.ready === true);
    lab.client.delete('pods', key('slow'));
    const { endpoints } = await endpointsOf(
      lab.client,
      'web',
      ([first]) => first?.conditions?.terminating === true,
    );
    expect(endpoints?.[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    expect(lab.runtime.running.size).toBe(1);
    lab.client.delete('pods', key('slow'), { gracePeriodSeconds: 0 });
    await endpointsOf(lab.client, 'web', (all) => all.length === 0);
    expect(lab.runtime.running.size).toBe(0);
  });

  test('let go of a pod when its time to end is over', async () => {
    lab.client.create('services', service('web', selector));
    lab.client.create(
      'pods',
      pod('slow', { labels, annotations: { 'kube-proxy-lab.dev/termination-seconds': '1' } }),
    );
    await endpointsOf(lab.client, 'web', ([first]) => first?.conditions?.ready === true);
    lab.client.delete('pods', key('slow'));
    await endpointsOf(lab.client, 'web', (all) => all.length === 0);
    expect(lab.runtime.running.size).toBe(0);
  });

  test('publish pods that are not ready where the Service says so', async () => {
    lab.client.create('services', service('web', { ...selector, publishNotReadyAddresses: true }));
    lab.client.create('pods', pod('one', { labels, annotations: { 'kube-proxy-lab.dev/ready': 'false' } }));
    const { endpoints } = await endpointsOf(lab.client, 'web', (all) => all.length === 1);
    expect(endpoints?.[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false });
  });

  test('resolve named ports pod by pod, in slices of their own', async () => {
    lab.client.create('services', service('web', { ...selector, ports: [{ port: 80, targetPort: 'http' }] }));
    lab.client.create('pods', pod('a', { labels, ports: [{ containerPort: 8080, name: 'http' }] }));
    lab.client.create('pods', pod('b', { labels, ports: [{ containerPort: 9090, name: 'http' }] }));
    lab.client.create('pods', pod('c', { labels }));
    const portOf = async (port: number): Promise<string[]> => {
      const slice = await until<EndpointSlice>(
        lab.client,
        'endpointslices',
        ({ ports }) => ports?.[0]?.port === port,
      );
      return (slice.endpoints ?? []).map(({ targetRef }) => targetRef?.name ?? '');
    };
    expect([await portOf(8080), await portOf(9090)]).toEqual([['a'], ['b']]);
  });

  test('of a dual-stack Service are a slice for each family', async () => {
    lab.client.create('services', service('web', { ...selector, ipFamilyPolicy: 'RequireDualStack' }));
    lab.client.create('pods', pod('one', { labels }));
    const of = (type: string): Promise<Stored<EndpointSlice>> =>
      until<EndpointSlice>(
        lab.client,
        'endpointslices',
        ({ addressType, endpoints }) => addressType === type && endpoints?.length === 1,
      );
    expect((await of('IPv4')).endpoints?.[0]?.addresses).toEqual(['192.168.125.2']);
    expect((await of('IPv6')).endpoints?.[0]?.addresses).toEqual(['fd00:10:244::2']);
  });

  test('carry zones and hints where traffic is to stay close', async () => {
    lab.client.patch(
      'nodes',
      { name: 'lab-node' },
      { patch: { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1' } } } },
    );
    lab.client.create('services', service('web', { ...selector, trafficDistribution: 'PreferSameNode' }));
    lab.client.create('pods', pod('one', { labels }));
    const { endpoints } = await endpointsOf(
      lab.client,
      'web',
      ([first]) => first?.conditions?.ready === true,
    );
    expect(endpoints?.[0]).toMatchObject({
      zone: 'z1',
      hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'lab-node' }] },
    });
  });

  test('of many pods are slices of a hundred, written seldom', async () => {
    lab.client.create('services', service('big', { selector: { app: 'big' } }));
    await endpointsOf(lab.client, 'big', () => true);
    let writes = 0;
    const seen = new Map<string, number>();
    const all = until<EndpointSlice>(lab.client, 'endpointslices', ({ metadata, endpoints }) => {
      writes += 1;
      seen.set(metadata.name, (endpoints ?? []).filter(({ conditions }) => conditions?.ready).length);
      return [...seen.values()].reduce((sum, count) => sum + count, 0) === 150;
    });
    lab.client.create('deployments', deployment('big', { replicas: 150 }));
    await all;
    expect([...seen.values()].sort()).toEqual([100, 50]);
    expect(writes).toBeLessThan(20);
  });

  test('that somebody removes are there again', async () => {
    lab.client.create('services', service('web', selector));
    const { metadata } = await endpointsOf(lab.client, 'web', () => true);
    lab.client.delete('endpointslices', metadata);
    await until(
      lab.client,
      'endpointslices',
      (slice, type) => type !== 'DELETED' && slice.metadata.uid !== metadata.uid,
    );
  });

  test('written by hand for a Service without a selector are mirrored into slices', async () => {
    lab.client.create('services', service('external'));
    lab.client.create<Endpoints>('endpoints', {
      metadata: key('external'),
      subsets: [
        {
          addresses: [{ ip: '203.0.113.5' }, { ip: '2001:db8::5' }],
          ports: [{ port: 5432, protocol: 'TCP' }],
        },
      ],
    });
    const slice = await endpointsOf(
      lab.client,
      'external',
      ([first]) => first?.addresses[0] === '203.0.113.5',
    );
    expect(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by']).toBe(
      'endpointslicemirroring-controller.k8s.io',
    );
    expect(slice.ports).toEqual([{ name: '', port: 5432, protocol: 'TCP' }]);
    await endpointsOf(lab.client, 'external', ([first]) => first?.addresses[0] === '2001:db8::5');
    const removed = gone(lab.client, 'endpointslices', slice.metadata.name);
    lab.client.delete('endpoints', key('external'));
    await removed;
  });

  test('go with their Service', async () => {
    lab.client.create('services', service('web', selector));
    const { metadata } = await endpointsOf(lab.client, 'web', () => true);
    const removed = gone(lab.client, 'endpointslices', metadata.name);
    lab.client.delete('services', key('web'));
    expect(lab.client.get('endpoints', key('web'))).toBeUndefined();
    await removed;
  });
});
