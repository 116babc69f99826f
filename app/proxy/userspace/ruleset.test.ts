import { describe, expect, it, test } from 'vitest';
import type { Service, ServiceSpec } from '../../kubernetes/objects.ts';
import { printRule } from '../../ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import { formatOrigin } from '../../ruleset/origin.ts';
import type { Dialect } from '../build-ruleset.ts';
import { readConfiguration } from '../configuration-reader.ts';
import { resolveNode } from '../node.ts';
import { proxierState } from '../proxier-state.ts';
import { PROXY_PORT_ANNOTATION } from './proxy-ports.ts';
import { buildUserspaceRuleset } from './ruleset.ts';

/*
 * The plan: node 10.0.0.5 / fd00:10::5, Service default/web at 10.254.0.1 / fd00:10:254::1, its proxy pinned to
 * 36463; external 203.0.113.x, load balancer 192.0.2.x.
 */
interface Given {
  dialect?: Dialect;
  name?: string;
  spec?: ServiceSpec;
  ingress?: { ip: string; ipMode?: 'VIP' | 'Proxy' }[];
  config?: string;
  family?: 'IPv4' | 'IPv6';
  annotation?: string;
  proxyPorts?: ReadonlyMap<string, number>;
  endpoints?: string[];
}

function build({
  dialect = 'current',
  name = 'web',
  spec = {},
  ingress = [],
  config = '',
  family = 'IPv4',
  annotation = '36463',
  proxyPorts,
  endpoints = [],
}: Given): IptablesRuleset {
  const service: Service = {
    metadata: { name, namespace: 'default', annotations: { [PROXY_PORT_ANNOTATION]: annotation } },
    spec: { clusterIP: family === 'IPv4' ? '10.254.0.1' : 'fd00:10:254::1', ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress } },
  };
  const slice = {
    metadata: { name: 'a', namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: family,
    ports: [{ name: '', port: 22, protocol: 'TCP' as const }],
    endpoints: endpoints.map((address) => ({ addresses: [address] })),
  };
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  const { configuration } = readConfiguration(head + config);
  const node = resolveNode({
    name: 'lab-node',
    addresses: ['10.0.0.5', 'fd00:10::5'],
    bindAddresses: configuration.bindAddresses,
  });
  const snapshot = { services: [service], slices: [slice], configuration, node };
  const state = proxierState({ ...snapshot, capabilities: { nfacct: false } }, family);
  return buildUserspaceRuleset(dialect, proxyPorts ? { ...state, proxyPorts } : state);
}

function rulesOf(ruleset: IptablesRuleset): { line: string; rule: IptablesRule }[] {
  return ruleset.tables.flatMap(({ chains }) =>
    chains.flatMap((chain) => chain.rules.map((rule) => ({ line: printRule(chain.name, rule), rule }))),
  );
}

/** The rules of Services, the chains' common beginning cut off. */
function lines(given: Given): string[] {
  return rulesOf(build(given)).flatMap(({ line, rule }) =>
    rule.service ? [line.replace('-A KUBE-', '')] : [],
  );
}

const SSH: ServiceSpec = {
  type: 'LoadBalancer',
  clusterIP: '10.254.132.107',
  ports: [{ port: 2222, nodePort: 30239 }],
};

describe('ssh-service1 of the design document', () => {
  const expected = [
    '-A KUBE-PORTALS-CONTAINER -d 10.254.132.107/32 -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 2222 -j REDIRECT --to-ports 36463',
    '-A KUBE-PORTALS-HOST -d 10.254.132.107/32 -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 2222 -j DNAT --to-destination 10.0.0.5:36463',
    '-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 30239 -j REDIRECT --to-ports 36463',
    '-A KUBE-NODEPORT-HOST -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 30239 -j DNAT --to-destination 10.0.0.5:36463',
  ];
  it.each([
    ['without endpoints', []],
    ['with endpoints', ['10.244.0.21', '10.244.0.22']],
  ])('has its four lines to the letter, %s', (_name, endpoints) => {
    const ruleset = build({ dialect: 'classic', name: 'ssh-service1', spec: SSH, endpoints });
    const ofService = rulesOf(ruleset).filter(({ rule }) => rule.service);
    expect(ofService.map(({ line }) => line)).toEqual(expected);
    expect(ruleset.tables.map(({ name }) => name)).toEqual(['nat']);
  });
});

const WEB = '-p tcp -m comment --comment "default/web" -m tcp';
const TO_80 = `${WEB} --dport 80`;
const REDIRECT = '-j REDIRECT --to-ports 36463';
const TO_NODE = '-j DNAT --to-destination 10.0.0.5:36463';

describe('the current dialect', () => {
  // biome-ignore format: one rule a line
  const cases: { name: string; given: Given; expected: string[] }[] = [
    { name: 'sends a cluster IP to the proxy', given: {}, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
    ] },
    { name: 'lets node ports past a filter', given: { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } }, expected: [
      `NODEPORT-NON-LOCAL ${WEB} --dport 36463 -m state --state NEW -j ACCEPT`,
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
      `NODEPORT-CONTAINER ${WEB} --dport 30080 ${REDIRECT}`,
      `NODEPORT-HOST ${WEB} --dport 30080 ${TO_NODE}`,
    ] },
    { name: 'takes an external IP from outside, or where it is local', given: { spec: { externalIPs: ['203.0.113.1', '2001:db8::1'] } }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-CONTAINER -d 203.0.113.1/32 ${TO_80} -m physdev ! --physdev-is-in ${REDIRECT}`,
      `PORTALS-CONTAINER -d 203.0.113.1/32 ${TO_80} -m addrtype --dst-type LOCAL ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
      `PORTALS-HOST -d 203.0.113.1/32 ${TO_80} -m addrtype --dst-type LOCAL ${TO_NODE}`,
    ] },
    { name: "takes a load balancer's address of any ipMode, from before there was one", given: { spec: { type: 'LoadBalancer' }, ingress: [{ ip: '192.0.2.1', ipMode: 'Proxy' }] }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-CONTAINER -d 192.0.2.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
      `PORTALS-HOST -d 192.0.2.1/32 ${TO_80} ${TO_NODE}`,
    ] },
    { name: 'writes a rule once, however often its address is listed', given: { spec: { type: 'LoadBalancer', externalIPs: ['203.0.113.1', '203.0.113.1'] }, ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.1' }] }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-CONTAINER -d 203.0.113.1/32 ${TO_80} -m physdev ! --physdev-is-in ${REDIRECT}`,
      `PORTALS-CONTAINER -d 203.0.113.1/32 ${TO_80} -m addrtype --dst-type LOCAL ${REDIRECT}`,
      `PORTALS-CONTAINER -d 192.0.2.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
      `PORTALS-HOST -d 203.0.113.1/32 ${TO_80} -m addrtype --dst-type LOCAL ${TO_NODE}`,
      `PORTALS-HOST -d 192.0.2.1/32 ${TO_80} ${TO_NODE}`,
    ] },
    { name: 'names the address that the proxy is bound to', given: { config: 'bindAddress: 10.0.0.7\n' }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} -j DNAT --to-destination 10.0.0.7:36463`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} -j DNAT --to-destination 10.0.0.7:36463`,
    ] },
    { name: 'redirects where the proxy is bound to every address', given: { config: 'bindAddress: 0.0.0.0\n' }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} ${TO_NODE}`,
    ] },
    { name: 'serves IPv6', given: { family: 'IPv6' }, expected: [
      `PORTALS-CONTAINER -d fd00:10:254::1/128 ${TO_80} ${REDIRECT}`,
      `PORTALS-HOST -d fd00:10:254::1/128 ${TO_80} -j DNAT --to-destination [fd00:10::5]:36463`,
    ] },
    { name: 'serves UDP', given: { spec: { ports: [{ port: 53, protocol: 'UDP' }] } }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 -p udp -m comment --comment "default/web" -m udp --dport 53 ${REDIRECT}`,
      `PORTALS-HOST -d 10.254.0.1/32 -p udp -m comment --comment "default/web" -m udp --dport 53 ${TO_NODE}`,
    ] },
    { name: 'takes the ports that the proxy listens on', given: { proxyPorts: new Map([['default/web::TCP', 40001]]) }, expected: [
      `PORTALS-CONTAINER -d 10.254.0.1/32 ${TO_80} -j REDIRECT --to-ports 40001`,
      `PORTALS-HOST -d 10.254.0.1/32 ${TO_80} -j DNAT --to-destination 10.0.0.5:40001`,
    ] },
    { name: 'has no rules for a port that nobody listens on', given: { proxyPorts: new Map() }, expected: [] },
    { name: 'leaves SCTP alone', given: { spec: { ports: [{ port: 80, protocol: 'SCTP' }] } }, expected: [] },
  ];
  it.each(cases)('$name', ({ given, expected }) => {
    expect(lines(given)).toEqual(expected);
  });

  it('jumps to its chains, cluster IPs before node ports', () => {
    const frame = rulesOf(build({})).filter(({ rule }) => rule.origin.kind === 'kube-proxy');
    const before =
      '-m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS';
    const last =
      '-m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT';
    expect(frame.map(({ line }) => line)).toEqual([
      '-A INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL',
      `-A PREROUTING ${before}-CONTAINER`,
      `-A PREROUTING ${last}-CONTAINER`,
      `-A OUTPUT ${before}-HOST`,
      `-A OUTPUT ${last}-HOST`,
    ]);
  });
});

describe('what is left out, and said so', () => {
  const cases: { name: string; given: Given; expected: string[] }[] = [
    {
      name: 'policies and source ranges',
      given: {
        spec: {
          type: 'LoadBalancer',
          externalTrafficPolicy: 'Local',
          internalTrafficPolicy: 'Local',
          loadBalancerSourceRanges: ['10.0.0.0/8'],
        },
      },
      expected: [
        'Service default/web spec.externalTrafficPolicy: the userspace mode relays to any endpoint',
        'Service default/web spec.internalTrafficPolicy: the userspace mode relays to any endpoint',
        'Service default/web spec.loadBalancerSourceRanges[0]: the userspace mode lets every source in',
      ],
    },
    {
      name: 'SCTP',
      given: { spec: { ports: [{ port: 80, protocol: 'SCTP' }] } },
      expected: ['Service default/web spec.ports[0].protocol: the userspace mode does not relay SCTP'],
    },
    {
      name: 'an annotation that cannot be used, once for all ports',
      given: {
        annotation: 'a=36463,b=x',
        spec: {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        },
      },
      expected: [
        'Service default/web metadata.annotations["kube-proxy-lab.dev/proxy-port"]: "x" is no port number from 1 to 65535',
      ],
    },
    {
      name: 'a pinned port that somebody else has',
      given: { proxyPorts: new Map() },
      expected: [
        'Service default/web metadata.annotations["kube-proxy-lab.dev/proxy-port"]: port 36463 is not free for the proxy to listen on',
      ],
    },
    {
      name: 'IPv6 in the classic dialect',
      given: { dialect: 'classic', family: 'IPv6' },
      expected: ['Service default/web spec.clusterIP: kube-proxy 1.2 served IPv4 alone'],
    },
  ];
  it.each(cases)('$name', ({ given, expected }) => {
    const { omissions } = build(given);
    expect(omissions.map(({ origin, reason }) => `${formatOrigin(origin)}: ${reason}`)).toEqual(expected);
  });
});

test('every rule of a Service names the field that caused it', () => {
  const spec: ServiceSpec = {
    type: 'LoadBalancer',
    ports: [{ port: 80, nodePort: 30080 }],
    externalIPs: ['203.0.113.1'],
  };
  const origins = rulesOf(build({ spec, ingress: [{ ip: '192.0.2.1' }] })).map(({ rule }) =>
    formatOrigin(rule.origin),
  );
  expect([...new Set(origins)].sort()).toEqual([
    'Service default/web spec.clusterIP',
    'Service default/web spec.externalIPs[0]',
    'Service default/web spec.ports[0].nodePort',
    'Service default/web status.loadBalancer.ingress[0].ip',
    'kube-proxy',
  ]);
});
