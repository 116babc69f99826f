import { describe, expect, test } from 'vitest';
import type { Endpoint, Service, ServiceSpec } from '../../kubernetes/objects.ts';
import { printRule } from '../../ruleset/iptables-print.ts';
import type { IptablesRuleset } from '../../ruleset/model.ts';
import { formatOrigin } from '../../ruleset/origin.ts';
import { readConfiguration } from '../configuration-reader.ts';
import { resolveNode } from '../node.ts';
import { proxierState } from '../proxier-state.ts';
import { buildIptablesRuleset } from './ruleset.ts';

interface Given {
  name?: string;
  spec?: ServiceSpec;
  ingress?: string[];
  endpoints?: Endpoint[];
  config?: string;
  family?: 'IPv4' | 'IPv6';
}

const MYSQL: Given = {
  name: 'mysql-service',
  spec: {
    type: 'NodePort',
    clusterIP: '10.254.162.44',
    ports: [{ port: 3306, targetPort: 3306, nodePort: 30964 }],
  },
  endpoints: [{ addresses: ['192.168.125.129'] }, { addresses: ['192.168.125.131'] }],
};

function build({
  name = 'web',
  spec = {},
  ingress = [],
  endpoints = [],
  config = '',
  family = 'IPv4',
}: Given): IptablesRuleset {
  const service: Service = {
    metadata: { name, namespace: 'default' },
    spec: { clusterIP: family === 'IPv4' ? '10.254.0.1' : 'fd00::1', ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
  const slice = {
    metadata: { name: 'a', namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: family,
    ports: (service.spec?.ports ?? []).map(({ port, protocol = 'TCP' as const }) => ({
      name: '',
      port,
      protocol,
    })),
    endpoints,
  };
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  const { configuration } = readConfiguration(head + config);
  const node = resolveNode({ name: 'lab-node', addresses: ['10.0.0.5'] });
  const snapshot = {
    services: [service],
    slices: [slice],
    configuration,
    node,
    capabilities: { nfacct: true },
  };
  return buildIptablesRuleset('classic', proxierState(snapshot, family));
}

function lines(given: Given, table = 'nat', chain = /./): string[] {
  const chains = build(given).tables.find(({ name }) => name === table)?.chains ?? [];
  return chains
    .filter(({ name }) => chain.test(name))
    .flatMap(({ name, rules }) => rules.map((rule) => printRule(name, rule)));
}

test("the design document's rules of mysql-service, to the letter", () => {
  expect(lines(MYSQL)).toEqual([
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-SERVICES -d 10.254.162.44/32 -p tcp -m comment --comment "default/mysql-service: cluster IP" -m tcp --dport 3306 -j KUBE-SVC-67RL4FN6JRUPOJYM',
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "default/mysql-service:" -m tcp --dport 30964 -j KUBE-MARK-MASQ',
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "default/mysql-service:" -m tcp --dport 30964 -j KUBE-SVC-67RL4FN6JRUPOJYM',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -m mark --mark 0x4000/0x4000 -j MASQUERADE',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-SVC-67RL4FN6JRUPOJYM -m comment --comment "default/mysql-service:" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-ID6YWIT3F6WNZ47P',
    '-A KUBE-SVC-67RL4FN6JRUPOJYM -m comment --comment "default/mysql-service:" -j KUBE-SEP-MDJPMLAM6OPI7T2O',
    '-A KUBE-SEP-ID6YWIT3F6WNZ47P -s 192.168.125.129/32 -m comment --comment "default/mysql-service:" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-ID6YWIT3F6WNZ47P -p tcp -m comment --comment "default/mysql-service:" -m tcp -j DNAT --to-destination 192.168.125.129:3306',
    '-A KUBE-SEP-MDJPMLAM6OPI7T2O -s 192.168.125.131/32 -m comment --comment "default/mysql-service:" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-MDJPMLAM6OPI7T2O -p tcp -m comment --comment "default/mysql-service:" -m tcp -j DNAT --to-destination 192.168.125.131:3306',
  ]);
  expect(lines(MYSQL, 'filter')).toEqual([
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  ]);
});

test('without ready endpoint only the cluster IP refuses; node ports lead into an empty chain', () => {
  const given: Given = {
    ...MYSQL,
    endpoints: [{ addresses: ['192.168.125.129'], conditions: { ready: false } }],
  };
  expect(lines(given, 'filter', /KUBE-SERVICES/)).toEqual([
    '-A KUBE-SERVICES -d 10.254.162.44/32 -p tcp -m comment --comment "default/mysql-service: has no endpoints" -m tcp --dport 3306 -j REJECT --reject-with icmp-port-unreachable',
  ]);
  expect(lines(given, 'nat', /NODEPORTS/)).toHaveLength(2);
  expect(lines(given, 'nat', /KUBE-SVC|KUBE-SEP/)).toEqual([]);
});

test('external addresses are for traffic from outside, and for an address of the node itself', () => {
  const text = '-p tcp -m comment --comment "default/web: external IP" -m tcp --dport 80';
  expect(lines({ spec: { externalIPs: ['203.0.113.1'] } }, 'nat', /KUBE-SERVICES/).slice(1, 4)).toEqual([
    `-A KUBE-SERVICES -d 203.0.113.1/32 ${text} -j KUBE-MARK-MASQ`,
    `-A KUBE-SERVICES -d 203.0.113.1/32 ${text} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j KUBE-SVC-BIJGBSD4RZCCZX5R`,
    `-A KUBE-SERVICES -d 203.0.113.1/32 ${text} -m addrtype --dst-type LOCAL -j KUBE-SVC-BIJGBSD4RZCCZX5R`,
  ]);
});

test('load balancer addresses are masqueraded', () => {
  const rules = lines({ spec: { type: 'LoadBalancer' }, ingress: ['192.0.2.1'] }, 'nat', /KUBE-SERVICES/);
  expect(rules.slice(1, 3).map((rule) => rule.replace(/.*-j /, ''))).toEqual([
    'KUBE-MARK-MASQ',
    'KUBE-SVC-BIJGBSD4RZCCZX5R',
  ]);
});

test('masqueradeAll marks in KUBE-SERVICES, before the jump', () => {
  const rules = lines({ config: 'iptables: {masqueradeAll: true}' }, 'nat', /KUBE-SERVICES/);
  expect(rules.slice(0, 2).map((rule) => rule.replace(/.*-j /, ''))).toEqual([
    'KUBE-MARK-MASQ',
    'KUBE-SVC-BIJGBSD4RZCCZX5R',
  ]);
});

test('a client stays for 180 seconds, whatever the Service says', () => {
  const spec: ServiceSpec = {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  };
  const [first] = lines({ spec, endpoints: [{ addresses: ['10.244.0.1'] }] }, 'nat', /KUBE-SVC/);
  expect(first).toMatch(/-m recent --rcheck --seconds 180 --reap --name KUBE-SEP-/);
});

test('shares are written with five decimals', () => {
  const endpoints = [1, 2, 3].map((n) => ({ addresses: [`10.244.0.${n}`] }));
  expect(lines({ endpoints }, 'nat', /KUBE-SVC/)[0]).toMatch(/--probability 0\.33332999982 /);
});

describe('what kube-proxy 1.2 did not know is left out and said so', () => {
  const NODE_PORT: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
  test.each<[string, Given, string[]]>([
    ['nothing to say', MYSQL, []],
    [
      'SCTP',
      { spec: { ports: [{ port: 80, protocol: 'SCTP' }] } },
      ['Service default/web spec.ports[0].protocol'],
    ],
    [
      'external policy',
      { spec: { ...NODE_PORT, externalTrafficPolicy: 'Local' } },
      ['Service default/web spec.externalTrafficPolicy'],
    ],
    [
      'internal policy',
      { spec: { internalTrafficPolicy: 'Local' } },
      ['Service default/web spec.internalTrafficPolicy'],
    ],
    [
      'source ranges',
      { spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] } },
      ['Service default/web spec.loadBalancerSourceRanges[0]'],
    ],
    [
      'health checks',
      { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31000 } },
      ['Service default/web spec.externalTrafficPolicy', 'Service default/web spec.healthCheckNodePort'],
    ],
    [
      'affinity timeout',
      { spec: { sessionAffinity: 'ClientIP' } },
      ['Service default/web spec.sessionAffinity'],
    ],
    ['IPv6', { family: 'IPv6' }, ['Service default/web spec.clusterIP']],
    ['local traffic', { config: 'clusterCIDR: 10.244.0.0/16' }, ['KubeProxyConfiguration clusterCIDR']],
    [
      'node port addresses',
      { config: 'nodePortAddresses: [10.0.0.0/8]' },
      ['KubeProxyConfiguration nodePortAddresses'],
    ],
    [
      'localhost',
      { config: 'iptables: {localhostNodePorts: false}' },
      ['KubeProxyConfiguration iptables.localhostNodePorts'],
    ],
  ])('%s', (_name, given, expected) => {
    expect(build(given).omissions.map(({ origin }) => formatOrigin(origin))).toEqual(expected);
  });

  test('SCTP and IPv6 have no rules at all', () => {
    expect(lines({ spec: { ports: [{ port: 80, protocol: 'SCTP' }] } }, 'nat', /KUBE-SERVICES/)).toHaveLength(
      1,
    );
    expect(build({ family: 'IPv6' }).tables).toEqual([]);
  });
});
