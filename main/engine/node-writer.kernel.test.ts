/** From cluster to cluster as the engine writes a change, through the helper's verbs, on the real kernel. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { Dice } from '../../app/proxy/random-cluster.ts';
import { printIptablesRestore } from '../../app/ruleset/iptables-print.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { printNftTransaction } from '../../app/ruleset/nft-print.ts';
import { isSharedChain } from '../../app/ruleset/ownership.ts';
import { type TestCluster, testClusters } from '../testing/clusters.ts';
import { NodeUnderTest } from '../testing/node-under-test.ts';
import { type FamilyRulesets, NodeWriter } from './node-writer.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const TOOLS = { iptables: true, ip6tables: true, nft: true };

/** Gets one change after the other. */
let changed: NodeUnderTest;
/** Gets each ruleset whole, where nothing was before. */
let fresh: NodeUnderTest;

beforeAll(async () => {
  [changed, fresh] = await Promise.all([NodeUnderTest.make(), NodeUnderTest.make()]);
  for (const { target } of [changed, fresh]) {
    await target.verbs.createCounters({
      names: ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'],
    });
  }
});

afterAll(async () => {
  await Promise.all([changed, fresh].map((node) => node[Symbol.asyncDispose]()));
});

function rulesetsOf({ snapshot }: TestCluster, mode: ProxyMode, dialect: Dialect): FamilyRulesets {
  return Object.fromEntries(
    FAMILIES.map((family) => [family, buildRuleset(mode, dialect, proxierState(snapshot, family))]),
  );
}

/** As `render` prints it, into an empty kernel. */
async function loadFresh(rulesets: FamilyRulesets): Promise<void> {
  await fresh.run(['nft', 'flush', 'ruleset']);
  for (const family of FAMILIES) {
    const ruleset = rulesets[family] as Ruleset;
    if (ruleset.kind === 'nftables') await fresh.run(['nft', '-f', '-'], printNftTransaction([ruleset]));
    else {
      const tool = family === 'IPv4' ? 'iptables-restore' : 'ip6tables-restore';
      await fresh.run([tool], printIptablesRestore(ruleset));
    }
  }
}

type Reader = 'iptables' | 'nftables';

/** What the kernel holds, by chain, set or map: shared chains as sets with the rule that must be last last. */
async function kernelRules(
  node: NodeUnderTest,
  readers: readonly Reader[],
): Promise<Record<string, string[]>> {
  const readings: Promise<Record<string, string[]>>[] = [];
  if (readers.includes('iptables')) {
    readings.push(
      node.run(['iptables-save']).then(({ stdout }) => iptablesChains('IPv4', stdout)),
      node.run(['ip6tables-save']).then(({ stdout }) => iptablesChains('IPv6', stdout)),
    );
  }
  if (readers.includes('nftables')) {
    readings.push(node.run(['nft', '-s', 'list', 'ruleset']).then(({ stdout }) => nftContainers(stdout)));
  }
  return Object.assign({}, ...(await Promise.all(readings))) as Record<string, string[]>;
}

/** Loads the rules where nothing was before, and expects the changed node to hold the same. */
async function expectAsIfFresh(
  wanted: FamilyRulesets,
  readers: readonly Reader[],
  what: string,
): Promise<void> {
  await loadFresh(wanted);
  const [is, shouldBe] = await Promise.all([changed, fresh].map((node) => kernelRules(node, readers)));
  expect(is, what).toEqual(shouldBe);
  expect(Object.keys(is ?? {}).length, what).toBeGreaterThan(4);
}

function iptablesChains(family: IPFamily, saved: string): Record<string, string[]> {
  const chains: Record<string, string[]> = {};
  let table = '';
  const rulesOf = (chain: string): string[] => {
    const name = `${family} ${table} ${chain}`;
    const rules = chains[name] ?? [];
    chains[name] = rules;
    return rules;
  };
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith(':KUBE-')) rulesOf(line.slice(1).split(' ')[0] ?? '');
    else if (line.startsWith('-A ')) rulesOf(line.split(' ')[1] ?? '').push(line);
  }
  for (const [name, rules] of Object.entries(chains)) {
    if (!isSharedChain(name.split(' ')[2] ?? '')) continue;
    const isLast = (rule: string): number => Number(rule.includes('NOTE: this must be the last'));
    rules.sort((a, b) => isLast(a) - isLast(b) || (a < b ? -1 : 1));
  }
  return chains;
}

/** Of kube-proxy's own tables: nft lists those of iptables, too. */
function nftContainers(listed: string): Record<string, string[]> {
  const containers: Record<string, string[]> = {};
  let table = '';
  let lines: string[] = [];
  for (const line of listed.replace(/,\s*\n\s*/g, ', ').split('\n')) {
    const [, named] = /^table (\S+ \S+) \{$/.exec(line) ?? [];
    const [, container] = /^\t((?:set|map|chain) \S+) \{$/.exec(line) ?? [];
    if (named) table = named;
    else if (container) {
      lines = [];
      if (table.endsWith(' kube-proxy')) containers[`${table} ${container}`] = lines;
    } else if (line.startsWith('\t\t')) lines.push(sortedElements(line.trim()));
  }
  return containers;
}

function sortedElements(line: string): string {
  const [, elements] = /^elements = \{ (.*) \}$/.exec(line) ?? [];
  return elements === undefined ? line : elements.split(', ').sort().join(', ');
}

/** Every cluster once, in an order that the dice choose. */
function shuffled(clusters: readonly TestCluster[], dice: Dice): TestCluster[] {
  const left = [...clusters];
  return clusters.flatMap(() => left.splice(dice.between(0, left.length - 1), 1));
}

describe.each<[mode: ProxyMode, dialect: Dialect]>([
  ['iptables', 'current'],
  ['nftables', 'current'],
  ['userspace', 'current'],
])('in %s mode', (mode, dialect) => {
  test('every cluster, reached from another by a change, is as if loaded fresh', async () => {
    const writer = new NodeWriter(changed.target, TOOLS);
    const [first, ...rest] = shuffled(testClusters(), new Dice(20));
    if (first === undefined) throw new Error('no clusters');
    await writer.write(rulesetsOf(first, mode, dialect));
    for (const cluster of [...rest, first]) {
      const wanted = rulesetsOf(cluster, mode, dialect);
      await writer.write(wanted);
      await expectAsIfFresh(wanted, [mode === 'nftables' ? 'nftables' : 'iptables'], cluster.name);
    }
  }, 240_000);
});

test('through every mode and dialect, with nothing of the one before left', async () => {
  const writer = new NodeWriter(changed.target, TOOLS);
  const dice = new Dice(21);
  const clusters = testClusters();
  const modes: [ProxyMode, Dialect][] = [
    ['iptables', 'current'],
    ['nftables', 'current'],
    ['userspace', 'current'],
    ['iptables', 'classic'],
    ['nftables', 'current'],
    ['userspace', 'classic'],
    ['iptables', 'current'],
  ];
  for (const [mode, dialect] of modes) {
    const cluster = clusters[dice.between(0, clusters.length - 1)] as TestCluster;
    const wanted = rulesetsOf(cluster, mode, dialect);
    await writer.write(wanted);
    await expectAsIfFresh(wanted, ['iptables', 'nftables'], `${cluster.name}, ${mode}, ${dialect}`);
  }
});
