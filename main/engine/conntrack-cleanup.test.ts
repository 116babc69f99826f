import { expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../app/kubernetes/objects.ts';
import type { ConntrackFlow } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { cleanConntrack } from './conntrack-cleanup.ts';
import { FamilyState } from './family-state.ts';

function udpService(name: string, clusterIP: string, nodePort: number): Service {
  return {
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', clusterIP, ports: [{ port: 53, protocol: 'UDP', nodePort }] },
  };
}

const DNS = udpService('dns', '10.254.0.10', 30053);
const GONE = udpService('gone', '10.254.0.11', 30054);
const SLICE: EndpointSlice = {
  metadata: { name: 'dns-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'dns' } },
  addressType: 'IPv4',
  ports: [{ port: 5353, protocol: 'UDP' }],
  endpoints: [{ addresses: ['10.244.0.1'], conditions: { ready: true } }],
};
const RELAY_PORT = 36463;

/** A node that serves dns and served gone. */
function stateAfterDeletion(): FamilyState {
  const state = new FamilyState('IPv4', 'node');
  state.services.update(undefined, DNS);
  state.services.update(undefined, GONE);
  state.endpoints.update(SLICE, false);
  state.applyChanges();
  state.cleaned();
  state.services.update(GONE, undefined);
  state.applyChanges();
  return state;
}

function flowTo(destination: string, destinationPort: number, answers: [string, number]): ConntrackFlow {
  return {
    family: 'IPv4',
    protocol: 'udp',
    source: '10.0.0.100',
    sourcePort: 40000,
    destination,
    destinationPort,
    replySource: answers[0],
    replySourcePort: answers[1],
  };
}

test.each<[string, ConntrackFlow, boolean]>([
  ['to an endpoint', flowTo('10.254.0.10', 53, ['10.244.0.1', 5353]), false],
  ['to an endpoint that has gone', flowTo('10.254.0.10', 53, ['10.244.0.7', 5353]), true],
  ['to the relay, by cluster IP', flowTo('10.254.0.10', 53, ['10.0.0.5', RELAY_PORT]), false],
  ['to the relay, by node port', flowTo('10.0.0.5', 30053, ['10.0.0.5', RELAY_PORT]), false],
  ['to the relay, of a Service that has gone', flowTo('10.254.0.11', 53, ['10.0.0.5', RELAY_PORT]), true],
  ['to the relay of a kube-proxy before', flowTo('10.254.0.10', 53, ['10.0.0.5', 41000]), true],
  ['that is nobody of the proxy', flowTo('9.9.9.9', 53, ['9.9.9.9', 53]), false],
])('a flow %s', async (_name, flow, deleted) => {
  const deletions: ConntrackFlow[] = [];
  const verbs: Pick<NodeTarget['verbs'], 'listConntrack' | 'deleteConntrack'> = {
    listConntrack: async () => [flow],
    deleteConntrack: async ({ flows }) => {
      deletions.push(...flows);
    },
  };
  await cleanConntrack({ target: { verbs }, state: stateAfterDeletion(), proxyPorts: new Set([RELAY_PORT]) });
  expect(deletions).toEqual(deleted ? [flow] : []);
});
