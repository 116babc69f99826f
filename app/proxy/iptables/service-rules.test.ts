import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../../kubernetes/objects.ts';
import {
  CLUSTER_IP,
  chain,
  ELSEWHERE,
  type Given,
  LOAD_BALANCER,
  LOCAL,
  NODE_PORT,
  TO_NODE_PORTS,
} from './ruleset-under-test.ts';

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
