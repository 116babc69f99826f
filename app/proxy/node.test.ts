import { describe, expect, test } from 'vitest';
import type { Node } from '../kubernetes/objects.ts';
import { DEFAULT_CONFIGURATION, type ProxyConfiguration } from './configuration.ts';
import { localDetector } from './detect-local.ts';
import { type NodeSource, resolveNode } from './node.ts';
import { nodePortAddresses } from './node-port-addresses.ts';

function node(...addresses: [type: string, address: string][]): Node {
  return {
    metadata: { name: 'lab-node', labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
    spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] },
    status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
  };
}

const DUAL = node(['Hostname', 'lab-node'], ['InternalIP', '10.0.0.5'], ['InternalIP', 'FD00:10::5']);

describe('the node address of each family', () => {
  test.each<[string, NodeSource, { IPv4: string; IPv6: string; primary: string }]>([
    ['internal ones', { name: 'n', node: DUAL }, { IPv4: '10.0.0.5', IPv6: 'fd00:10::5', primary: 'IPv4' }],
    [
      'the first is the primary',
      { name: 'n', node: node(['InternalIP', 'fd00::1'], ['InternalIP', '10.0.0.5']) },
      { IPv4: '10.0.0.5', IPv6: 'fd00::1', primary: 'IPv6' },
    ],
    [
      'internal before external',
      { name: 'n', node: node(['ExternalIP', '203.0.113.1'], ['InternalIP', '10.0.0.5']) },
      { IPv4: '10.0.0.5', IPv6: '::1', primary: 'IPv4' },
    ],
    [
      'external where there is no other',
      { name: 'n', node: node(['ExternalIP', '203.0.113.1']) },
      { IPv4: '203.0.113.1', IPv6: '::1', primary: 'IPv4' },
    ],
    ['loopback where nothing is known', { name: 'n' }, { IPv4: '127.0.0.1', IPv6: '::1', primary: 'IPv4' }],
    [
      'given by hand, without a Node',
      { name: 'n', addresses: ['10.9.9.9'] },
      { IPv4: '10.9.9.9', IPv6: '::1', primary: 'IPv4' },
    ],
    [
      'bindAddress overrides its family',
      { name: 'n', node: DUAL, bindAddresses: ['fd00::7'] },
      { IPv4: '10.0.0.5', IPv6: 'fd00::7', primary: 'IPv6' },
    ],
    [
      'an unspecified bindAddress does not',
      { name: 'n', node: DUAL, bindAddresses: ['0.0.0.0'] },
      { IPv4: '10.0.0.5', IPv6: 'fd00:10::5', primary: 'IPv4' },
    ],
  ])('%s', (_name, source, expected) => {
    const { ips, primaryFamily } = resolveNode(source);
    expect({ ...ips, primary: primaryFamily }).toEqual(expected);
  });
});

describe('nodePortAddresses', () => {
  const lab = resolveNode({ name: 'lab-node', node: DUAL, addresses: ['10.244.0.1'] });
  test.each<[string, string[], 'IPv4' | 'IPv6', { all: boolean; addresses: string[]; loopback: boolean }]>([
    ['not configured', [], 'IPv4', { all: true, addresses: [], loopback: true }],
    ['not configured, IPv6', [], 'IPv6', { all: true, addresses: [], loopback: false }],
    ['everything', ['0.0.0.0/0'], 'IPv4', { all: true, addresses: [], loopback: true }],
    ['a block', ['10.0.0.0/24'], 'IPv4', { all: false, addresses: ['10.0.0.5'], loopback: false }],
    [
      'a block leaves the other family alone',
      ['10.0.0.0/24'],
      'IPv6',
      { all: true, addresses: [], loopback: false },
    ],
    [
      'addresses given by hand count',
      ['10.0.0.0/8'],
      'IPv4',
      { all: false, addresses: ['10.0.0.5', '10.244.0.1'], loopback: false },
    ],
    [
      'loopback',
      ['127.0.0.0/8', '10.0.0.0/24'],
      'IPv4',
      { all: false, addresses: ['127.0.0.1', '10.0.0.5'], loopback: true },
    ],
    [
      'a larger block around loopback',
      ['0.0.0.0/1'],
      'IPv4',
      { all: false, addresses: ['127.0.0.1', '10.0.0.5', '10.244.0.1'], loopback: true },
    ],
    [
      'a block and everything',
      ['10.0.0.0/24', '0.0.0.0/0'],
      'IPv4',
      { all: true, addresses: [], loopback: true },
    ],
    ['no address in the block', ['203.0.113.0/24'], 'IPv4', { all: false, addresses: [], loopback: false }],
    ['primary', ['primary'], 'IPv4', { all: false, addresses: ['10.0.0.5'], loopback: false }],
    ['primary, IPv6', ['primary'], 'IPv6', { all: false, addresses: ['fd00:10::5'], loopback: false }],
    ['IPv6', ['fd00:10::/64'], 'IPv6', { all: false, addresses: ['fd00:10::5'], loopback: false }],
  ])('%s', (_name, configured, family, expected) => {
    const { matchesAll, addresses, containsIPv4Loopback } = nodePortAddresses(configured, family, lab);
    expect({ all: matchesAll, addresses, loopback: containsIPv4Loopback }).toEqual(expected);
  });

  test('primary on a node without a known address is every address', () => {
    expect(nodePortAddresses(['primary'], 'IPv6', resolveNode({ name: 'n' })).matchesAll).toBe(true);
  });
});

describe('localDetector', () => {
  const lab = resolveNode({ name: 'lab-node', node: DUAL });
  const configuration = (changes: Partial<ProxyConfiguration>): ProxyConfiguration => ({
    ...DEFAULT_CONFIGURATION,
    ...changes,
  });
  const detectLocal = { bridgeInterface: 'cni0', interfaceNamePrefix: 'veth' };
  test.each<[string, Partial<ProxyConfiguration>, 'IPv4' | 'IPv6', unknown]>([
    ['no cluster CIDR', {}, 'IPv4', undefined],
    [
      'cluster CIDR, canonical',
      { clusterCIDRs: ['10.244.9.9/16', 'fd00:10:244::/56'] },
      'IPv4',
      { kind: 'cidr', cidr: '10.244.0.0/16' },
    ],
    [
      'cluster CIDR of the family',
      { clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'] },
      'IPv6',
      { kind: 'cidr', cidr: 'fd00:10:244::/56' },
    ],
    ['cluster CIDR of the other family only', { clusterCIDRs: ['10.244.0.0/16'] }, 'IPv6', undefined],
    [
      'node CIDR',
      { detectLocalMode: 'NodeCIDR' },
      'IPv6',
      {
        kind: 'cidr',
        cidr: 'fd00:10:244::/64',
        origin: { kind: 'Node', name: 'lab-node', field: 'spec.podCIDRs[1]' },
      },
    ],
    [
      'bridge',
      { detectLocalMode: 'BridgeInterface', detectLocal },
      'IPv6',
      { kind: 'interface', name: 'cni0' },
    ],
    [
      'prefix',
      { detectLocalMode: 'InterfaceNamePrefix', detectLocal },
      'IPv4',
      { kind: 'interface-prefix', prefix: 'veth' },
    ],
  ])('%s', (_name, changes, family, expected) => {
    const detector = localDetector(configuration(changes), family, lab);
    if (expected === undefined) expect(detector).toBeUndefined();
    else expect(detector).toMatchObject(expected as object);
  });

  test('a Node with podCIDR alone names that field', () => {
    const old = resolveNode({ name: 'old', node: { spec: { podCIDR: '10.244.0.0/24' } } });
    expect(localDetector(configuration({ detectLocalMode: 'NodeCIDR' }), 'IPv4', old)?.origin).toEqual({
      kind: 'Node',
      name: 'old',
      field: 'spec.podCIDR',
    });
  });
});
