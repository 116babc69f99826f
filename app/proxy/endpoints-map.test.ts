import { describe, expect, test } from 'vitest';
import type { Endpoint, EndpointSlice } from '../kubernetes/objects.ts';
import { endpointsOfSlices, localReadyEndpoints, serviceOfSlice } from './endpoints-map.ts';

function slice(name: string, endpoints: Endpoint[], extra: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...extra,
  };
}

const KEY = 'default/web:http:TCP';

function hostPorts(...slices: EndpointSlice[]): string[] {
  return (endpointsOfSlices('default/web', slices, 'lab-node').get(KEY) ?? []).map(
    ({ hostPort }) => hostPort,
  );
}

test('endpoints come in the order of address and port as text', () => {
  expect(hostPorts(slice('a', [{ addresses: ['10.0.0.9'] }, { addresses: ['10.0.0.10'] }]))).toEqual([
    '10.0.0.10:8080',
    '10.0.0.9:8080',
  ]);
});

test('several slices make one list, an address that two of them name is in it once', () => {
  const moved = { addresses: ['10.0.0.1'] };
  expect(hostPorts(slice('b', [moved, { addresses: ['10.0.0.2'] }]), slice('a', [moved]))).toEqual([
    '10.0.0.1:8080',
    '10.0.0.2:8080',
  ]);
});

test('slices may map one named port to different numbers', () => {
  const other = slice('b', [{ addresses: ['10.0.0.1'] }], { ports: [{ name: 'http', port: 9090 }] });
  expect(hostPorts(slice('a', [{ addresses: ['10.0.0.1'] }]), other)).toEqual([
    '10.0.0.1:8080',
    '10.0.0.1:9090',
  ]);
});

describe('an address listed twice', () => {
  const running: Endpoint = { addresses: ['10.0.0.1'], conditions: { ready: true } };
  const terminating: Endpoint = {
    addresses: ['10.0.0.1'],
    conditions: { ready: false, serving: true, terminating: true },
  };
  test.each<[string, Endpoint[]]>([
    ['running first', [running, terminating]],
    ['terminating first', [terminating, running]],
  ])('counts as running: %s', (_name, endpoints) => {
    const [endpoint] = endpointsOfSlices('default/web', [slice('a', endpoints)], '').get(KEY) ?? [];
    expect(endpoint).toMatchObject({ ready: true, terminating: false });
  });

  test('the later slice by name wins among equals, in whatever order they arrive', () => {
    const a = slice('a', [running]);
    const b = slice('b', [running]);
    for (const slices of [
      [a, b],
      [b, a],
    ]) {
      const [endpoint] = endpointsOfSlices('default/web', slices, '').get(KEY) ?? [];
      expect(endpoint?.origin).toEqual({
        kind: 'EndpointSlice',
        namespace: 'default',
        name: 'b',
        field: 'endpoints[0].addresses[0]',
      });
    }
  });
});

test.each<[string, Endpoint['conditions'], { ready: boolean; serving: boolean; terminating: boolean }]>([
  ['unknown counts as ready', undefined, { ready: true, serving: true, terminating: false }],
  ['not ready', { ready: false, serving: false }, { ready: false, serving: false, terminating: false }],
  [
    'terminating',
    { ready: false, serving: true, terminating: true },
    { ready: false, serving: true, terminating: true },
  ],
])('conditions: %s', (_name, conditions, expected) => {
  const endpoint: Endpoint = { addresses: ['10.0.0.1'], ...(conditions ? { conditions } : {}) };
  const [info] = endpointsOfSlices('default/web', [slice('a', [endpoint])], '').get(KEY) ?? [];
  expect(info).toMatchObject(expected);
});

test('an endpoint is local when its node has our name, and never when we have none', () => {
  const endpoints = [
    { addresses: ['10.0.0.1'], nodeName: 'lab-node' },
    { addresses: ['10.0.0.2'], nodeName: '' },
  ];
  const locals = (nodeName: string): boolean[] =>
    (endpointsOfSlices('default/web', [slice('a', endpoints)], nodeName).get(KEY) ?? []).map(
      ({ isLocal }) => isLocal,
    );
  expect(locals('lab-node')).toEqual([true, false]);
  expect(locals('')).toEqual([false, false]);
});

test('ports without a number, endpoints without an address and rubbish are passed over', () => {
  const odd = slice(
    'a',
    [{ addresses: [] }, { addresses: ['rubbish'] }, { addresses: ['10.0.0.1', '10.0.0.2'] }],
    {
      ports: [{ name: 'http', port: 8080 }, { name: 'all' }],
    },
  );
  expect([...endpointsOfSlices('default/web', [odd], '').keys()]).toEqual([KEY]);
  expect(hostPorts(odd)).toEqual(['10.0.0.1:8080']);
});

test.each<[string, EndpointSlice['metadata'], string | undefined]>([
  [
    'by its label',
    { name: 'a', namespace: 'apps', labels: { 'kubernetes.io/service-name': 'web' } },
    'apps/web',
  ],
  ['none without label', { name: 'a' }, undefined],
  [
    'none when headless',
    { name: 'a', labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' } },
    undefined,
  ],
  [
    "none when another proxy's",
    {
      name: 'a',
      labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/service-proxy-name': 'x' },
    },
    undefined,
  ],
])('the Service of a slice: %s', (_name, metadata, expected) => {
  expect(serviceOfSlice({ addressType: 'IPv4', ...(metadata ? { metadata } : {}) })).toBe(expected);
});

test('health checks count local ready addresses, each once', () => {
  const ports = [
    { name: 'http', port: 80 },
    { name: 'https', port: 443 },
  ];
  const endpoints: Endpoint[] = [
    { addresses: ['10.0.0.1'], nodeName: 'lab-node' },
    { addresses: ['10.0.0.2'], nodeName: 'lab-node', conditions: { ready: false } },
    { addresses: ['10.0.0.3'], nodeName: 'other-node' },
  ];
  const map = endpointsOfSlices('default/web', [slice('a', endpoints, { ports })], 'lab-node');
  expect([...localReadyEndpoints(map)]).toEqual([['default/web', 1]]);
});
