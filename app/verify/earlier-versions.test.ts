import { describe, expect, test } from 'vitest';
import { appliedIptables } from '../ruleset/applied-under-test.ts';
import { BUILT_IN_CHAINS, printIptablesSave } from '../ruleset/iptables-print.ts';
import { updateIptables } from '../ruleset/iptables-update.ts';
import type { IptablesRuleset } from '../ruleset/model.ts';
import { ownPart } from '../ruleset/own-part.ts';
import { isOurChain } from '../ruleset/ownership.ts';
import { EARLIER_IPTABLES_NODES } from './earlier-iptables-under-test.ts';
import { wantedNow } from './earlier-nodes-under-test.ts';
import { findingWords } from './finding-words.ts';
import { parseSavedRules } from './saved-rules.ts';
import { ServiceOfChain } from './service-of-chain.ts';
import { verifyRules } from './verify-rules.ts';

function present(saved: string): IptablesRuleset {
  const { rulesets } = parseSavedRules(saved, undefined);
  const [ruleset] = rulesets;
  if (rulesets.length !== 1 || ruleset?.kind !== 'iptables')
    throw new Error('expected iptables of one family');
  return ruleset;
}

function linesOf(text: string): string[] {
  const told = (line: string): boolean => /^(?:\[\d+:\d+\] )?-A|^:|^\*/.test(line);
  return text
    .split('\n')
    .filter(told)
    .map((line) => line.replace(/^\[\d+:\d+\] /, ''))
    .sort();
}

/** Of all tables, with their rules, as text. */
function foreignPart(ruleset: IptablesRuleset, foreign: readonly string[]): string {
  const tables = ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.filter(({ name }) => foreign.includes(name)),
  }));
  return printIptablesSave({ ...ruleset, tables });
}

describe.each(EARLIER_IPTABLES_NODES)('$version', ({ saved, mode, frame, services, foreign }) => {
  test('is read whole, and printed as it was', () => {
    expect(linesOf(printIptablesSave(present(saved)))).toEqual(linesOf(saved));
    expect(parseSavedRules(saved, undefined).mode).toBe(mode);
  });

  test("what is kube-proxy's is told from what is not", () => {
    const builtIn = new Set(Object.values(BUILT_IN_CHAINS).flat());
    const names = new Set(present(saved).tables.flatMap(({ chains }) => chains.map(({ name }) => name)));
    const user = [...names].filter((name) => !builtIn.has(name)).sort();
    expect(user).toEqual([...frame, ...Object.keys(services), ...foreign].sort());
    expect(user.filter(isOurChain)).toEqual([...frame, ...Object.keys(services)].sort());
    const own = ownPart(present(saved)).tables.flatMap(({ chains }) => chains);
    for (const { name, rules } of own.filter((chain) => builtIn.has(chain.name))) {
      for (const { target } of rules)
        expect(target, name).toMatchObject({ chain: expect.stringMatching(/^KUBE-/) });
    }
  });

  test("each Service's chains are told", () => {
    const found = new ServiceOfChain([present(saved)]);
    const told = Object.keys(services).map((chain) => [chain, found.find(chain)]);
    expect(Object.fromEntries(told)).toEqual(services);
  });

  test("a take-over makes it what is wanted now, and leaves the others' alone", () => {
    const before = present(saved);
    const wanted = wantedNow(mode);
    if (wanted.kind !== 'iptables') throw new Error('expected iptables rules');
    const after = updateIptables(before, wanted).reduce(appliedIptables, before);
    expect(verifyRules(after, wanted)).toEqual([]);
    const others = foreign.filter((name) => name !== 'KUBE-FIREWALL');
    expect(foreignPart(after, others)).toBe(foreignPart(before, others));
  });
});

/** Words without the rest of chains' names. */
function differences(saved: string, mode: 'iptables' | 'userspace'): string[] {
  const findings = verifyRules(present(saved), wantedNow(mode));
  return findings.map(
    (finding) => `${finding.service ?? '-'}: ${findingWords(finding).replace(/-[A-Z2-7]{16}/g, '')}`,
  );
}

const ANOTHER_COMMENT = 'shop/cart: rule in KUBE-SVC with another comment';
const SINCE_THE_FIREWALL = [
  '-: stale rule in KUBE-FORWARD, of an earlier kube-proxy',
  '-: rule in KUBE-FORWARD with another comment',
  'shop/web: stale rule in KUBE-FW to KUBE-MARK-DROP, of an earlier kube-proxy',
  'shop/web: missing rule in KUBE-FW',
  '-: missing chain KUBE-PROXY-FIREWALL',
  ...[ANOTHER_COMMENT, ANOTHER_COMMENT, ANOTHER_COMMENT, ANOTHER_COMMENT],
  'shop/web: rule in KUBE-SVC with another comment',
];
const SINCE_XLB = [
  ...SINCE_THE_FIREWALL,
  'shop/web: stale rule in KUBE-NODEPORTS to KUBE-MARK-MASQ, of an earlier kube-proxy',
  'shop/web: stale external chain KUBE-XLB, of an earlier kube-proxy',
  'shop/web: rule in KUBE-NODEPORTS as an earlier kube-proxy wrote it',
  'shop/web: rule in KUBE-FW as an earlier kube-proxy wrote it',
  'shop/web: missing external chain KUBE-EXT',
  'shop/web: missing endpoint choosing chain KUBE-SVL',
];

test.each([
  [
    '1.20',
    [
      ...SINCE_XLB,
      ...['shop/cart', 'shop/web'].flatMap((service) => [
        `${service}: stale rule in KUBE-SERVICES to KUBE-MARK-MASQ, of an earlier kube-proxy`,
        `${service}: missing rule in KUBE-SVC to KUBE-MARK-MASQ`,
      ]),
    ],
  ],
  ['1.22', SINCE_XLB],
  ['1.24', [...SINCE_THE_FIREWALL, 'shop/web: rule in KUBE-SVL with another comment']],
  ['later', []],
  ['up to 1.25', []],
])('%s: what differs from today is told in words', (version, expected) => {
  const node = EARLIER_IPTABLES_NODES.find((each) => each.version.startsWith(version));
  if (!node || node.mode === 'nftables') throw new Error(`no node of ${version}`);
  expect(differences(node.saved, node.mode).sort()).toEqual([...expected].sort());
});

test("an endpoint too many is found among an earlier kube-proxy's rules, and a foreign rule is called so", () => {
  const node = EARLIER_IPTABLES_NODES[1];
  if (!node || node.mode === 'nftables') throw new Error('no node');
  const endpoint = 'KUBE-SEP-BBBBBBBBBBBBBBBB';
  const damaged = node.saved
    .replace('-A KUBE-FORWARD -m comment', '-A KUBE-FORWARD -s 10.9.9.9/32 -j ACCEPT\n$&')
    .replace(':KUBE-MARK-DROP', `:${endpoint} - [0:0]\n$&`)
    .replace(
      '-A KUBE-MARK-DROP',
      `-A ${endpoint} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.99:8080\n$&`,
    );
  const found = differences(damaged, node.mode);
  expect(found).toContain('shop/web: stale endpoint 10.244.0.99:8080');
  expect(found).toContain('-: foreign rule in KUBE-FORWARD');
  expect(found).toHaveLength(differences(node.saved, node.mode).length + 2);
});

test.each([
  ['first, where the kubelet came later', (jumps: string[]) => jumps],
  ['last, where it was there before', (jumps: string[]) => jumps.toReversed()],
])('the jump that the kubelet writes too stands %s', (_, order) => {
  const node = EARLIER_IPTABLES_NODES.find(({ version }) => version.startsWith('later'));
  const lines = node?.saved.split('\n') ?? [];
  const isJump = (line: string): boolean => line.endsWith('-A INPUT -j KUBE-FIREWALL');
  const [jump = ''] = lines.filter(isJump);
  const others = lines.filter((line) => !isJump(line));
  const [first, last] = order([jump, '']);
  const at = others.findIndex((line) => line.includes('-A INPUT '));
  const end = others.findLastIndex((line) => line.includes('-A INPUT '));
  const placed = [
    ...others.slice(0, at),
    first,
    ...others.slice(at, end + 1),
    last,
    ...others.slice(end + 1),
  ];
  expect(differences(placed.join('\n'), 'iptables')).toEqual([]);
});

test('both families one after the other, from a tool whose name tells neither', () => {
  const header = '# Generated by xtables-save v1.8.2 on Mon Apr  4 22:19:25 2022\n';
  const of = (network: string): string =>
    `${header}*mangle\n:KUBE-PROXY-CANARY - [0:0]\nCOMMIT\n${header}*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d ${network} -j RETURN\nCOMMIT\n`;
  const { rulesets, mode } = parseSavedRules(of('10.96.0.1/32') + of('fd00:96::1/128'), undefined);
  expect(mode).toBe('iptables');
  expect(rulesets.map(({ family, tables }) => [family, tables.map(({ name }) => name)])).toEqual([
    ['IPv4', ['mangle', 'nat']],
    ['IPv6', ['mangle', 'nat']],
  ]);
});
