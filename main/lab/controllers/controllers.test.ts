import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  Endpoint,
  EndpointSlice,
  KubernetesObject,
  Pod,
  Service,
} from '../../../app/kubernetes/objects.ts';
import type { Stored } from '../api-server/registry/lab-client.ts';
import type { Endpoints } from '../api-server/resources/endpoints.ts';
import type { CoreEvent } from '../api-server/resources/event-types.ts';
import {
  conditionOf,
  type Deployment,
  isTrue,
  type ReplicaSet,
  type RunnablePod,
} from '../api-server/resources/workload-types.ts';
import {
  deployment,
  type LabFixture,
  pod,
  service,
  startFixture,
  until,
} from '../api-server/testing/lab-fixture.ts';

/** What controllers make of objects, seen through the API as anybody sees it. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });

function pods(): Stored<RunnablePod>[] {
  return lab.client.list<RunnablePod>('pods');
}

function running(name: string): Promise<Stored<RunnablePod>> {
  return until<RunnablePod>(lab.client, 'pods', ({ metadata, status }) => {
    return metadata.name === name && isTrue(status?.conditions, 'Ready');
  });
}

function gone(resource: string, name: string): Promise<unknown> {
  return until(lab.client, resource, ({ metadata }, type) => metadata.name === name && type === 'DELETED');
}

/** The Deployment once its rollout is over: all pods of the present template are ready, no other is left. */
function rolledOut(name: string): Promise<Stored<Deployment>> {
  return until<Deployment>(lab.client, 'deployments', ({ metadata, spec, status = {} }) => {
    const { observedGeneration, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
    return (
      metadata.name === name &&
      observedGeneration === metadata.generation &&
      [updatedReplicas, replicas, availableReplicas].every((count) => count === spec?.replicas)
    );
  });
}

/** A Service's endpoints once they pass. */
function endpointsOf(
  name: string,
  condition: (endpoints: Endpoint[]) => boolean,
): Promise<Stored<EndpointSlice>> {
  return until<EndpointSlice>(lab.client, 'endpointslices', ({ metadata, endpoints }) => {
    return metadata.labels?.['kubernetes.io/service-name'] === name && condition(endpoints ?? []);
  });
}

describe('a pod', () => {
  test('is started at its addresses and told to be ready', async () => {
    lab.client.create('pods', pod('web', { ports: [{ containerPort: 80, name: 'http' }] }));
    const { metadata, spec, status } = await running('web');
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
    await running('a');
    lab.client.delete('pods', key('a'));
    await gone('pods', 'a');
    expect(lab.runtime.calls).toEqual(['start default/a', 'stop default/a']);
    lab.client.create('pods', pod('b'));
    expect((await running('b')).status?.podIP).toBe('192.168.125.3');
  });

  test('that cannot be started says why, and is tried again', async () => {
    lab.runtime.refusals.set('web', 'no more links');
    lab.client.create('pods', pod('web'));
    const failed = await until<RunnablePod>(lab.client, 'pods', ({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerError';
    });
    expect(failed.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('no more links');
    lab.runtime.refusals.clear();
    await running('web');
    expect(lab.runtime.calls).toEqual(['start default/web', 'start default/web']);
  });

  test('that is deleted while it comes up is ended all the same', async () => {
    const release = lab.runtime.hold();
    lab.client.create('pods', pod('web'));
    await until<RunnablePod>(lab.client, 'pods', ({ spec }) => spec.nodeName !== undefined);
    const removed = gone('pods', 'web');
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
    lab.client.patch('nodes', { name: 'lab-node' }, { patch: { spec: { unschedulable: null } } });
    await running('web');
  });

  test('of an earlier run is started again at its addresses', async () => {
    lab.client.create('pods', pod('a'));
    lab.client.create('pods', pod('b'));
    const before = await Promise.all([running('a'), running('b')]);
    await lab.restart();
    await lab.runtime.whenRunning(2);
    const after = [...lab.runtime.running.values()].map(({ name, ip, ip6 }) => `${name} ${ip} ${ip6}`);
    expect(after.sort()).toEqual(
      before.map(
        ({ metadata, status }) => `${metadata.name} ${status?.podIPs?.map(({ ip }) => ip).join(' ')}`,
      ),
    );
    lab.client.create('pods', pod('c'));
    expect((await running('c')).status?.podIP).toBe('192.168.125.4');
  });

  test('of a node that is not there can be deleted', () => {
    const elsewhere = pod('lost');
    lab.client.create('pods', {
      ...elsewhere,
      spec: { ...(elsewhere['spec'] as object), nodeName: 'other' },
    } as KubernetesObject);
    const removed = gone('pods', 'lost');
    lab.client.delete('pods', key('lost'));
    return removed;
  });
});

describe('endpoints', () => {
  const labels = { app: 'web' };
  const selector = { selector: labels };

  test('of a Service without pods are one empty slice', async () => {
    lab.client.create('services', service('web', selector));
    const slice = await endpointsOf('web', () => true);
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
    const { endpoints, ports } = await endpointsOf('web', ([first]) => first?.conditions?.ready === true);
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
    await endpointsOf('web', ([first]) => first?.conditions?.ready === true);
    const annotate = (value: string | null): unknown =>
      lab.client.patch('pods', key('one'), {
        patch: { metadata: { annotations: { 'kube-proxy-lab.dev/ready': value } } },
      });
    annotate('false');
    await endpointsOf('web', ([first]) => first?.conditions?.ready === false);
    const endpoints = await until<Endpoints>(
      lab.client,
      'endpoints',
      ({ subsets }) => subsets?.[0]?.notReadyAddresses !== undefined,
    );
    expect(endpoints.subsets).toMatchObject([
      { notReadyAddresses: [{ ip: '192.168.125.2' }], ports: [{ port: 80 }] },
    ]);
    annotate(null);
    await endpointsOf('web', ([first]) => first?.conditions?.ready === true);
  });

  test('keep a pod that ends slowly as terminating', async () => {
    lab.client.create('services', service('web', selector));
    lab.client.create(
      'pods',
      pod('slow', { labels, annotations: { 'kube-proxy-lab.dev/termination-seconds': '1' } }),
    );
    await endpointsOf('web', ([first]) => first?.conditions?.ready === true);
    lab.client.delete('pods', key('slow'));
    const { endpoints } = await endpointsOf('web', ([first]) => first?.conditions?.terminating === true);
    expect(endpoints?.[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    expect(lab.runtime.running.size).toBe(1);
    await endpointsOf('web', (all) => all.length === 0);
    expect(lab.runtime.running.size).toBe(0);
  });

  test('publish pods that are not ready where the Service says so', async () => {
    lab.client.create('services', service('web', { ...selector, publishNotReadyAddresses: true }));
    lab.client.create('pods', pod('one', { labels, annotations: { 'kube-proxy-lab.dev/ready': 'false' } }));
    const { endpoints } = await endpointsOf('web', (all) => all.length === 1);
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
    const { endpoints } = await endpointsOf('web', ([first]) => first?.conditions?.ready === true);
    expect(endpoints?.[0]).toMatchObject({
      zone: 'z1',
      hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'lab-node' }] },
    });
  });

  test('of many pods are slices of a hundred, written seldom', async () => {
    lab.client.create('services', service('big', { selector: { app: 'big' } }));
    await endpointsOf('big', () => true);
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
    const { metadata } = await endpointsOf('web', () => true);
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
    const slice = await endpointsOf('external', ([first]) => first?.addresses[0] === '203.0.113.5');
    expect(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by']).toBe(
      'endpointslicemirroring-controller.k8s.io',
    );
    expect(slice.ports).toEqual([{ name: '', port: 5432, protocol: 'TCP' }]);
    await endpointsOf('external', ([first]) => first?.addresses[0] === '2001:db8::5');
    const removed = gone('endpointslices', slice.metadata.name);
    lab.client.delete('endpoints', key('external'));
    await removed;
  });

  test('go with their Service', async () => {
    lab.client.create('services', service('web', selector));
    const { metadata } = await endpointsOf('web', () => true);
    const removed = gone('endpointslices', metadata.name);
    lab.client.delete('services', key('web'));
    expect(lab.client.get('endpoints', key('web'))).toBeUndefined();
    await removed;
  });
});

describe('a Deployment', () => {
  test('makes a ReplicaSet and its pods, and says when they are there', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 3 }));
    const { status, metadata } = await rolledOut('web');
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
    await rolledOut('web');
    let fewest = 4;
    let most = 0;
    const stop = lab.client.watch<RunnablePod>('pods', () => {
      fewest = Math.min(
        fewest,
        pods().filter(
          ({ metadata, status }) => isTrue(status?.conditions, 'Ready') && !metadata.deletionTimestamp,
        ).length,
      );
      most = Math.max(most, pods().filter(({ metadata }) => !metadata.deletionTimestamp).length);
    });
    const image = (name: string): unknown =>
      lab.client.patch('deployments', key('web'), {
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'app', image: name }] } } } },
      });
    image('nginx:2');
    await rolledOut('web');
    stop();
    expect([fewest >= 3, most <= 5]).toEqual([true, true]);
    expect(new Set(pods().map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(['nginx:2']));
    image('nginx');
    const back = await rolledOut('web');
    expect(back.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(lab.client.list('replicasets')).toHaveLength(2);
  });

  test('that recreates ends all old pods before the first new one', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2, strategy: { type: 'Recreate' } }));
    await rolledOut('web');
    const before = new Set(pods().map(({ metadata }) => metadata.uid));
    let mixed = false;
    const stop = lab.client.watch<RunnablePod>('pods', () => {
      const old = pods().filter(({ metadata }) => before.has(metadata.uid)).length;
      mixed ||= old > 0 && old < pods().length;
    });
    lab.client.patch('deployments', key('web'), {
      patch: { spec: { template: { metadata: { annotations: { v: '2' } } } } },
    });
    await rolledOut('web');
    stop();
    expect(mixed).toBe(false);
    expect(pods().some(({ metadata }) => before.has(metadata.uid))).toBe(false);
  });

  test('is scaled by its scale, also while it is paused', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 1, paused: true }));
    lab.client.patch('deployments', key('web'), { patch: { spec: { paused: false } } });
    await rolledOut('web');
    lab.client.patch('deployments', key('web'), { patch: { spec: { paused: true } } });
    lab.client.patch('deployments', key('web'), { patch: { spec: { replicas: 3 } }, subresource: 'scale' });
    await rolledOut('web');
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
    await rolledOut('web');
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
    const removed = gone('pods', name);
    lab.client.patch('deployments', key('web'), { patch: { spec: { replicas: 2 } } });
    await removed;
  });

  test('keeps no more old ReplicaSets than it is told to', async () => {
    lab.client.create('deployments', deployment('web', { revisionHistoryLimit: 1 }));
    await rolledOut('web');
    for (const version of ['2', '3', '4']) {
      const patch = { spec: { template: { metadata: { annotations: { version } } } } };
      lab.client.patch('deployments', key('web'), { patch });
      await rolledOut('web');
    }
    await until<ReplicaSet>(lab.client, 'replicasets', () => lab.client.list('replicasets').length === 2);
  });

  test('takes over pods that it selects, and lets go those that it does not any more', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut('web');
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

describe('deleting', () => {
  test('an owner takes what it owns with it', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut('web');
    const last = until(lab.client, 'pods', (_pod, type) => type === 'DELETED' && pods().length === 0);
    lab.client.delete('deployments', key('web'));
    expect(lab.client.get('deployments', key('web'))).toBeUndefined();
    await last;
    expect(lab.client.list('replicasets')).toEqual([]);
    expect(lab.runtime.running.size).toBe(0);
  });

  test('in the foreground ends with the owner', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut('web');
    const order: string[] = [];
    const stops = ['deployments', 'replicasets', 'pods'].map((resource) =>
      lab.client.watch(resource, ({ type }) => {
        if (type === 'DELETED') order.push(resource);
      }),
    );
    const removed = gone('deployments', 'web');
    lab.client.delete('deployments', key('web'), { propagationPolicy: 'Foreground' });
    expect(lab.client.get('deployments', key('web'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    await removed;
    for (const stop of stops) stop();
    expect(order).toEqual(['pods', 'pods', 'replicasets', 'deployments']);
  });

  test('can leave what is owned as it is', async () => {
    lab.client.create('deployments', deployment('web', { replicas: 2 }));
    await rolledOut('web');
    const removed = gone('deployments', 'web');
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
    await rolledOut('web');
    const removed = gone('namespaces', 'team');
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

describe('the load balancer', () => {
  const ingress = (name: string): string[] =>
    (lab.client.get<Service>('services', key(name))?.status?.loadBalancer?.ingress ?? []).map(
      ({ ip }) => ip ?? '',
    );
  const given = (name: string): Promise<Stored<Service>> =>
    until<Service>(lab.client, 'services', ({ metadata, status }) => {
      return metadata.name === name && (status?.loadBalancer?.ingress ?? []).length > 0;
    });

  test('is off, and Services wait for it; on, it gives each an address, of both families where asked', async () => {
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    lab.client.create('services', service('b', { type: 'LoadBalancer', ipFamilyPolicy: 'RequireDualStack' }));
    lab.client.create('services', service('c', { type: 'LoadBalancer', loadBalancerIP: '10.0.0.150' }));
    lab.client.create(
      'services',
      service('d', { type: 'LoadBalancer', loadBalancerClass: 'example.org/other' }),
    );
    expect([lab.server.loadBalancer.enabled, ingress('a')]).toEqual([false, []]);
    lab.server.loadBalancer.set(true);
    await Promise.all([given('a'), given('b'), given('c')]);
    expect(['a', 'b', 'c', 'd'].map(ingress)).toEqual([
      ['10.0.0.100'],
      ['10.0.0.101', 'fd00:10::100'],
      ['10.0.0.150'],
      [],
    ]);
    await lab.restart();
    expect(lab.server.loadBalancer.enabled).toBe(true);
    lab.server.loadBalancer.set(false);
    expect(['a', 'b', 'c'].map(ingress)).toEqual([[], [], []]);
  });

  test('frees an address with its Service', async () => {
    lab.server.loadBalancer.set(true);
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    await given('a');
    lab.client.delete('services', key('a'));
    lab.client.create('services', service('b', { type: 'LoadBalancer' }));
    await given('b');
    expect(ingress('b')).toEqual(['10.0.0.100']);
  });

  test('leaves addresses that somebody else has written alone', () => {
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } };
    lab.client.patch('services', key('a'), { patch: { status }, subresource: 'status' });
    lab.server.loadBalancer.set(true);
    lab.server.loadBalancer.set(false);
    expect(ingress('a')).toEqual(['203.0.113.9']);
  });
});
