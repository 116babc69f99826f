import { expect, test } from 'vitest';
import type { ServiceSpec } from '../../kubernetes/objects.ts';
import { formatOrigin } from '../../ruleset/origin.ts';
import { build, LOAD_BALANCER, LOCAL } from './ruleset-under-test.ts';

test('every rule names the field that caused it', () => {
  const spec: ServiceSpec = {
    ...LOAD_BALANCER,
    ...LOCAL,
    externalIPs: ['203.0.113.1'],
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    healthCheckNodePort: 31000,
    sessionAffinity: 'ClientIP',
  };
  const { tables } = build({ spec, ingress: [{ ip: '192.0.2.1' }] });
  const origins = tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.map(({ origin }) => formatOrigin(origin))),
  );
  expect([...new Set(origins)].sort()).toEqual([
    'EndpointSlice default/web-a endpoints[0].addresses[0]',
    'EndpointSlice default/web-a endpoints[1].addresses[0]',
    'KubeProxyConfiguration clusterCIDR',
    'Service default/web spec.clusterIP',
    'Service default/web spec.externalIPs[0]',
    'Service default/web spec.externalTrafficPolicy',
    'Service default/web spec.healthCheckNodePort',
    'Service default/web spec.loadBalancerSourceRanges',
    'Service default/web spec.loadBalancerSourceRanges[0]',
    'Service default/web spec.ports[0].nodePort',
    'Service default/web spec.sessionAffinity',
    'Service default/web status.loadBalancer.ingress[0].ip',
    'kube-proxy',
  ]);
});
