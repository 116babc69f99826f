import { describe, expect, test } from 'vitest';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import type { StoredObject } from '../api-object.ts';
import { endpoints } from '../resources/endpoints.ts';
import { endpointSlices } from '../resources/endpointslices.ts';
import { coreEvents } from '../resources/events.ts';
import { nodes } from '../resources/nodes.ts';
import { pods } from '../resources/pods.ts';
import type { Resource } from '../resources/resource.ts';
import { services } from '../resources/services.ts';
import { ageOf, humanDuration } from './human-duration.ts';
import { formatLabelSelector } from './labels.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('ages', () => {
  test.each([
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [2 * minute + 5 * second, '2m5s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [(730 + 5) * day, '2y5d'],
    [365 * 8 * day, '8y'],
    [-500, '0s'],
    [-5 * second, '<invalid>'],
  ])('%i ms: %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });

  test('are unknown without a time', () => {
    expect(ageOf(undefined)).toBe('<unknown>');
  });
});

function row(resource: Resource, fields: object): unknown[] {
  const metadata = {
    name: 'x',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: new Date().toISOString(),
  };
  const object = { apiVersion: 'v1', kind: resource.kind, metadata, ...fields };
  return resource.table
    .row(object as StoredObject)
    .filter((_cell, index) => resource.table.columns[index]?.name !== 'Age');
}

test.each([
  [
    { type: 'ClusterIP', clusterIPs: ['10.254.0.9'], ports: [{ port: 80, protocol: 'TCP' }] },
    ['x', 'ClusterIP', '10.254.0.9', '<none>', '80/TCP', '<none>'],
  ],
  [
    { type: 'ClusterIP', clusterIPs: ['None'], selector: { b: '2', a: '1' } },
    ['x', 'ClusterIP', 'None', '<none>', '<none>', 'a=1,b=2'],
  ],
  [
    {
      type: 'NodePort',
      clusterIPs: ['10.254.0.9'],
      externalIPs: ['1.2.3.4'],
      ports: [{ port: 80, nodePort: 30001, protocol: 'UDP' }],
    },
    ['x', 'NodePort', '10.254.0.9', '1.2.3.4', '80:30001/UDP', '<none>'],
  ],
  [
    { type: 'LoadBalancer', clusterIPs: ['10.254.0.9'], ports: [] },
    ['x', 'LoadBalancer', '10.254.0.9', '<pending>', '<none>', '<none>'],
  ],
  [
    { type: 'ExternalName', externalName: 'a.example' },
    ['x', 'ExternalName', '<none>', 'a.example', '<none>', '<none>'],
  ],
])('a Service %j', (spec, cells) => {
  expect(row(services({} as ServiceAllocator), { spec })).toEqual(cells);
});

test('a Service with addresses outside', () => {
  const status = {
    loadBalancer: { ingress: [{ ip: '10.0.0.101' }, { ip: '10.0.0.100' }, { hostname: 'lb.example' }] },
  };
  const spec = { type: 'LoadBalancer', clusterIPs: ['10.254.0.9'], externalIPs: ['1.2.3.4'] };
  expect(row(services({} as ServiceAllocator), { spec, status })[3]).toBe(
    '10.0.0.100,10.0.0.101,lb.example,1.2.3.4',
  );
});

describe('pods', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }], nodeName: 'lab-node' };
  const up = { ready: true, restartCount: 0, state: { running: {} } };

  test.each([
    ['that run', { phase: 'Running', containerStatuses: [up, up] }, ['2/2', 'Running', '0']],
    [
      'with a container that waits',
      {
        phase: 'Pending',
        containerStatuses: [up, { restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } }],
      },
      ['1/2', 'ContainerCreating', '0'],
    ],
    [
      'that have ended',
      {
        phase: 'Succeeded',
        containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
      },
      ['0/2', 'Completed', '0'],
    ],
    [
      'that failed',
      { phase: 'Failed', containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 3 } } }] },
      ['0/2', 'ExitCode:3', '0'],
    ],
    ['that were evicted', { phase: 'Failed', reason: 'Evicted' }, ['0/2', 'Evicted', '0']],
    [
      'that start',
      { phase: 'Pending', initContainerStatuses: [{ restartCount: 0, state: { running: {} } }] },
      ['0/2', 'Init:0/1', '0'],
    ],
  ])('%s', (_what, status, cells) => {
    expect(row(pods, { spec, status }).slice(1, 4)).toEqual(cells);
  });

  test('that are being ended', () => {
    const metadata = {
      name: 'x',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '',
      deletionTimestamp: '2026-01-01T00:00:00Z',
    };
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec,
      status: { phase: 'Running', containerStatuses: [up, up] },
    };
    expect(pods.table.row(object as unknown as StoredObject).slice(0, 3)).toEqual([
      'x',
      '2/2',
      'Terminating',
    ]);
  });

  test('that restart tell how long ago', () => {
    const finishedAt = new Date(Date.now() - 90 * second).toISOString();
    const restarted = { ...up, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt } } };
    expect(row(pods, { spec, status: { phase: 'Running', containerStatuses: [restarted, up] } })[3]).toBe(
      '2 (90s ago)',
    );
  });
});

test('nodes tell whether they are ready, take pods, and what for', () => {
  const metadata = {
    name: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { 'node-role.kubernetes.io/b': '', 'kubernetes.io/role': 'a' },
  };
  const status = {
    conditions: [{ type: 'Ready', status: 'False' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
    nodeInfo: { kubeletVersion: 'v1' },
  };
  const cells = nodes.table.row({
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    spec: { unschedulable: true },
    status,
  } as unknown as StoredObject);
  expect(cells).toEqual([
    'n',
    'NotReady,SchedulingDisabled',
    'a,b',
    '<unknown>',
    'v1',
    '10.0.0.5',
    '<none>',
    '<unknown>',
    '<unknown>',
    '<unknown>',
  ]);
});

test('more endpoints than three are counted', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  const subsets = [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ port: 80 }] }];
  expect(row(endpoints, { subsets })[1]).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...');
  const slice = {
    addressType: 'IPv4',
    endpoints: addresses.map((ip) => ({ addresses: [ip] })),
    ports: [{ port: 80 }, { name: 'any' }],
  };
  expect(row(endpointSlices, slice)).toEqual([
    'x',
    'IPv4',
    '80,any',
    '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
  ]);
  expect(row(endpointSlices, { addressType: 'IPv6', endpoints: null, ports: null })).toEqual([
    'x',
    'IPv6',
    '<unset>',
    '<unset>',
  ]);
});

test('events name their object and their source', () => {
  const cells = row(coreEvents, {
    involvedObject: { kind: 'Deployment', name: 'web' },
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: ' scaled ',
    source: { component: 'deployment-controller' },
    count: 3,
  });
  expect(cells).toEqual([
    '<unknown>',
    'Normal',
    'ScalingReplicaSet',
    'deployment/web',
    '',
    'deployment-controller',
    'scaled',
    '<unknown>',
    3,
    'x',
  ]);
});

test.each([
  [undefined, '<none>'],
  [{}, '<none>'],
  [{ matchLabels: { b: '1', a: '2' } }, 'a=2,b=1'],
  [
    {
      matchExpressions: [
        { key: 'x', operator: 'In', values: ['b', 'a'] },
        { key: 'w', operator: 'DoesNotExist' },
      ],
    },
    '!w,x in (a,b)',
  ],
  [
    {
      matchExpressions: [
        { key: 'x', operator: 'NotIn', values: ['a'] },
        { key: 'y', operator: 'Exists' },
      ],
    },
    'x notin (a),y',
  ],
])('the selector %j', (selector, text) => {
  expect(formatLabelSelector(selector)).toBe(text);
});
