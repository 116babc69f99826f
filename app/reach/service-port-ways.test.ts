import { describe, expect, test } from 'vitest';
import { type ServicePortAsked, waysToServicePort } from './service-port-ways.ts';
import type { ClusterSurroundings, Way } from './ways.ts';

const ASKED: ServicePortAsked = {
  namespace: 'shop',
  service: 'web',
  port: 80,
  protocol: 'TCP',
  clusterIPs: ['10.96.0.7'],
  outside: [],
};
const KIND: ClusterSurroundings = {
  provider: 'kind',
  platform: 'linux',
  node: 'container',
  nodeAddresses: ['172.18.0.2'],
  published: [],
  networks: ['192.168.1.0/24', '172.18.0.0/16'],
};

const short = ({ from, works, reason, address, port }: Way): string =>
  `${address === undefined ? 'command' : `${address} ${port}`} | ${from} | ${works} | ${reason}`;

describe('the ways to a Service port', () => {
  test.each<
    [name: string, asked: Partial<ServicePortAsked>, cluster: Partial<ClusterSurroundings>, ways: string[]]
  >([
    [
      'a cluster IP is reached by pods alone',
      {},
      {},
      [
        'command | this computer | yes | forward-past-kube-proxy',
        '10.96.0.7 80 | pod | yes | passes-the-rules',
        '10.96.0.7 80 | this computer | no | rules-of-the-nodes',
      ],
    ],
    [
      'and by this computer where it is the node',
      {},
      { provider: 'other', node: 'this computer' },
      [
        'command | this computer | yes | forward-past-kube-proxy',
        '10.96.0.7 80 | this computer | yes | own-rules',
        '10.96.0.7 80 | pod | yes | passes-the-rules',
      ],
    ],
    [
      "a load balancer's address of the node's bridge, and one of elsewhere",
      { clusterIPs: [], outside: ['172.18.255.200', '203.0.113.9'] },
      {},
      [
        'command | this computer | yes | forward-past-kube-proxy',
        '172.18.255.200 80 | this computer | yes | same-network',
        '172.18.255.200 80 | pod | yes | passes-the-rules',
        '203.0.113.9 80 | pod | yes | passes-the-rules',
        '203.0.113.9 80 | this computer | perhaps | unknown-route',
      ],
    ],
    [
      'a node port beside its cluster IP',
      { nodePort: 30080 },
      {},
      [
        '172.18.0.2 30080 | this computer | yes | bridge-of-this-kernel',
        'command | this computer | yes | forward-past-kube-proxy',
        '172.18.0.2 30080 | container network | yes | node-address',
        '172.18.0.2 30080 | pod | yes | node-address',
        '10.96.0.7 80 | pod | yes | passes-the-rules',
        'command | this computer | no | not-published',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
        '10.96.0.7 80 | this computer | no | rules-of-the-nodes',
      ],
    ],
  ])('%s', (_name, asked, cluster, ways) => {
    expect(waysToServicePort({ ...ASKED, ...asked }, { ...KIND, ...cluster }).map(short)).toEqual(ways);
  });

  test('IPv6 addresses are compared with IPv6 networks', () => {
    const outside = ['fd00:1::5'];
    const near = waysToServicePort({ ...ASKED, outside }, { ...KIND, networks: ['fd00:1::/64', '::/0'] });
    expect(near.find(({ address }) => address === 'fd00:1::5')).toMatchObject({ reason: 'same-network' });
  });
});
