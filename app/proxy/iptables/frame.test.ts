import { describe, expect, test } from 'vitest';
import { build, chain, type Given, NOTE, TO_NODE_PORTS } from './ruleset-under-test.ts';

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
