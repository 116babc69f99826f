import { describe, expect, test } from 'vitest';
import type { Endpoint, EndpointSlice, IPFamily, Service, ServiceSpec } from '../../kubernetes/objects.ts';
import { printRuleBody } from '../../ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import { formatOrigin } from '../../ruleset/origin.ts';
import { readConfiguration } from '../configuration-reader.ts';
import { resolveNode } from '../node.ts';
import { proxierState } from '../proxier-state.ts';
import { buildIptablesRuleset } from './ruleset.ts';

/*
 * The plan: node lab-node 10.0.0.5 / fd00:10::5; pods here 10.244.0.x, elsewhere 10.244.1.x;
 * cluster IPs 10.254.0.x; external 203.0.113.x; load balancer 192.0.2.x.
 * The port's hash is that of default/web and tcp, endpoints are .1 (here) and .2 (elsewhere), port 8080.
 */
const HASH = 'LOLE4ISW44XBNF3G';
const CIDR = 'detectLocalMode: ClusterCIDR\nclusterCIDR: 10.244.0.0/16,fd00:10:244::/56\n';

interface Given {
  spec?: ServiceSpec;
  ingress?: { ip: string; ipMode?: 'VIP' | 'Proxy' }[];
  endpoints?: Endpoint[];
  config?: string;
  family?: IPFamily;
  nfacct?: boolean;
}

const HERE: Endpoint = { addresses: ['10.244.0.1'], nodeName: 'lab-node' };
const ELSEWHERE: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'other-node' };

function build({
  spec = {},
  ingress = [],
  endpoints = [HERE, ELSEWHERE],
  config = CIDR,
  family = 'IPv4',
  nfacct = true,
}: Given): IptablesRuleset {
  const service: Service = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: family === 'IPv4' ? '10.254.0.1' : 'fd00:10:254::1', ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress } },
  };
  const slice: EndpointSlice = {
    metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: family,
    ports: [{ name: '', port: 8080, protocol: spec.ports?.[0]?.protocol ?? 'TCP' }],
    endpoints,
  };
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  const node = resolveNode({ name: 'lab-node', addresses: ['10.0.0.5', 'fd00:10::5'] });
  const { configuration } = readConfiguration(head + config);
  const snapshot = { services: [service], slices: [slice], configuration, node, capabilities: { nfacct } };
  return buildIptablesRuleset('current', proxierState(snapshot, family));
}

function chainRules(ruleset: IptablesRuleset, table: string, chain: string): IptablesRule[] | undefined {
  return ruleset.tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain)?.rules;
}

/** A chain's rules as text, with the port's hash and endpoints' chains in words; undefined for no chain. */
function chain(given: Given, table: string, name: string): string[] | undefined {
  const ruleset = build(given);
  const rules = chainRules(ruleset, table, name.replace('#', HASH));
  return rules?.map((rule) => printRuleBody(rule).replaceAll(HASH, '#'));
}

const NODE_PORT: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
const LOAD_BALANCER: ServiceSpec = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] };
const LOCAL: ServiceSpec = { externalTrafficPolicy: 'Local' };

const NOTE =
  '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
const TO_NODE_PORTS = `${NOTE} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;
const CLUSTER_IP = '-d 10.254.0.1/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80';

describe('packets to a Service are caught', () => {
  test.each<[string, Given, string[]]>([
    ['at the cluster IP', {}, [`${CLUSTER_IP} -j KUBE-SVC-#`, TO_NODE_PORTS]],
    ['not without endpoints', { endpoints: [] }, [TO_NODE_PORTS]],
    [
      'by Local policy',
      { spec: { internalTrafficPolicy: 'Local' } },
      [`${CLUSTER_IP} -j KUBE-SVL-#`, TO_NODE_PORTS],
    ],
    [
      'not by Local policy without local endpoint',
      { spec: { internalTrafficPolicy: 'Local' }, endpoints: [ELSEWHERE] },
      [TO_NODE_PORTS],
    ],
    [
      'at external addresses',
      { spec: { externalIPs: ['203.0.113.1', '2001:db8::1'] } },
      [
        `${CLUSTER_IP} -j KUBE-SVC-#`,
        '-d 203.0.113.1/32 -p tcp -m comment --comment "default/web external IP" -m tcp --dport 80 -j KUBE-EXT-#',
        TO_NODE_PORTS,
      ],
    ],
    [
      'at load balancer addresses that are virtual',
      { spec: LOAD_BALANCER, ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2', ipMode: 'Proxy' }] },
      [
        `${CLUSTER_IP} -j KUBE-SVC-#`,
        '-d 192.0.2.1/32 -p tcp -m comment --comment "default/web loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-#',
        TO_NODE_PORTS,
      ],
    ],
    [
      'through the firewall where source ranges are set',
      {
        spec: { ...LOAD_BALANCER, loadBalancerSourceRanges: ['10.0.0.0/8'] },
        ingress: [{ ip: '192.0.2.1' }],
      },
      [
        `${CLUSTER_IP} -j KUBE-SVC-#`,
        '-d 192.0.2.1/32 -p tcp -m comment --comment "default/web loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-#',
        TO_NODE_PORTS,
      ],
    ],
    [
      'not through it where the source ranges are of the other family',
      { spec: { ...LOAD_BALANCER, loadBalancerSourceRanges: ['fd00::/8'] }, ingress: [{ ip: '192.0.2.1' }] },
      [
        `${CLUSTER_IP} -j KUBE-SVC-#`,
        '-d 192.0.2.1/32 -p tcp -m comment --comment "default/web loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-#',
        TO_NODE_PORTS,
      ],
    ],
  ])('%s', (_name, given, expected) => {
    expect(chain(given, 'nat', 'KUBE-SERVICES')).toEqual(expected);
  });

  const NODE_PORT_RULE = '-p tcp -m comment --comment default/web -m tcp --dport 30080'.replace(
    'default/web',
    '"default/web"',
  );
  test.each<[string, Given, string[]]>([
    [
      'on 127.0.0.1, counted, and on other addresses',
      { spec: NODE_PORT },
      [
        `-d 127.0.0.0/8 ${NODE_PORT_RULE} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT-#`,
        `${NODE_PORT_RULE} -j KUBE-EXT-#`,
      ],
    ],
    [
      'without counters where there are none',
      { spec: NODE_PORT, nfacct: false },
      [`${NODE_PORT_RULE} -j KUBE-EXT-#`],
    ],
    [
      'without 127.0.0.1 when it is turned off',
      { spec: NODE_PORT, config: 'iptables: {localhostNodePorts: false}' },
      [`${NODE_PORT_RULE} -j KUBE-EXT-#`],
    ],
    [
      'IPv6 knows no node ports on loopback',
      { spec: NODE_PORT, family: 'IPv6', endpoints: [{ addresses: ['fd00:10:244::1'] }] },
      [`${NODE_PORT_RULE} -j KUBE-EXT-#`],
    ],
    ['not without endpoints', { spec: NODE_PORT, endpoints: [] }, []],
    [
      'with Local policy also without local endpoint, for the node and its pods',
      { spec: { ...NODE_PORT, ...LOCAL }, endpoints: [ELSEWHERE], nfacct: false },
      [`${NODE_PORT_RULE} -j KUBE-EXT-#`],
    ],
  ])('at the node port: %s', (_name, given, expected) => {
    expect(chain(given, 'nat', 'KUBE-NODEPORTS')).toEqual(expected);
  });
});

describe('the way to node ports comes last', () => {
  const LABEL = NOTE;
  test.each<[string, Given, string[]]>([
    ['to every address', {}, [TO_NODE_PORTS]],
    [
      'but loopback, when turned off',
      { config: 'iptables: {localhostNodePorts: false}' },
      [`! -d 127.0.0.0/8 ${TO_NODE_PORTS}`],
    ],
    ['but loopback, in IPv6', { family: 'IPv6' }, [`! -d ::1/128 ${TO_NODE_PORTS}`]],
    [
      'to addresses in the configured blocks',
      { config: 'nodePortAddresses: [10.0.0.0/24, 127.0.0.0/8]' },
      [`-d 127.0.0.1/32 ${LABEL} -j KUBE-NODEPORTS`, `-d 10.0.0.5/32 ${LABEL} -j KUBE-NODEPORTS`],
    ],
    [
      'but loopback among them, when turned off',
      { config: 'nodePortAddresses: [10.0.0.0/24, 127.0.0.0/8]\niptables: {localhostNodePorts: false}' },
      [`-d 10.0.0.5/32 ${LABEL} -j KUBE-NODEPORTS`],
    ],
    [
      'but loopback among them, in IPv6',
      { config: 'nodePortAddresses: ["::1/128", "fd00:10::/64"]', family: 'IPv6' },
      [`-d fd00:10::5/128 ${LABEL} -j KUBE-NODEPORTS`],
    ],
    [
      'to the primary address',
      { config: 'nodePortAddresses: [primary]' },
      [`-d 10.0.0.5/32 ${LABEL} -j KUBE-NODEPORTS`],
    ],
    ['to none, where no address is in the blocks', { config: 'nodePortAddresses: [198.51.100.0/24]' }, []],
  ])('%s', (_name, given, expected) => {
    expect(chain({ ...given, endpoints: [] }, 'nat', 'KUBE-SERVICES')).toEqual(expected);
  });
});

describe('traffic without endpoint', () => {
  const REJECT = '-j REJECT --reject-with icmp-port-unreachable';
  const NONE = '-m comment --comment "default/web has no endpoints"';
  const NO_LOCAL = '-m comment --comment "default/web has no local endpoints"';
  test.each<[string, Given, string, string[]]>([
    [
      'to the cluster IP is refused',
      { endpoints: [] },
      'KUBE-SERVICES',
      [`-d 10.254.0.1/32 -p tcp ${NONE} -m tcp --dport 80 ${REJECT}`],
    ],
    [
      'in IPv6 too',
      { endpoints: [], family: 'IPv6' },
      'KUBE-SERVICES',
      [
        `-d fd00:10:254::1/128 -p tcp ${NONE} -m tcp --dport 80 -j REJECT --reject-with icmp6-port-unreachable`,
      ],
    ],
    [
      'to the cluster IP is dropped when only the local ones are missing',
      { spec: { internalTrafficPolicy: 'Local' }, endpoints: [ELSEWHERE] },
      'KUBE-SERVICES',
      [`-d 10.254.0.1/32 -p tcp ${NO_LOCAL} -m tcp --dport 80 -j DROP`],
    ],
    [
      'from outside is refused at every address',
      {
        spec: { ...LOAD_BALANCER, externalIPs: ['203.0.113.1'] },
        ingress: [{ ip: '192.0.2.1' }],
        endpoints: [],
      },
      'KUBE-EXTERNAL-SERVICES',
      [
        `-d 203.0.113.1/32 -p tcp ${NONE} -m tcp --dport 80 ${REJECT}`,
        `-d 192.0.2.1/32 -p tcp ${NONE} -m tcp --dport 80 ${REJECT}`,
        `-p tcp ${NONE} -m addrtype --dst-type LOCAL -m tcp --dport 30080 ${REJECT}`,
      ],
    ],
    [
      'from outside is dropped when only the local ones are missing',
      {
        spec: { ...LOAD_BALANCER, ...LOCAL, externalIPs: ['203.0.113.1'] },
        ingress: [{ ip: '192.0.2.1' }],
        endpoints: [ELSEWHERE],
      },
      'KUBE-EXTERNAL-SERVICES',
      [
        `-d 203.0.113.1/32 -p tcp ${NO_LOCAL} -m tcp --dport 80 -j DROP`,
        `-d 192.0.2.1/32 -p tcp ${NO_LOCAL} -m tcp --dport 80 -j DROP`,
        `-p tcp ${NO_LOCAL} -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP`,
      ],
    ],
    ['has none to refuse when there are endpoints', { spec: NODE_PORT }, 'KUBE-EXTERNAL-SERVICES', []],
  ])('%s', (_name, given, name, expected) => {
    expect(chain(given, 'filter', name)).toEqual(expected);
  });
});

describe('KUBE-SVC and KUBE-SVL', () => {
  const names = (given: Given): string[] => chainNames(given).filter((name) => name.startsWith('KUBE-SEP'));
  test('exist as far as policies use them', () => {
    const chains = (given: Given): string[] =>
      chainNames(given).flatMap((name) => /KUBE-(?:SVC|SVL|EXT|FW)/.exec(name) ?? []);
    expect(chains({})).toEqual(['KUBE-SVC']);
    expect(chains({ spec: { internalTrafficPolicy: 'Local' } })).toEqual(['KUBE-SVL']);
    expect(chains({ spec: { ...NODE_PORT, internalTrafficPolicy: 'Local' } })).toEqual([
      'KUBE-SVL',
      'KUBE-EXT',
      'KUBE-SVC',
    ]);
    expect(chains({ spec: { ...NODE_PORT, ...LOCAL } })).toEqual(['KUBE-SVC', 'KUBE-EXT', 'KUBE-SVL']);
    expect(chains({ spec: { ...NODE_PORT, ...LOCAL }, endpoints: [ELSEWHERE] })).toEqual([
      'KUBE-SVC',
      'KUBE-EXT',
    ]);
    expect(chains({ spec: NODE_PORT, endpoints: [] })).toEqual([]);
  });

  test.each<[string, string, string | undefined]>([
    ['cluster CIDR', CIDR, '! -s 10.244.0.0/16 '],
    ['masqueradeAll', `${CIDR}iptables: {masqueradeAll: true}`, ''],
    ['no detector', '', undefined],
    ['node CIDR unknown', 'detectLocalMode: NodeCIDR', undefined],
  ])('masquerade traffic to the cluster IP: %s', (_name, config, prefix) => {
    const [first] = chain({ config }, 'nat', 'KUBE-SVC-#') ?? [];
    if (prefix === undefined) expect(first).toMatch(/statistic/);
    else expect(first).toBe(`${prefix}${CLUSTER_IP} -j KUBE-MARK-MASQ`);
  });

  test.each([
    ['bridge', 'detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}', '-i cni0'],
    ['prefix', 'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: veth}', '-i veth+'],
  ])('masquerade by interface: %s', (_name, config, match) => {
    const [first] = chain({ config }, 'nat', 'KUBE-SVC-#') ?? [];
    expect(first).toBe(
      `-d 10.254.0.1/32 ! ${match} ${CLUSTER_IP.slice('-d 10.254.0.1/32 '.length)} -j KUBE-MARK-MASQ`,
    );
  });

  test('spread over endpoints evenly, in their order', () => {
    const endpoints = [1, 2, 3].map((n) => ({ addresses: [`10.244.0.${n}`] }));
    const rules = chain({ endpoints, config: '' }, 'nat', 'KUBE-SVC-#') ?? [];
    expect(rules.map((rule) => /-> ([\d.:]+)"(?:.*probability ([\d.]+))?/.exec(rule)?.slice(1))).toEqual([
      ['10.244.0.1:8080', '0.33333333349'],
      ['10.244.0.2:8080', '0.50000000000'],
      ['10.244.0.3:8080', undefined],
    ]);
  });

  test('remember the client where the Service wants that', () => {
    const spec: ServiceSpec = {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    };
    const given: Given = { spec, endpoints: [HERE], config: '' };
    const [sep = ''] = names(given);
    const mask = '--mask 255.255.255.255 --rsource';
    expect(sep).toMatch(/^KUBE-SEP-[A-Z2-7]{16}$/);
    expect(chain(given, 'nat', 'KUBE-SVC-#')).toEqual([
      `-m comment --comment "default/web -> 10.244.0.1:8080" -m recent --rcheck --seconds 60 --reap --name ${sep} ${mask} -j ${sep}`,
      `-m comment --comment "default/web -> 10.244.0.1:8080" -j ${sep}`,
    ]);
    expect(chain(given, 'nat', sep)).toEqual([
      '-s 10.244.0.1/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ',
      `-p tcp -m comment --comment "default/web" -m recent --set --name ${sep} ${mask} -m tcp -j DNAT --to-destination 10.244.0.1:8080`,
    ]);
  });

  test('IPv6 endpoints are written in brackets', () => {
    const given: Given = { family: 'IPv6', endpoints: [{ addresses: ['fd00:10:244::1'] }] };
    const [sep = ''] = names(given);
    expect(chain(given, 'nat', sep)).toEqual([
      '-s fd00:10:244::1/128 -m comment --comment "default/web" -j KUBE-MARK-MASQ',
      '-p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination [fd00:10:244::1]:8080',
    ]);
  });

  test.each(['UDP', 'SCTP'] as const)('%s like TCP', (protocol) => {
    const spec: ServiceSpec = { ports: [{ port: 80, protocol }] };
    const low = protocol.toLowerCase();
    expect(chain({ spec, endpoints: [HERE] }, 'nat', 'KUBE-SERVICES')?.[0]).toMatch(
      new RegExp(`^-d 10.254.0.1/32 -p ${low} .* -m ${low} --dport 80 -j KUBE-SVC-`),
    );
  });
});

function chainNames(given: Given): string[] {
  const nat = build(given).tables.find(({ name }) => name === 'nat');
  return (nat?.chains ?? []).map(({ name }) => name);
}

describe('KUBE-EXT', () => {
  const about = (text: string): string =>
    `-m comment --comment "${text} for default/web external destinations"`;
  const FROM_NODE = '-m addrtype --src-type LOCAL';
  test.each<[string, Given, string[]]>([
    [
      'Cluster: masqueraded',
      { spec: NODE_PORT },
      [`${about('masquerade traffic')} -j KUBE-MARK-MASQ`, '-j KUBE-SVC-#'],
    ],
    [
      'Local: pods and the node use all endpoints',
      { spec: { ...NODE_PORT, ...LOCAL } },
      [
        `-s 10.244.0.0/16 ${about('pod traffic')} -j KUBE-SVC-#`,
        `${about('masquerade LOCAL traffic')} ${FROM_NODE} -j KUBE-MARK-MASQ`,
        `${about('route LOCAL traffic')} ${FROM_NODE} -j KUBE-SVC-#`,
        '-j KUBE-SVL-#',
      ],
    ],
    [
      'Local, without detector and local endpoint: the node alone',
      { spec: { ...NODE_PORT, ...LOCAL }, endpoints: [ELSEWHERE], config: '' },
      [
        `${about('masquerade LOCAL traffic')} ${FROM_NODE} -j KUBE-MARK-MASQ`,
        `${about('route LOCAL traffic')} ${FROM_NODE} -j KUBE-SVC-#`,
      ],
    ],
  ])('%s', (_name, given, expected) => {
    expect(chain(given, 'nat', 'KUBE-EXT-#')).toEqual(expected);
  });
});

describe('KUBE-FW', () => {
  const IP = '-m comment --comment "default/web loadbalancer IP"';
  const END = '-m comment --comment "other traffic to default/web will be dropped by KUBE-PROXY-FIREWALL"';
  const given = (...loadBalancerSourceRanges: string[]): Given => ({
    spec: { ...LOAD_BALANCER, loadBalancerSourceRanges },
    ingress: [{ ip: '192.0.2.1' }],
  });
  test.each<[string, Given, string[]]>([
    [
      'lets the source ranges in',
      given('198.51.100.0/24', 'fd00::/8'),
      [`-s 198.51.100.0/24 ${IP} -j KUBE-EXT-#`, END],
    ],
    [
      "and, where the node is among them, the node by the load balancer's address",
      given('10.0.0.0/24'),
      [`-s 10.0.0.0/24 ${IP} -j KUBE-EXT-#`, `-s 192.0.2.1/32 ${IP} -j KUBE-EXT-#`, END],
    ],
    ['everybody', given('0.0.0.0/0'), [`${IP} -j KUBE-EXT-#`, `-s 192.0.2.1/32 ${IP} -j KUBE-EXT-#`, END]],
  ])('%s', (_name, cluster, expected) => {
    expect(chain(cluster, 'nat', 'KUBE-FW-#')).toEqual(expected);
  });

  test('what it did not let in is dropped', () => {
    expect(chain(given('198.51.100.0/24'), 'filter', 'KUBE-PROXY-FIREWALL')).toEqual([
      '-d 192.0.2.1/32 -p tcp -m comment --comment "default/web traffic not accepted by KUBE-FW-#" -m tcp --dport 80 -j DROP',
    ]);
    expect(chain({ ...given('198.51.100.0/24'), endpoints: [] }, 'filter', 'KUBE-PROXY-FIREWALL')).toEqual(
      [],
    );
  });
});

test('health checks are let in, endpoints or not', () => {
  const spec: ServiceSpec = { ...LOAD_BALANCER, ...LOCAL, healthCheckNodePort: 31000 };
  expect(chain({ spec, endpoints: [] }, 'filter', 'KUBE-NODEPORTS')).toEqual([
    '-p tcp -m comment --comment "default/web health check node port" -m tcp --dport 31000 -j ACCEPT',
  ]);
});

describe('the frame', () => {
  const INVALID = '-m conntrack --ctstate INVALID';
  test.each<[string, Given, string | undefined]>([
    ['counted', {}, `${INVALID} -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP`],
    ['not counted where the kernel cannot', { nfacct: false }, `${INVALID} -j DROP`],
    ['not dropped where conntrack is liberal', { config: 'conntrack: {tcpBeLiberal: true}' }, undefined],
  ])('INVALID packets are dropped: %s', (_name, given, expected) => {
    const rules = chain(given, 'filter', 'KUBE-FORWARD') ?? [];
    expect(rules.filter((rule) => rule.includes('INVALID'))).toEqual(
      expected === undefined ? [] : [expected],
    );
    expect(rules).toHaveLength(expected === undefined ? 2 : 3);
  });

  test.each([
    [0, '0x1'],
    [14, '0x4000'],
    [31, '0x80000000'],
  ])('mark bit %s', (bit, mark) => {
    const given: Given = { config: `iptables: {masqueradeBit: ${bit}}` };
    expect(chain(given, 'nat', 'KUBE-MARK-MASQ')).toEqual([`-j MARK --set-xmark ${mark}/${mark}`]);
    expect(chain(given, 'nat', 'KUBE-POSTROUTING')?.slice(0, 2)).toEqual([
      `-m mark ! --mark ${mark}/${mark} -j RETURN`,
      `-j MARK --set-xmark ${mark}/0x0`,
    ]);
  });

  test.each<[string, Given, number]>([
    ['with node ports on it', {}, 1],
    ['without', { config: 'iptables: {localhostNodePorts: false}' }, 0],
    ['without, by nodePortAddresses', { config: 'nodePortAddresses: [10.0.0.0/24]' }, 0],
    ['in IPv6', { family: 'IPv6' }, 0],
  ])('127.0.0.0/8 is guarded: %s', (_name, given, rules) => {
    expect(chain(given, 'filter', 'KUBE-FIREWALL')).toHaveLength(rules);
  });

  test('canaries sit in all three tables', () => {
    const tables = build({}).tables.filter(({ chains }) =>
      chains.some(({ name }) => name === 'KUBE-PROXY-CANARY'),
    );
    expect(tables.map(({ name }) => name)).toEqual(['mangle', 'filter', 'nat']);
  });
});

describe('large clusters', () => {
  const endpoints = (count: number): Endpoint[] =>
    Array.from({ length: count }, (_, n) => ({ addresses: [`10.244.${n >> 8}.${n & 255}`] }));
  const comments = (count: number): number =>
    build({ endpoints: endpoints(count) }).tables.flatMap(({ chains }) =>
      chains
        .filter(({ name }) => name.startsWith('KUBE-SEP'))
        .flatMap(({ rules }) =>
          rules.filter(({ matches }) => matches.some(({ kind }) => kind === 'comment')),
        ),
    ).length;
  test('endpoints lose their comments above a thousand', () => {
    expect(comments(1000)).toBe(2000);
    expect(comments(1001)).toBe(0);
  });
});

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
