import { expect, test } from 'vitest';
import { parseIptablesSave } from './iptables-parse.ts';
import { keepChains } from './kept-chains.ts';
import type { IptablesRuleset, Ruleset } from './model.ts';
import { parseNftables } from './nft-parse.ts';

function iptables(rules: string): IptablesRuleset {
  return parseIptablesSave(`*nat\n:A - [0:0]\n:B - [0:0]\n${rules}\nCOMMIT\n`, 'IPv4');
}

function chainsOf(ruleset: Ruleset): object[] {
  return ruleset.tables.flatMap((table): object[] =>
    'sets' in table ? [...table.chains, ...table.sets, ...table.maps] : table.chains,
  );
}

test('chains that say the same are the same objects, and the whole says what it said', () => {
  const before = iptables('-A A -d 10.0.0.1/32 -j B\n-A B -j ACCEPT');
  const next = iptables('-A A -d 10.0.0.2/32 -j B\n-A B -j ACCEPT');
  const kept = keepChains(next, before);
  expect(kept).toEqual(next);
  expect(chainsOf(kept)[0]).not.toBe(chainsOf(before)[0]);
  expect(chainsOf(kept)[1]).toBe(chainsOf(before)[1]);
});

test.each([
  ['a rule more', '-A A -j B\n-A A -j B\n-A B -j ACCEPT'],
  ['a rule less', '-A B -j ACCEPT'],
  ['another field', '-A A -m comment --comment "it" -j B\n-A B -j ACCEPT'],
])('a chain with %s is another one', (_, rules) => {
  const before = iptables('-A A -j B\n-A B -j ACCEPT');
  const kept = keepChains(iptables(rules), before);
  expect(kept).toEqual(iptables(rules));
  expect(chainsOf(kept)[0]).not.toBe(chainsOf(before)[0]);
});

test('a rule of another cause is another one, though it reads the same', () => {
  const before = iptables('-A A -j B');
  const next = iptables('-A A -j B');
  const [rule] = next.tables[0]?.chains[0]?.rules ?? [];
  if (rule) Object.assign(rule, { origin: { kind: 'kube-proxy' } });
  expect(keepChains(next, before)).toEqual(next);
});

test('nftables: chains, sets and maps', () => {
  const text = (address: string): string =>
    `table ip kube-proxy {\n\tset cluster-ips {\n\t\ttype ipv4_addr\n\t\telements = { ${address} }\n\t}\n\n\tchain services {\n\t\tip daddr @cluster-ips drop\n\t}\n}\n`;
  const before = parseNftables(text('10.0.0.1'), 'IPv4');
  const kept = keepChains(parseNftables(text('10.0.0.2'), 'IPv4'), before);
  expect(kept).toEqual(parseNftables(text('10.0.0.2'), 'IPv4'));
  const [chain, set] = chainsOf(kept);
  expect(chain).toBe(chainsOf(before)[0]);
  expect(set).not.toBe(chainsOf(before)[1]);
});

test('of another kind nothing is kept', () => {
  const next = iptables('-A A -j B');
  expect(keepChains(next, parseNftables('', 'IPv4'))).toBe(next);
  expect(keepChains(next, undefined)).toBe(next);
});
