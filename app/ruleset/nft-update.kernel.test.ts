/** The nftables mode's table as printed and updates as written, taken to the real kernel and read back. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkNft } from '../../main/helper/ruleset-guard.ts';
import type { IPFamily } from '../kubernetes/objects.ts';
import { buildNftablesRuleset } from '../proxy/nftables/ruleset.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { changedCluster, Dice, randomCluster } from '../proxy/random-cluster.ts';
import type { NftablesRuleset, NftablesTable } from './model.ts';
import { canonicalRule } from './nft-canonical.ts';
import { printElement, setProperties } from './nft-commands.ts';
import { parseNftables } from './nft-parse.ts';
import { printNftList, printNftTransaction } from './nft-print.ts';
import { type NftUpdateOptions, updateNftables } from './nft-update.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

/** A process whose network namespace the rules go to; with it, the namespace and its rules are gone. */
let holder: ChildProcess;

function nft(argv: string[], input = ''): string {
  const enter = ['--target', String(holder.pid), '--user', '--net', '--preserve-credentials', '--'];
  return execFileSync('nsenter', [...enter, 'nft', ...argv], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
}

/** As the node's helper does: what it would refuse is a failure here, too. */
function load(input: string): void {
  checkNft(input);
  if (input !== '') nft(['-f', '-'], input);
}

function read(family: IPFamily): NftablesRuleset {
  return parseNftables(nft(['-s', 'list', 'ruleset']), family);
}

function reset(): void {
  nft(['flush', 'ruleset']);
}

function empty(family: IPFamily): NftablesRuleset {
  return { kind: 'nftables', family, tables: [], omissions: [] };
}

function random(seed: number, family: IPFamily): NftablesRuleset {
  return buildNftablesRuleset('current', proxierState(randomCluster(seed), family));
}

/** Our table as comparable text: elements in any order, rules in their canonical form. */
function contents(ruleset: NftablesRuleset): Record<string, string[]> {
  const table = ruleset.tables.find(({ family, name }) => family !== 'inet' && name === 'kube-proxy');
  return table === undefined ? {} : Object.fromEntries([...setContents(table), ...chainContents(table)]);
}

function setContents({ sets, maps }: NftablesTable): [string, string[]][] {
  return [...sets, ...maps].map((set) => {
    // Whom rules have noted is the kernel's business.
    const elements = set.flags?.includes('dynamic') ? [] : set.elements.map(printElement).sort();
    return [`set ${set.name}`, [...setProperties(set), ...elements]];
  });
}

function chainContents({ chains }: NftablesTable): [string, string[]][] {
  return chains.map(({ name, base, comment, rules }) => [
    `chain ${name}`,
    [JSON.stringify(base ?? null), comment ?? '', ...rules.map(canonicalRule)],
  ]);
}

/** Tables that are not ours, as nft prints them. */
function foreign(): string {
  return nft(['-s', 'list', 'ruleset'])
    .split(/^(?=table )/m)
    .filter((table) => !/^table ip6? kube-proxy /.test(table))
    .join('');
}

const FOREIGN_TABLES = `table ip filter {
  set blocked { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }
  chain input { type filter hook input priority filter; policy accept; ip saddr @blocked counter drop comment "not { ours"; }
}
table inet kube-proxy { chain services { tcp dport { 22, 80-90 } accept; }; }
table ip6 nat { chain post { type nat hook postrouting priority srcnat; oifname "eth9" masquerade; }; }
`;

beforeAll(async () => {
  // A user namespace of its own, so that an ordinary user can run this as well.
  holder = spawn(
    'unshare',
    ['--user', '--map-root-user', '--net', 'sh', '-c', 'echo ready; exec sleep infinity'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (holder.stdout) await once(holder.stdout, 'data');
});

afterAll(() => {
  holder.kill('SIGKILL');
});

describe.each(FAMILIES)('%s', (family) => {
  test('what is printed is what nft lists, and reads again as it was', () => {
    for (const seed of SEEDS) {
      reset();
      const ruleset = random(seed, family);
      load(printNftTransaction([ruleset]));
      const listed = nft(['-s', 'list', 'ruleset']);
      expect(contents(parseNftables(listed, family)), `seed ${seed}`).toEqual(contents(ruleset));
      expect(printNftList([parseNftables(listed, family)]), `seed ${seed}`).toBe(listed);
    }
  });

  test('the JSON tells the same as the text, but for what nft leaves out of it', () => {
    for (const seed of SEEDS) {
      reset();
      load(printNftTransaction([random(seed, family)]));
      const fromJson = parseNftables(nft(['-j', 'list', 'ruleset']), family);
      expect(contents(withoutJsonGaps(fromJson)), `seed ${seed}`).toEqual(
        contents(withoutJsonGaps(read(family))),
      );
      expect(updateNftables(fromJson, random(seed, family)), `seed ${seed}`).toEqual([]);
    }
  });

  test('a transaction takes the place of what was there', () => {
    reset();
    load(printNftTransaction([random(1, family)]));
    load(printNftTransaction([random(2, family)]));
    expect(contents(read(family))).toEqual(contents(random(2, family)));
  });

  test('a walk from ruleset to ruleset leaves each as if loaded fresh, and foreign tables as they were', () => {
    reset();
    nft(['-f', '-'], FOREIGN_TABLES);
    const untouched = foreign();
    const dice = new Dice(7);
    for (let step = 1; step <= 80; step++) {
      const wanted = dice.chance(0.1) ? empty(family) : random(dice.between(1, 1000), family);
      for (const input of updateNftables(read(family), wanted)) load(input);
      const present = read(family);
      expect(contents(present), `step ${step}`).toEqual(contents(wanted));
      expect(foreign(), `step ${step}`).toBe(untouched);
      expect(updateNftables(present, wanted), `step ${step}`).toEqual([]);
    }
  });

  test('changes told from what was written last, without reading the node', () => {
    reset();
    let cluster = randomCluster(3, 20);
    let known = empty(family);
    for (let step = 1; step <= 60; step++) {
      const wanted = buildNftablesRuleset('current', proxierState(cluster, family));
      for (const input of updateNftables(known, wanted)) load(input);
      expect(contents(read(family)), `step ${step}`).toEqual(contents(wanted));
      known = wanted;
      cluster = changedCluster(cluster, step);
    }
  });

  test('chains that an old kernel holds on to are emptied first, and gone with the next update', () => {
    reset();
    const options: NftUpdateOptions = { staleChains: 'flush' };
    for (const input of updateNftables(empty(family), random(5, family), options)) load(input);
    for (const seed of SEEDS) {
      const wanted = random(seed, family);
      for (const input of updateNftables(read(family), wanted, options)) load(input);
      const [stale, ...rest] = [chainNames(read(family)), chainNames(wanted)];
      expect(stale, `seed ${seed}`).toEqual(expect.arrayContaining(rest.flat()));
      for (const input of updateNftables(read(family), wanted, options)) load(input);
      expect(contents(read(family)), `seed ${seed}`).toEqual(contents(wanted));
    }
  });
});

function chainNames({ tables }: NftablesRuleset): string[] {
  return tables.flatMap(({ chains }) => chains.map(({ name }) => name));
}

/** Without comments of tables and chains, and without the flag that a set is dynamic. */
function withoutJsonGaps(ruleset: NftablesRuleset): NftablesRuleset {
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      comment: '',
      chains: table.chains.map(({ comment: _, ...chain }) => chain),
      sets: table.sets.map(({ flags = [], ...set }) => ({
        ...set,
        flags: flags.filter((flag) => flag !== 'dynamic'),
      })),
    })),
  };
}

describe('clients that an affinity set has noted', () => {
  const CLIENT = '198.51.100.7';
  const cluster = (timeoutSeconds: number, endpoints: number): NftablesRuleset => {
    const base = randomCluster(1, 0);
    const snapshot = {
      ...base,
      services: [
        {
          metadata: { name: 'web', namespace: 'default' },
          spec: {
            clusterIP: '10.254.0.1',
            ports: [{ port: 80 }],
            sessionAffinity: 'ClientIP' as const,
            sessionAffinityConfig: { clientIP: { timeoutSeconds } },
          },
        },
      ],
      slices: [
        {
          metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
          addressType: 'IPv4' as const,
          ports: [{ name: '', port: 8080, protocol: 'TCP' as const }],
          endpoints: Array.from({ length: endpoints }, (_, index) => ({
            addresses: [`10.244.0.${index + 1}`],
          })),
        },
      ],
    };
    return buildNftablesRuleset('current', proxierState(snapshot, 'IPv4'));
  };
  const clients = (): string[] =>
    read('IPv4')
      .tables.flatMap(({ sets }) => sets)
      .filter(({ name }) => name.startsWith('affinity-') && name.endsWith('10.244.0.1/8080'))
      .flatMap(({ elements }) => elements.flatMap(({ key }) => key));

  test.each([
    ['stay when an endpoint comes', cluster(10800, 3), [CLIENT]],
    ['stay when an endpoint goes', cluster(10800, 1), [CLIENT]],
    ['stay when they may stay for another time', cluster(60, 2), [CLIENT]],
    ['go with their endpoint', cluster(10800, 0), []],
    ['go with the table', empty('IPv4'), []],
  ])('%s', (_name, wanted, expected) => {
    reset();
    const before = cluster(10800, 2);
    for (const input of updateNftables(empty('IPv4'), before)) load(input);
    const set = before.tables[0]?.sets.find(({ name }) => name.endsWith('10.244.0.1/8080'));
    nft(['add', 'element', 'ip', 'kube-proxy', set?.name ?? '', `{ ${CLIENT} }`]);
    expect(clients()).toEqual([CLIENT]);
    for (const input of updateNftables(read('IPv4'), wanted)) load(input);
    expect(clients()).toEqual(expected);
    expect(contents(read('IPv4'))).toEqual(contents(wanted));
  });
});
