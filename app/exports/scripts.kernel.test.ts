/** The scripts as a user runs them: over an empty node and over a lived-in one, and what is left after removal. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IPFamily } from '../kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { randomCluster } from '../proxy/random-cluster.ts';
import { printIptablesRestore } from '../ruleset/iptables-print.ts';
import { printNftTransaction } from '../ruleset/nft-print.ts';
import { type ExportRequest, exportText } from './export-text.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const MODES: [mode: ProxyMode, dialect: Dialect][] = [
  ['iptables', 'current'],
  ['iptables', 'classic'],
  ['userspace', 'current'],
  ['userspace', 'classic'],
  ['nftables', 'current'],
];

/** A process whose network namespace the rules go to; with it, the namespace and its rules are gone. */
let holder: ChildProcess;

beforeAll(async () => {
  holder = spawn('unshare', ['--user', '--map-root-user', '--net', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (holder.stdout) await once(holder.stdout, 'data');
});

afterAll(() => {
  holder.stdin?.end();
});

function inNamespace(argv: string[], input = ''): string {
  const enter = ['--target', String(holder.pid), '--user', '--net', '--preserve-credentials', '--'];
  return execFileSync('nsenter', [...enter, ...argv], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

beforeEach(() => {
  inNamespace(['nft', 'flush', 'ruleset']);
});

function request(mode: ProxyMode, dialect: Dialect, seed = 7): Omit<ExportRequest, 'format'> {
  const cluster = randomCluster(seed);
  const rulesets = FAMILIES.map((family) => buildRuleset(mode, dialect, proxierState(cluster, family)));
  return { mode, dialect, rulesets, services: cluster.services, nodeName: cluster.node.name };
}

function apply(mode: ProxyMode, dialect: Dialect, seed?: number): void {
  inNamespace(['sh', '-s'], exportText({ ...request(mode, dialect, seed), format: 'script' }).text);
}

function remove(mode: ProxyMode, dialect: Dialect, seed?: number): void {
  inNamespace(['sh', '-s'], exportText({ ...request(mode, dialect, seed), format: 'remove-script' }).text);
}

/** Everything there is, by both kinds of tools. */
function node(): string {
  const saved = ['iptables-save', 'ip6tables-save'].map((tool) => inNamespace([tool]));
  return [...saved, inNamespace(['nft', 'list', 'ruleset'])].join('\n').replaceAll(/^#.*\n/gm, '');
}

const FOREIGN = [
  ...['iptables', 'ip6tables'].flatMap((tool) => [
    `${tool} -P FORWARD DROP`,
    `${tool} -A INPUT -p tcp --dport 22 -j ACCEPT`,
    `${tool} -t nat -N MINE`,
    `${tool} -t nat -N KUBE-MINE`,
    `${tool} -t nat -A PREROUTING -j MINE`,
    `${tool} -t nat -A MINE -m comment --comment "not \\"-j KUBE-SERVICES\\" at all" -p tcp --dport 99 -j RETURN`,
    `${tool} -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`,
  ]),
  'nft add table inet foreign',
  'nft add chain inet foreign input { type filter hook input priority 5\\; }',
  'nft add rule inet foreign input tcp dport 1 drop',
].join('\n');

describe.each(MODES)('%s, %s dialect', (mode, dialect) => {
  test('a fresh node gets the rules, and is fresh again', () => {
    const before = node();
    apply(mode, dialect);
    const applied = node();
    inNamespace(['nft', 'flush', 'ruleset']);
    for (const ruleset of request(mode, dialect).rulesets) {
      if (ruleset.kind === 'nftables') inNamespace(['nft', '-f', '-'], printNftTransaction([ruleset]));
      else
        inNamespace(
          [ruleset.family === 'IPv4' ? 'iptables-restore' : 'ip6tables-restore'],
          printIptablesRestore(ruleset),
        );
    }
    const loaded = node();
    inNamespace(['nft', 'flush', 'ruleset']);
    expect(rulesOf(applied)).toEqual(rulesOf(loaded));
    apply(mode, dialect);
    remove(mode, dialect);
    expect(node()).toBe(before);
  });

  test("other people's rules stay as they are", () => {
    inNamespace(['sh', '-e', '-s'], FOREIGN);
    const before = node();
    apply(mode, dialect);
    const applied = node();
    expect(rulesOf(applied)).toEqual(expect.arrayContaining(rulesOf(before)));
    apply(mode, dialect);
    expect(node()).toBe(applied);
    remove(mode, dialect);
    expect(node()).toBe(before);
    remove(mode, dialect);
    expect(node()).toBe(before);
  });

  test('the rules of another cluster give way, and leave nothing behind', () => {
    apply(mode, dialect, 8);
    apply(mode, dialect, 9);
    const over = node();
    inNamespace(['nft', 'flush', 'ruleset']);
    apply(mode, dialect, 9);
    expect(rulesOf(over)).toEqual(rulesOf(node()));
  });
});

/** Lines in no order: chains made later are listed later, by nft as by iptables. */
function rulesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

test('the rules of another mode of iptables give way', () => {
  const before = node();
  apply('iptables', 'current');
  apply('userspace', 'current');
  const over = node();
  expect(over).not.toContain('KUBE-SVC-');
  expect(over).not.toContain('-j KUBE-SERVICES');
  remove('userspace', 'current');
  remove('iptables', 'current');
  expect(node()).toBe(before);
});

test("the kubelet's part of KUBE-FIREWALL stays, with the jumps to it", () => {
  inNamespace(
    ['iptables-restore', '--noflush'],
    '*filter\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\n-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP\nCOMMIT\n',
  );
  apply('iptables', 'current');
  expect(node()).toContain('block incoming localnet connections');
  remove('iptables', 'current');
  const left = node();
  expect(left).toContain('-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP');
  expect(left).toContain('-A INPUT -j KUBE-FIREWALL');
  expect(left).not.toContain('block incoming localnet connections');
});

test("a chain that somebody else's rule jumps to is emptied and stays", () => {
  apply('iptables', 'current');
  inNamespace(
    ['iptables-restore', '--noflush'],
    '*nat\n:CNI-HOSTPORT-SETMARK - [0:0]\n-A CNI-HOSTPORT-SETMARK -j KUBE-MARK-MASQ\nCOMMIT\n',
  );
  remove('iptables', 'current');
  const left = inNamespace(['iptables-save', '-t', 'nat']);
  expect(left).toContain('-A CNI-HOSTPORT-SETMARK -j KUBE-MARK-MASQ');
  expect(left).not.toContain('-A KUBE');
});

test('a table whose rules the tool refuses does not change', () => {
  const { text } = exportText({ ...request('iptables', 'current'), format: 'script' });
  const broken = text.replace('-j MASQUERADE --random-fully', '-j NO-SUCH-TARGET');
  expect(() => inNamespace(['sh', '-s'], broken)).toThrow(/NO-SUCH-TARGET|failed/);
  expect(inNamespace(['iptables-save', '-t', 'nat'])).not.toMatch(/^(-A|:KUBE)/m);
});
