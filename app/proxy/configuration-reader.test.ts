import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIGURATION } from './configuration.ts';
import { ConfigurationError, formatConfigurationProblem, readConfiguration } from './configuration-reader.ts';

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function read(body: string, strict = false): ReturnType<typeof readConfiguration> {
  return readConfiguration(HEAD + body, { strict });
}

function problems(body: string, strict = false): string[] {
  try {
    read(body, strict);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(formatConfigurationProblem);
    throw error;
  }
  return [];
}

test('an empty configuration is the default one', () => {
  expect(read('').configuration).toEqual({ ...DEFAULT_CONFIGURATION, bindAddresses: ['0.0.0.0'] });
});

test('empty values are no values', () => {
  const body =
    'mode: ""\nbindAddress: ""\nclusterCIDR: ""\niptables: null\nnodePortAddresses: null\nhealthzBindAddress: ""\n';
  expect(read(body).configuration).toEqual(read('').configuration);
});

test('everything that acts is read', () => {
  const body = `mode: userspace
hostnameOverride: " Lab-Node "
bindAddress: 10.0.0.5
healthzBindAddress: 0.0.0.0
metricsBindAddress: "[::]:9999"
clientConnection: {kubeconfig: /etc/kubeconfig}
iptables: {masqueradeBit: 0, masqueradeAll: true, localhostNodePorts: false, syncPeriod: 1m, minSyncPeriod: 500ms}
nftables: {masqueradeBit: 10, masqueradeAll: true, syncPeriod: 2h, minSyncPeriod: 1m30s}
detectLocalMode: BridgeInterface
detectLocal: {bridgeInterface: cni0, interfaceNamePrefix: veth}
clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
nodePortAddresses: [10.0.0.0/24]
conntrack: {tcpBeLiberal: true}
configSyncPeriod: 1h
udpIdleTimeout: 3s
portRange: 36463-36463
`;
  expect(read(body)).toEqual({
    configuration: {
      mode: 'userspace',
      hostnameOverride: 'lab-node',
      bindAddresses: ['10.0.0.5'],
      healthzBindAddress: '0.0.0.0:10256',
      metricsBindAddress: '[::]:9999',
      kubeconfig: '/etc/kubeconfig',
      iptables: {
        masqueradeBit: 0,
        masqueradeAll: true,
        localhostNodePorts: false,
        syncPeriodMs: 60_000,
        minSyncPeriodMs: 500,
      },
      nftables: { masqueradeBit: 10, masqueradeAll: true, syncPeriodMs: 7_200_000, minSyncPeriodMs: 90_000 },
      detectLocalMode: 'BridgeInterface',
      detectLocal: { bridgeInterface: 'cni0', interfaceNamePrefix: 'veth' },
      clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'],
      nodePortAddresses: ['10.0.0.0/24'],
      conntrackTcpBeLiberal: true,
      configSyncPeriodMs: 3_600_000,
      udpIdleTimeoutMs: 3000,
      portRange: { from: 36463, to: 36463 },
    },
    warnings: [],
    inert: [],
  });
});

test('the addresses to serve on follow an IPv6 bindAddress', () => {
  const { healthzBindAddress, metricsBindAddress } = read('bindAddress: "::"').configuration;
  expect([healthzBindAddress, metricsBindAddress]).toEqual(['[::]:10256', '[::1]:10249']);
});

test('an unquoted yes is true, as everywhere in Kubernetes', () => {
  expect(
    read('iptables: {masqueradeAll: yes, localhostNodePorts: off}').configuration.iptables,
  ).toMatchObject({
    masqueradeAll: true,
    localhostNodePorts: false,
  });
});

test('JSON is read too', () => {
  const json = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
  };
  expect(readConfiguration(JSON.stringify(json)).configuration.mode).toBe('nftables');
});

test('fields without effect here are accepted and listed', () => {
  const body =
    'oomScoreAdj: -999\nipvs: {scheduler: rr}\nlogging: {format: text}\nfeatureGates: {X: true}\nconntrack: {min: 5}\n';
  expect(read(body).inert).toEqual([
    'oomScoreAdj',
    'ipvs.scheduler',
    'logging',
    'featureGates',
    'conntrack.min',
  ]);
});

describe('unknown and doubled fields', () => {
  const body = 'iptables:\n  masqueradeBits: 3\nproxyMode: iptables\nmode: iptables\nmode: nftables\n';
  test('are warnings with their place', () => {
    expect(read(body).warnings.map(formatConfigurationProblem)).toEqual([
      'line 4, column 3: iptables.masqueradeBits: unknown field',
      'line 5, column 1: proxyMode: unknown field',
      'line 7, column 1: mode: key is already set in the map',
    ]);
  });
  test('are errors when strict', () => {
    expect(problems(body, true)).toHaveLength(3);
  });
  test('names of JavaScript are unknown like any other', () => {
    expect(read('constructor: 1\n__proto__: 2\n').warnings).toHaveLength(2);
  });
});

describe('a value of the wrong type is an error with its place', () => {
  test.each([
    ['iptables: {masqueradeBit: "14"}', 'line 3, column 27: iptables.masqueradeBit: must be a whole number'],
    ['iptables: {masqueradeBit: 1.5}', 'line 3, column 27: iptables.masqueradeBit: must be a whole number'],
    ['iptables: {masqueradeAll: sure}', 'line 3, column 27: iptables.masqueradeAll: must be a boolean'],
    [
      'iptables: {syncPeriod: 30}',
      "line 3, column 24: iptables.syncPeriod: must be a duration (e.g. '5s', '1m', '2h22m')",
    ],
    ['iptables: [1]', 'line 3, column 11: iptables: must be a map of fields'],
    ['mode: [iptables]', 'line 3, column 7: mode: must be a string'],
    ['nodePortAddresses: 10.0.0.0/8', 'line 3, column 20: nodePortAddresses: must be a list of strings'],
    ['nodePortAddresses: [1]', 'line 3, column 20: nodePortAddresses: must be a list of strings'],
    ['featureGates: {X: 1}', 'line 3, column 15: featureGates: must be a map of true and false'],
    [
      'mode: &a iptables\nhostnameOverride: *a',
      'line 4, column 19: hostnameOverride: YAML aliases are not allowed here; write the value out',
    ],
  ])('%s', (body, expected) => {
    expect(problems(body)).toEqual([expected]);
  });
});

describe('a value out of range is an error', () => {
  test.each([
    [
      'mode: ipvs6',
      'mode: Invalid value: "ipvs6": must be one of iptables, ipvs, nftables, userspace, or blank',
    ],
    ['detectLocalMode: Bridge', /^detectLocalMode: Invalid value: "Bridge": must be one of/],
    ['detectLocalMode: BridgeInterface', /^detectLocal.bridgeInterface: .* must not be empty/],
    ['detectLocalMode: InterfaceNamePrefix', /^detectLocal.interfaceNamePrefix: .* must not be empty/],
    ['clusterCIDR: 10.244.0.0', /^clusterCIDR: .*must be a valid CIDR block/],
    ['clusterCIDR: 10.0.0.0/8,10.1.0.0/16', /^clusterCIDR: .*must be a valid DualStack CIDR/],
    ['nodePortAddresses: [10.0.0.5]', /^nodePortAddresses\[0\]: .*must be a valid CIDR block/],
    ['nodePortAddresses: [primary, 10.0.0.0/8]', /^nodePortAddresses\[0\]: .*can't use both/],
    [
      'iptables: {masqueradeBit: 32}',
      /^iptables.masqueradeBit: Invalid value: 32: must be within the range \[0, 31\]/,
    ],
    ['nftables: {masqueradeBit: -1}', /^nftables.masqueradeBit: Invalid value: -1/],
    [
      'iptables: {syncPeriod: 1s, minSyncPeriod: 2s}',
      /^iptables.syncPeriod: .*greater than or equal to iptables.minSyncPeriod/,
    ],
    ['iptables: {syncPeriod: -1s, minSyncPeriod: -2s}', /^iptables.syncPeriod: .*must be greater than 0/],
    ['bindAddress: here', /^bindAddress: .*not a valid textual representation/],
    ['metricsBindAddress: "10.0.0.5:x"', /^metricsBindAddress: .*must be a valid port/],
    ['healthzBindAddress: "10.0.0.5:70000"', /^healthzBindAddress: .*must be a valid port/],
    ['healthzBindAddress: "here:80"', /^healthzBindAddress: .*must be a valid IP/],
    ['portRange: 400-300', /^portRange: .*must be a valid port range/],
    ['portRange: many', /^portRange: .*must be a valid port range/],
    ['oomScoreAdj: 1001', /^oomScoreAdj: .*within the range/],
    ['conntrack: {maxPerCore: -1}', /^conntrack.maxPerCore: .*greater than or equal to 0/],
    ['conntrack: {tcpCloseWaitTimeout: -1s}', /^conntrack.tcpCloseWaitTimeout: .*greater than or equal to 0/],
    ['udpIdleTimeout: -1s', /^udpIdleTimeout: .*must be greater than 0/],
  ])('%s', (body, expected) => {
    expect(problems(body)[0]).toMatch(expected);
  });

  test('all of them are named at once', () => {
    expect(problems('mode: x\nclusterCIDR: z\niptables: {masqueradeBit: 99}')).toHaveLength(3);
  });
});

test.each([
  ['portRange: ""', undefined],
  ['portRange: 0-0', undefined],
  ['portRange: "8000"', { from: 8000, to: 8000 }],
  ['portRange: 8000-8010', { from: 8000, to: 8010 }],
  ['portRange: 8000+10', { from: 8000, to: 8010 }],
])('%s', (body, expected) => {
  expect(read(body).configuration.portRange).toEqual(expected);
});

describe('files that are none', () => {
  test.each([
    ['no text', '', /kind: missing; must be "KubeProxyConfiguration"/],
    ['a Service', 'apiVersion: v1\nkind: Service\n', /kind: must be "KubeProxyConfiguration", not "Service"/],
    ['a list', '- a\n', /must be a map of fields/],
    ['broken YAML', 'a: [1\n', /./],
    ['rubbish', '\u0001\u0002{{{', /./],
  ])('%s', (_name, text, expected) => {
    expect(() => readConfiguration(text)).toThrow(expected);
  });
});
