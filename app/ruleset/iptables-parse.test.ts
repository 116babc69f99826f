import { describe, expect, test } from 'vitest';
import { buildRuleset } from '../proxy/build-ruleset.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { randomCluster } from '../proxy/random-cluster.ts';
import { IptablesParseError, parseIptablesSave } from './iptables-parse.ts';
import { printIptablesRestore, printIptablesSave, printRuleBody } from './iptables-print.ts';
import type { IptablesMatch, IptablesRule, IptablesTarget } from './model.ts';

function parseRule(body: string): IptablesRule | undefined {
  const text = `*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\n-A KUBE-SERVICES ${body}\nCOMMIT\n`;
  return parseIptablesSave(text, 'IPv4').tables[0]?.chains.find(({ name }) => name === 'KUBE-SERVICES')
    ?.rules[0];
}

describe('matches', () => {
  test.each<[string, IptablesMatch]>([
    ['-s 10.0.0.0/8', { kind: 'source', cidr: '10.0.0.0/8' }],
    ['! -s 10.0.0.0/8', { kind: 'source', cidr: '10.0.0.0/8', negated: true }],
    ['-d fd00::1/128', { kind: 'destination', cidr: 'fd00::1/128' }],
    ['! -i veth+', { kind: 'in-interface', name: 'veth+', negated: true }],
    ['-o eth0', { kind: 'out-interface', name: 'eth0' }],
    ['-p tcp', { kind: 'protocol', protocol: 'tcp' }],
    ['-m comment --comment word', { kind: 'comment', text: 'word' }],
    [
      '-m comment --comment "with \\"quotes\\" and -j DROP"',
      { kind: 'comment', text: 'with "quotes" and -j DROP' },
    ],
    ['-m comment --comment -j', { kind: 'comment', text: '-j' }],
    ['-m comment --comment "!"', { kind: 'comment', text: '!' }],
    ['-m comment --comment ""', { kind: 'comment', text: '' }],
    ['! -p tcp', { kind: 'protocol', protocol: 'tcp', negated: true }],
    [
      '-m set ! --match-set KUBE-CLUSTER-IP dst,dst',
      { kind: 'other', text: '-m set ! --match-set KUBE-CLUSTER-IP dst,dst' },
    ],
    ['-m tcp --dport 80', { kind: 'transport', protocol: 'tcp', destinationPort: 80 }],
    ['-m udp', { kind: 'transport', protocol: 'udp' }],
    ['-m mark ! --mark 0x4000/0x4000', { kind: 'mark', value: 0x4000, mask: 0x4000, negated: true }],
    ['-m mark --mark 0x1', { kind: 'mark', value: 1, mask: 0xffffffff }],
    [
      '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT',
      { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negated: true },
    ],
    ['-m state --state NEW', { kind: 'state', states: ['NEW'] }],
    ['-m addrtype --dst-type LOCAL', { kind: 'addrtype', side: 'destination', type: 'LOCAL' }],
    ['-m addrtype ! --src-type LOCAL', { kind: 'addrtype', side: 'source', type: 'LOCAL', negated: true }],
    [
      '-m statistic --mode random --probability 0.33333333349',
      { kind: 'statistic', probability: '0.33333333349' },
    ],
    [
      '-m recent --rcheck --seconds 60 --reap --name KUBE-SEP-X --mask 255.255.255.255 --rsource',
      {
        kind: 'recent',
        action: 'rcheck',
        seconds: 60,
        reap: true,
        list: 'KUBE-SEP-X',
        mask: '255.255.255.255',
      },
    ],
    [
      '-m recent --set --name L --mask 255.255.255.255 --rsource',
      { kind: 'recent', action: 'set', list: 'L', mask: '255.255.255.255' },
    ],
    ['-m nfacct --nfacct-name  c', { kind: 'nfacct', counter: 'c' }],
    ['-m physdev ! --physdev-is-in', { kind: 'physdev-is-in', negated: true }],
    // Known extensions in forms that kube-proxy does not use, and unknown ones.
    ['-m tcp --sport 80 --dport 81', { kind: 'other', text: '-m tcp --sport 80 --dport 81' }],
    ['-m tcp ! --dport 80', { kind: 'other', text: '-m tcp ! --dport 80' }],
    ['-m tcp --dport 80:90', { kind: 'other', text: '-m tcp --dport 80:90' }],
    [
      '-m recent --update --seconds 60 --name L --mask 255.255.255.255 --rsource',
      { kind: 'other', text: '-m recent --update --seconds 60 --name L --mask 255.255.255.255 --rsource' },
    ],
    [
      '-m statistic --mode nth --every 3 --packet 0',
      { kind: 'other', text: '-m statistic --mode nth --every 3 --packet 0' },
    ],
    ['-m string --string "a b" --algo bm', { kind: 'other', text: '-m string --string "a b" --algo bm' }],
    ['-m multiport --dports 80,443', { kind: 'other', text: '-m multiport --dports 80,443' }],
    ['-f', { kind: 'other', text: '-f' }],
  ])('%s', (text, match) => {
    const rule = parseRule(`${text} -j ACCEPT`);
    expect(rule?.matches).toEqual([match]);
    expect(rule && printRuleBody(rule)).toBe(`${text} -j ACCEPT`);
  });
});

describe('targets', () => {
  test.each<[string, IptablesTarget | undefined]>([
    ['-j ACCEPT', { kind: 'accept' }],
    ['-j DROP', { kind: 'drop' }],
    ['-j RETURN', { kind: 'return' }],
    ['-j KUBE-NODEPORTS', { kind: 'jump', chain: 'KUBE-NODEPORTS' }],
    ['-g KUBE-NODEPORTS', { kind: 'goto', chain: 'KUBE-NODEPORTS' }],
    ['-j MARK --set-xmark 0x4000/0x0', { kind: 'mark', value: 0x4000, mask: 0 }],
    ['-j MASQUERADE', { kind: 'masquerade' }],
    ['-j MASQUERADE --random-fully', { kind: 'masquerade', randomFully: true }],
    ['-j DNAT --to-destination [fd00::1]:80', { kind: 'dnat', destination: '[fd00::1]:80' }],
    ['-j REDIRECT --to-ports 36463', { kind: 'redirect', port: 36463 }],
    ['-j REJECT --reject-with tcp-reset', { kind: 'reject', with: 'tcp-reset' }],
    ['-j NFLOG', { kind: 'other', text: '-j NFLOG' }],
    [
      '-j DNAT --to-destination 10.0.0.1:80 --random',
      { kind: 'other', text: '-j DNAT --to-destination 10.0.0.1:80 --random' },
    ],
    ['-j LOG --log-prefix "a -j b"', { kind: 'other', text: '-j LOG --log-prefix "a -j b"' }],
    ['-m comment --comment "no target"', undefined],
  ])('%s', (text, target) => {
    const rule = parseRule(text);
    expect(rule?.target).toEqual(target);
    expect(rule && printRuleBody(rule)).toBe(text);
  });
});

test('printing and parsing are inverse, for every ruleset', () => {
  for (let seed = 1; seed <= 60; seed++) {
    for (const family of ['IPv4', 'IPv6'] as const) {
      const ruleset = buildRuleset(
        'iptables',
        seed % 2 ? 'current' : 'classic',
        proxierState(randomCluster(seed), family),
      );
      if (ruleset.kind !== 'iptables') throw new Error('expected an iptables ruleset');
      const saved = printIptablesSave(ruleset);
      const parsed = parseIptablesSave(saved, family);
      expect(printIptablesSave(parsed)).toBe(saved);
      const kinds = parsed.tables.flatMap(({ chains }) =>
        chains.flatMap(({ rules }) =>
          rules.flatMap(({ matches, target }) => [...matches.map(({ kind }) => kind), target?.kind]),
        ),
      );
      expect(kinds).not.toContain('other');
      expect(parseIptablesSave(saved, family)).toEqual(parsed);
      expect(
        printIptablesRestore(ruleset)
          .split('\n')
          .filter((line) => line.startsWith('-A'))
          .sort(),
      ).toEqual(
        saved
          .split('\n')
          .filter((line) => line.startsWith('-A'))
          .sort(),
      );
    }
  }
});

test('policies and counters are kept', () => {
  const text = '*filter\n:INPUT DROP [5:300]\n:MINE - [0:0]\n[7:420] -A INPUT -j MINE\nCOMMIT\n';
  expect(parseIptablesSave(`# Generated by iptables-save\n${text}`, 'IPv4').tables).toEqual([
    {
      name: 'filter',
      chains: [
        {
          name: 'INPUT',
          policy: 'DROP',
          counters: { packets: 5, bytes: 300 },
          rules: [
            {
              matches: [],
              target: { kind: 'jump', chain: 'MINE' },
              origin: { kind: 'unknown' },
              counters: { packets: 7, bytes: 420 },
            },
          ],
        },
        { name: 'MINE', counters: { packets: 0, bytes: 0 }, rules: [] },
      ],
    },
  ]);
});

test('a restore input leaves the policies of built-in chains alone', () => {
  const ruleset = parseIptablesSave(
    '*filter\n:INPUT DROP [0:0]\n:MINE - [0:0]\n-A INPUT -j MINE\nCOMMIT\n',
    'IPv4',
  );
  expect(printIptablesRestore(ruleset)).toBe('*filter\n:MINE - [0:0]\n-A INPUT -j MINE\nCOMMIT\n');
});

test('the save form shows all built-in chains, then the others by name', () => {
  const ruleset = parseIptablesSave('*nat\n:B - [0:0]\n:A - [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n', 'IPv4');
  expect(printIptablesSave(ruleset).match(/^:\S+/gm)).toEqual([
    ':PREROUTING',
    ':INPUT',
    ':OUTPUT',
    ':POSTROUTING',
    ':A',
    ':B',
  ]);
});

test('lines that end as on Windows, empty tables, and warnings of the tool', () => {
  const text = [
    '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them',
    '*raw',
    'COMMIT',
    '*nat',
    ':A - [0:0]',
    '-A A -m comment --comment "a  b" -j RETURN',
    'COMMIT',
    "# Table `mine' is incompatible, use 'nft' tool.",
    '',
  ];
  const read = parseIptablesSave(text.join('\r\n'), 'IPv4');
  expect(read).toEqual(parseIptablesSave(text.join('\n'), 'IPv4'));
  expect(read.tables.map(({ name, chains }) => [name, chains.length])).toEqual([
    ['raw', 0],
    ['nat', 1],
  ]);
  const rules = read.tables[1]?.chains[0]?.rules ?? [];
  expect(rules.map(printRuleBody)).toEqual(['-m comment --comment "a  b" -j RETURN']);
});

test('nothing at all', () => {
  expect(parseIptablesSave('', 'IPv4').tables).toEqual([]);
  expect(printIptablesSave(parseIptablesSave('', 'IPv4'))).toBe('');
});

describe('text that is not iptables-save names its line', () => {
  test.each([
    ['a rule outside any table', '-A INPUT -j DROP\n', /^line 1: .*outside any table/],
    ['rubbish in a table', '*nat\nrubbish\nCOMMIT\n', /^line 2: "rubbish" is not a rule/],
    ['a broken chain', '*nat\n:A\nCOMMIT\n', /^line 2: .*not a chain's declaration/],
    [
      'an unknown chain',
      '*nat\n-A NONE -j DROP\nCOMMIT\n',
      /^line 2: chain NONE is used before it is declared/,
    ],
    ['no end', '*nat\n:A - [0:0]\n', /table nat ends without COMMIT/],
  ])('%s', (_name, text, expected) => {
    expect(() => parseIptablesSave(text, 'IPv4')).toThrow(IptablesParseError);
    expect(() => parseIptablesSave(text, 'IPv4')).toThrow(expected);
  });
});
