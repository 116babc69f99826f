import { describe, expect, test } from 'vitest';
import type { IPFamily, Service, ServiceSpec } from '../kubernetes/objects.ts';
import { healthCheckNodePorts, serviceToServiceMap } from './service-map.ts';
import {
  isExternallyAccessible,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port.ts';

function service(spec: ServiceSpec, extra: Partial<Service> = {}): Service {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.254.0.1', ports: [{ port: 80 }], ...spec },
    ...extra,
  };
}

function only(object: Service, family: IPFamily = 'IPv4'): ServicePortInfo {
  const [info] = serviceToServiceMap(object, family).values();
  if (info === undefined) throw new Error('expected one port');
  return info;
}

describe('Services that the proxy leaves alone', () => {
  test.each<[string, Service]>([
    ['headless', service({ clusterIP: 'None' })],
    ['without cluster IP', service({ clusterIP: '' })],
    ['ExternalName', service({ type: 'ExternalName', externalName: 'example.org' })],
    [
      "another proxy's",
      service({}, { metadata: { name: 'web', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } }),
    ],
    [
      'labelled headless',
      service({}, { metadata: { name: 'web', labels: { 'service.kubernetes.io/headless': '' } } }),
    ],
    ['of the other family', service({ clusterIP: 'fd00:10:254::1' })],
    ['of the other family, by ipFamilies', service({ clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] })],
    ['without ports', service({ ports: [] })],
  ])('%s', (_name, object) => {
    expect(serviceToServiceMap(object, 'IPv4').size).toBe(0);
  });

  test('none at all', () => {
    expect(serviceToServiceMap(undefined, 'IPv4').size).toBe(0);
  });
});

test('a Service with both families has one cluster IP in each, with the field it is from', () => {
  const dual = service({
    clusterIP: '10.254.0.1',
    clusterIPs: ['10.254.0.1', 'FD00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
  });
  expect(only(dual, 'IPv4').clusterIP).toEqual({ value: '10.254.0.1', field: 'spec.clusterIPs[0]' });
  expect(only(dual, 'IPv6').clusterIP).toEqual({ value: 'fd00::1', field: 'spec.clusterIPs[1]' });
  expect(only(service({})).clusterIP).toEqual({ value: '10.254.0.1', field: 'spec.clusterIP' });
});

test('ports are told apart by name and protocol', () => {
  const map = serviceToServiceMap(
    service({
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', nodePort: 30053 },
      ],
    }),
    'IPv4',
  );
  expect(
    [...map.values()].map(({ nameString, protocol, nodePort }) => [nameString, protocol, nodePort]),
  ).toEqual([
    ['default/web:dns', 'UDP', { value: 0, field: 'spec.ports[0].nodePort' }],
    ['default/web:dns-tcp', 'TCP', { value: 30053, field: 'spec.ports[1].nodePort' }],
  ]);
});

test('addresses and source ranges are those of the family, canonical, without what is not valid', () => {
  const object = service(
    {
      type: 'LoadBalancer',
      externalIPs: ['203.0.113.1', 'rubbish', '2001:DB8::1', '203.0.113.2'],
      loadBalancerSourceRanges: [' 10.1.2.3/8 ', '2001:db8::/32', 'x', '192.0.2.0/24'],
    },
    {
      status: {
        loadBalancer: {
          ingress: [
            { hostname: 'lb.example.org' },
            { ip: '192.0.2.1' },
            { ip: '192.0.2.2', ipMode: 'Proxy' },
            { ip: '2001:db8::2' },
            { ip: '192.0.2.3', ipMode: 'VIP' },
          ],
        },
      },
    },
  );
  const info = only(object);
  expect(info.externalIPs).toEqual([
    { value: '203.0.113.1', field: 'spec.externalIPs[0]' },
    { value: '203.0.113.2', field: 'spec.externalIPs[3]' },
  ]);
  expect(info.loadBalancerVIPs).toEqual([
    { value: '192.0.2.1', field: 'status.loadBalancer.ingress[1].ip' },
    { value: '192.0.2.3', field: 'status.loadBalancer.ingress[4].ip' },
  ]);
  expect(info.loadBalancerSourceRanges.map(({ value, field }) => [value.cidr, field])).toEqual([
    ['10.0.0.0/8', 'spec.loadBalancerSourceRanges[0]'],
    ['192.0.2.0/24', 'spec.loadBalancerSourceRanges[3]'],
  ]);
});

test.each<[string, ServiceSpec, number]>([
  ['none', {}, 0],
  ['the default', { sessionAffinity: 'ClientIP' }, 10800],
  [
    'as configured',
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    60,
  ],
  [
    'configured but not used',
    { sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    0,
  ],
])('affinity timeout: %s', (_name, spec, expected) => {
  expect(only(service(spec)).stickyMaxAgeSeconds).toBe(expected);
});

describe('policies', () => {
  test.each<[string, ServiceSpec, { cluster: boolean; local: boolean; external: boolean }]>([
    ['inside only', {}, { cluster: true, local: false, external: false }],
    [
      'inside only, Local',
      { internalTrafficPolicy: 'Local' },
      { cluster: false, local: true, external: false },
    ],
    [
      'node port',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
      { cluster: true, local: false, external: true },
    ],
    [
      'node port, Local from outside',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }], externalTrafficPolicy: 'Local' },
      { cluster: true, local: true, external: true },
    ],
    [
      'node port, Local from inside: the node itself still uses all',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }], internalTrafficPolicy: 'Local' },
      { cluster: true, local: true, external: true },
    ],
    [
      'load balancer without address or node port, Local',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
      { cluster: true, local: false, external: false },
    ],
    [
      'external IP, Local',
      { externalIPs: ['1.2.3.4'], externalTrafficPolicy: 'Local' },
      { cluster: true, local: true, external: true },
    ],
    [
      'a policy without anything external has no effect',
      { externalTrafficPolicy: 'Local' },
      { cluster: true, local: false, external: false },
    ],
  ])('%s', (_name, spec, expected) => {
    const info = only(service(spec));
    expect({
      cluster: usesClusterEndpoints(info),
      local: usesLocalEndpoints(info),
      external: isExternallyAccessible(info),
    }).toEqual(expected);
  });
});

test('only a LoadBalancer with Local policy needs a health check', () => {
  const spec: ServiceSpec = { externalTrafficPolicy: 'Local', healthCheckNodePort: 31000 };
  const ports = (type: ServiceSpec['type']): number[] => [
    ...healthCheckNodePorts(
      serviceToServiceMap(service({ ...spec, ...(type ? { type } : {}) }), 'IPv4'),
    ).values(),
  ];
  expect(ports('LoadBalancer')).toEqual([31000]);
  expect(ports('NodePort')).toEqual([]);
});
