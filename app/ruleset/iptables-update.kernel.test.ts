/** Rules as printed and updates as written, taken to the real kernel in a network namespace and read back. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IPFamily } from '../kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { changedCluster, Dice, randomCluster } from '../proxy/random-cluster.ts';
import { parseIptablesSave } from './iptables-parse.ts';
import { printIptablesRestore, printIptablesSave, printRule, printRuleBody } from './iptables-print.ts';
import { updateIptables } from './iptables-update.ts';
import type { IptablesRuleset } from './model.ts';
import { isOurChain, isOurJump, isSharedChain, KUBELET_SHARED_CHAIN } from './ownership.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

/** A process whose network namespace the rules go to; with it, the namespace and its rules are gone. */
let holder: ChildProcess;

function inNamespace(argv: string[], input = ''): string {
  const enter = ['--target', String(holder.pid), '--user', '--net', '--preserve-credentials', '--'];
  return execFileSync('nsenter', [...enter, ...argv], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function tool(family: IPFamily, name: 'restore' | 'save'): string {
  return family === 'IPv4' ? `iptables-${name}` : `ip6tables-${name}`;
}

function load(family: IPFamily, input: string): void {
  inNamespace([tool(family, 'restore'), '--noflush'], input);
}

function save(family: IPFamily): IptablesRuleset {
  return parseIptablesSave(inNamespace([tool(family, 'save')]), family);
}

function reset(): void {
  inNamespace(['nft', 'flush', 'ruleset']);
}

function empty(family: IPFamily): IptablesRuleset {
  return { kind: 'iptables', family, tables: [], omissions: [] };
}

const MODES: [mode: ProxyMode, dialect: Dialect][] = [
  ['iptables', 'current'],
  ['iptables', 'classic'],
  ['userspace', 'current'],
  ['userspace', 'classic'],
];

/** A random cluster's rules, in one mode and dialect after the other. */
function random(seed: number, family: IPFamily): IptablesRuleset {
  const [mode, dialect] = MODES[seed % MODES.length] ?? ['iptables', 'current'];
  const ruleset = buildRuleset(mode, dialect, proxierState(randomCluster(seed), family));
  if (ruleset.kind !== 'iptables') throw new Error('expected an iptables ruleset');
  return ruleset;
}

/** Chains with their rules as text, shared ones as sets with the rules that must be last last. */
function ours(ruleset: IptablesRuleset): Record<string, string[]> {
  const chains: Record<string, string[]> = {};
  for (const table of ruleset.tables) {
    for (const { name, policy, rules } of table.chains) {
      const isOurs = isOurChain(name) || name === KUBELET_SHARED_CHAIN;
      if (!isOurs && policy === undefined) continue;
      const mine = isOurs ? rules : rules.filter(isOurJump);
      const bodies = mine.map(printRuleBody);
      if (isSharedChain(name))
        bodies.sort((a, b) => Number(a.includes('NOTE:')) - Number(b.includes('NOTE:')) || (a < b ? -1 : 1));
      if (isOurs || bodies.length > 0) chains[`${table.name} ${name}`] = bodies;
    }
  }
  return chains;
}

/** The rules that are not ours, in order. */
function foreign(ruleset: IptablesRuleset): string[] {
  return ruleset.tables.flatMap((table) =>
    table.chains.flatMap(({ name, policy, rules }) => {
      if (isOurChain(name) || name === KUBELET_SHARED_CHAIN) return [];
      const others = policy === undefined ? rules : rules.filter((rule) => !isOurJump(rule));
      const lines = others.map((rule) => printRule(name, rule));
      return policy === undefined ? [`:${name}`, ...lines] : lines;
    }),
  );
}

const FOREIGN_RULES = `*nat
:CNI-HOSTPORT - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
-A PREROUTING -p tcp -m tcp --dport 8443 -j REDIRECT --to-ports 443
-A PREROUTING -m comment --comment "not \\"ours\\"" -j CNI-HOSTPORT
-A OUTPUT -j CNI-HOSTPORT
-A CNI-HOSTPORT -p tcp -m multiport --dports 80,443 -j RETURN
-A POSTROUTING -o eth9 -j MASQUERADE
COMMIT
*filter
:MY-FIREWALL - [0:0]
:KUBE-ROUTER-INPUT - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -j MY-FIREWALL
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A MY-FIREWALL -m limit --limit 5/min -j LOG --log-prefix "dropped: " --log-level 7
-A MY-FIREWALL -j RETURN
COMMIT
`;

beforeAll(async () => {
  // A user namespace of its own, so that an ordinary user can run this as well.
  holder = spawn(
    'unshare',
    ['--user', '--map-root-user', '--net', 'sh', '-c', 'echo ready; exec sleep infinity'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (holder.stdout) await once(holder.stdout, 'data');
  for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts']) {
    inNamespace(['nfacct', 'add', counter]);
  }
});

afterAll(() => {
  holder.kill('SIGKILL');
});

describe.each(FAMILIES)('%s', (family) => {
  test('what is printed is what iptables-save prints of it', () => {
    for (let seed = 1; seed <= 40; seed++) {
      reset();
      const ruleset = random(seed, family);
      inNamespace([tool(family, 'restore')], printIptablesRestore(ruleset));
      const saved = save(family);
      expect(ours(saved), `seed ${seed}`).toEqual(ours(ruleset));
      expect(printIptablesSave(saved)).toBe(inNamespace([tool(family, 'save')]).replace(/^#.*\n/gm, ''));
    }
  });

  test('a walk from ruleset to ruleset leaves each as if loaded fresh, and foreign rules as they were', () => {
    reset();
    load(family, FOREIGN_RULES);
    const untouched = foreign(save(family));
    const dice = new Dice(7);
    for (let step = 1; step <= 60; step++) {
      const wanted = dice.chance(0.1) ? empty(family) : random(dice.between(1, 1000), family);
      for (const input of updateIptables(save(family), wanted)) load(family, input);
      const saved = save(family);
      expect(ours(saved), `step ${step}`).toEqual(ours(wanted));
      expect(foreign(saved), `step ${step}`).toEqual(untouched);
      expect(updateIptables(saved, wanted), `step ${step}`).toEqual([]);
    }
  });

  test('changes told from what was written last, without reading the node', () => {
    reset();
    load(family, FOREIGN_RULES);
    let cluster = randomCluster(3, 20);
    let known = empty(family);
    for (let step = 1; step <= 40; step++) {
      const wanted = buildRuleset('iptables', 'current', proxierState(cluster, family)) as IptablesRuleset;
      for (const input of updateIptables(known, wanted)) load(family, input);
      expect(ours(save(family)), `step ${step}`).toEqual(ours(wanted));
      known = wanted;
      cluster = changedCluster(cluster, step);
    }
  });
});
