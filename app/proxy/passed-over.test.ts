import { describe, expect, test } from 'vitest';
import type { EndpointSlice, LoadBalancerIngress, ServiceSpec } from '../kubernetes/objects.ts';
import { formatOrigin } from '../ruleset/origin.ts';
import { passedOverInService, passedOverInSlice } from './passed-over.ts';

describe('Services', () => {
  const IPV4: ServiceSpec = { clusterIP: '10.254.0.1', ports: [{ port: 80 }] };
  const fields = (spec: ServiceSpec, ingress: LoadBalancerIngress[] = []): string[] =>
    passedOverInService({
      metadata: { name: 'web', namespace: 'default' },
      spec,
      status: { loadBalancer: { ingress } },
    }).map(({ origin, reason }) => `${formatOrigin(origin).replace('Service default/web ', '')}: ${reason}`);

  test.each<[string, ServiceSpec, LoadBalancerIngress[], string[]]>([
    ['nothing', IPV4, [], []],
    ['headless ones are meant so', { ...IPV4, clusterIP: 'None' }, [], []],
    ['ExternalName too', { type: 'ExternalName' }, [], []],
    [
      'no cluster IP yet',
      { ports: [{ port: 80 }] },
      [],
      ['spec.clusterIP: is not set; a server would choose an address'],
    ],
    [
      'external addresses',
      { ...IPV4, externalIPs: ['203.0.113.1', 'here', '2001:db8::1'] },
      [],
      [
        'spec.externalIPs[1]: is no IP address',
        'spec.externalIPs[2]: is IPv6, and the Service has no IPv6 cluster IP',
      ],
    ],
    [
      'source ranges',
      { ...IPV4, loadBalancerSourceRanges: [' 10.0.0.0/8', '10.0.0.0/33', 'fd00::/8'] },
      [],
      [
        'spec.loadBalancerSourceRanges[1]: is no address block',
        'spec.loadBalancerSourceRanges[2]: is IPv6, and the Service has no IPv6 cluster IP',
      ],
    ],
    [
      'load balancer addresses, names aside',
      { ...IPV4, clusterIP: 'fd00::1' },
      [{ hostname: 'lb.example.org' }, { ip: '192.0.2.1' }, { ip: 'fd00::2' }],
      ['status.loadBalancer.ingress[1].ip: is IPv4, and the Service has no IPv4 cluster IP'],
    ],
    [
      'both families take both',
      { ...IPV4, clusterIPs: ['10.254.0.1', 'fd00::1'], externalIPs: ['1.2.3.4', 'fd00::9'] },
      [],
      [],
    ],
    [
      'node ports that a server would choose',
      { ...IPV4, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }, { port: 81 }] },
      [],
      ['spec.ports[1].nodePort: is not set; a server would choose a port'],
    ],
    [
      'health check ports that a server would choose',
      { ...IPV4, type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, externalTrafficPolicy: 'Local' },
      [],
      ['spec.healthCheckNodePort: is not set; a server would choose a port'],
    ],
  ])('%s', (_name, spec, ingress, expected) => {
    expect(fields(spec, ingress)).toEqual(expected);
  });

  test("another proxy's", () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    expect(passedOverInService({ metadata: { name: 'web', labels }, spec: IPV4 })).toHaveLength(1);
  });
});

describe('EndpointSlices', () => {
  const labels = { 'kubernetes.io/service-name': 'web' };
  test.each<[string, Partial<EndpointSlice>, string[]]>([
    ['nothing', { metadata: { name: 'a', labels }, ports: [{ port: 80 }] }, []],
    ['of no Service', { metadata: { name: 'a' } }, ['metadata.labels']],
    ['names', { metadata: { name: 'a', labels }, addressType: 'FQDN' }, ['addressType']],
    ['all ports at once', { metadata: { name: 'a', labels }, ports: [{ port: 80 }, {}] }, ['ports[1].port']],
    [
      "another proxy's are not mentioned",
      { metadata: { name: 'a', labels: { ...labels, 'service.kubernetes.io/headless': '' } }, ports: [{}] },
      [],
    ],
  ])('%s', (_name, extra, expected) => {
    expect(
      passedOverInSlice({ addressType: 'IPv4', ...extra }).map(
        ({ origin }) => 'field' in origin && origin.field,
      ),
    ).toEqual(expected);
  });
});
