import { expect, test } from 'vitest';
import type { Service } from '../kubernetes/objects.ts';
import { type ConntrackFlow, staleFlows } from './conntrack.ts';
import { endpointsOfSlices } from './endpoints-map.ts';
import { serviceToServiceMap } from './service-map.ts';

const DNS: Service = {
  metadata: { name: 'dns', namespace: 'default' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.254.0.10',
    externalIPs: ['203.0.113.1'],
    ports: [{ port: 53, protocol: 'UDP', nodePort: 30053 }],
  },
  status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
};

function flow(to: string, from: string, protocol: ConntrackFlow['protocol'] = 'udp'): ConntrackFlow {
  const parse = (text: string): { address: string; port: number } => {
    const [address = '', port = ''] = text.split(':');
    return { address, port: Number(port) };
  };
  return { protocol, originalDestination: parse(to), replySource: parse(from) };
}

const services = serviceToServiceMap(DNS, 'IPv4');
const endpoints = endpointsOfSlices(
  'default/dns',
  [
    {
      metadata: { name: 'a' },
      addressType: 'IPv4',
      ports: [{ port: 5353, protocol: 'UDP' }],
      endpoints: [
        { addresses: ['10.244.0.1'] },
        { addresses: ['10.244.0.2'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.244.0.3'], conditions: { ready: false, serving: false } },
      ],
    },
  ],
  '',
);

test.each<[string, ConntrackFlow, boolean]>([
  ['to a ready endpoint', flow('10.254.0.10:53', '10.244.0.1:5353'), false],
  ['to one that still serves', flow('10.254.0.10:53', '10.244.0.2:5353'), false],
  ['to one that does not serve', flow('10.254.0.10:53', '10.244.0.3:5353'), true],
  ['to one that is gone', flow('10.254.0.10:53', '10.244.0.9:5353'), true],
  ['to another port of an endpoint', flow('10.254.0.10:53', '10.244.0.1:53'), true],
  ['to nowhere: it was not translated', flow('10.254.0.10:53', '10.254.0.10:53'), true],
  ['by the external address', flow('203.0.113.1:53', '10.244.0.9:5353'), true],
  ['by the load balancer address', flow('192.0.2.1:53', '10.244.0.9:5353'), true],
  ['by the node port', flow('10.0.0.5:30053', '10.244.0.9:5353'), true],
  ['by the node port to a ready endpoint', flow('10.0.0.5:30053', '10.244.0.1:5353'), false],
  ['of TCP', flow('10.254.0.10:53', '10.244.0.9:5353', 'tcp'), false],
  ['to another port', flow('10.254.0.10:54', '10.244.0.9:5353'), false],
  ['to something else', flow('10.0.0.7:53', '10.0.0.7:53'), false],
])('a flow %s: stale %s', (_name, tracked, expected) => {
  expect(staleFlows([tracked], { services, endpoints, deletedPorts: [] })).toHaveLength(expected ? 1 : 0);
});

test('of a deleted Service all flows to its addresses are stale, but not all flows to its node port', () => {
  const state = { services: new Map(), endpoints: new Map(), deletedPorts: [...services.values()] };
  const toAddress = flow('10.254.0.10:53', '10.244.0.1:5353');
  expect(staleFlows([toAddress, flow('10.0.0.5:30053', '10.244.0.1:5353')], state)).toEqual([toAddress]);
});

test('a Service that took over an address has the last word on it', () => {
  const state = { services, endpoints, deletedPorts: [...services.values()] };
  expect(staleFlows([flow('10.254.0.10:53', '10.244.0.1:5353')], state)).toEqual([]);
});

test('without serving endpoints flows to the addresses are stale', () => {
  const state = { services, endpoints: new Map(), deletedPorts: [] };
  expect(staleFlows([flow('10.254.0.10:53', '10.244.0.1:5353')], state)).toHaveLength(1);
});
