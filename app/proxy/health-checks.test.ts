import { describe, expect, it, test } from 'vitest';
import type { EndpointSlice, IPFamily, Service } from '../kubernetes/objects.ts';
import type { Dialect } from './build-ruleset.ts';
import type { ProxyMode } from './configuration.ts';
import { readConfiguration } from './configuration-reader.ts';
import { healthCheckAnswer, healthChecks } from './health-checks.ts';
import { resolveNode } from './node.ts';
import { proxierState } from './proxier-state.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

const LOCAL: Service = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.254.0.1',
    ports: [{ port: 80, nodePort: 30080 }],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 31000,
  },
};

const SLICE: EndpointSlice = {
  metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.1'], nodeName: 'lab-node' },
    { addresses: ['10.244.0.2'], nodeName: 'lab-node', conditions: { ready: false } },
    { addresses: ['10.244.1.3'], nodeName: 'other-node' },
  ],
};

function checksOf({
  service = LOCAL,
  mode = 'iptables',
  dialect = 'current',
  config = '',
}: {
  service?: Service;
  mode?: ProxyMode;
  dialect?: Dialect;
  config?: string;
}): ReturnType<typeof healthChecks> {
  const { configuration } = readConfiguration(HEAD + config);
  const node = resolveNode({ name: 'lab-node', addresses: ['10.0.0.5', 'fd00:10::5'] });
  const snapshot = {
    services: [service],
    slices: [SLICE],
    configuration,
    node,
    capabilities: { nfacct: true },
  };
  const states = FAMILIES.map((family) => {
    const { services, endpoints } = proxierState(snapshot, family);
    return { family, servicePorts: services, endpointsByPort: endpoints };
  });
  return healthChecks({ mode, dialect, states, configuration, node });
}

describe('the health checks of a node', () => {
  const found = [{ namespace: 'shop', name: 'web', port: 31000, localEndpoints: 1 }];
  it.each([
    ['counts ready endpoints on this node', {}, found],
    ['is the same in nftables mode', { mode: 'nftables' as const }, found],
    ['has none in userspace mode', { mode: 'userspace' as const }, []],
    ['has none in the classic dialect', { dialect: 'classic' as const }, []],
    [
      'has none for traffic that goes to any node',
      { service: { ...LOCAL, spec: { ...LOCAL.spec, externalTrafficPolicy: 'Cluster' as const } } },
      [],
    ],
    [
      'has none for a node port',
      { service: { ...LOCAL, spec: { ...LOCAL.spec, type: 'NodePort' as const } } },
      [],
    ],
    [
      'counts a Service of both families once, by its first',
      {
        service: {
          ...LOCAL,
          spec: {
            ...LOCAL.spec,
            clusterIPs: ['10.254.0.1', 'fd00:10:254::1'],
            ipFamilies: ['IPv4' as const, 'IPv6' as const],
          },
        },
      },
      found,
    ],
  ])('%s', (_name, given, expected) => {
    expect(checksOf(given).services).toEqual(expected);
  });

  it.each([
    ['on every address', {}, ['0.0.0.0', '::']],
    ["on the node's own in nftables mode", { mode: 'nftables' as const }, ['10.0.0.5', 'fd00:10::5']],
    ['where node ports answer', { config: 'nodePortAddresses: [10.0.0.0/24]\n' }, ['10.0.0.5', '::']],
  ])('are answered %s', (_name, given, expected) => {
    expect(checksOf(given).addresses).toEqual(expected);
  });
});

test.each([
  [2, true, 200],
  [0, true, 503],
  [2, false, 503],
])('%i local endpoints, healthy %s: %i', (localEndpoints, healthy, status) => {
  const check = { namespace: 'shop', name: 'web', port: 31000, localEndpoints };
  expect(healthCheckAnswer(check, healthy)).toEqual({
    status,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: `{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": ${localEndpoints},\n\t"serviceProxyHealthy": ${healthy}\n}`,
  });
});
