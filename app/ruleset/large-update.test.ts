/** What a large change looks like after each of its transactions, to packets that go through meanwhile. */
import { describe, expect, test } from 'vitest';
import { buildRuleset } from '../proxy/build-ruleset.ts';
import { iptablesDestinations } from '../proxy/iptables/walk-under-test.ts';
import { clusterIPOf, type ManyServices, manyServices } from '../proxy/many-services-under-test.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { appliedIptables } from './applied-under-test.ts';
import { updateIptables } from './iptables-update.ts';
import type { IptablesRuleset } from './model.ts';
import { iptablesLineSize, SMALL_TRANSACTION, totalSize } from './transaction-size.ts';

const SERVICES = 300;
const FEW = 5;
const NONE: IptablesRuleset = { kind: 'iptables', family: 'IPv4', tables: [], omissions: [] };

function rulesOf(count: number, changes: ManyServices = {}): IptablesRuleset {
  const ruleset = buildRuleset('iptables', 'current', proxierState(manyServices(count, changes), 'IPv4'));
  if (ruleset.kind !== 'iptables') throw new Error('expected an iptables ruleset');
  return ruleset;
}

function reached(ruleset: IptablesRuleset, index: number): string[] {
  const packet = { source: '198.51.100.9', destination: clusterIPOf(index), protocol: 'tcp', port: 80 };
  return iptablesDestinations(ruleset, { ...packet, fromNode: false, toNode: false });
}

function isRefused(ruleset: IptablesRuleset, index: number): boolean {
  const filter = ruleset.tables.find(({ name }) => name === 'filter');
  const rules = filter?.chains.find(({ name }) => name === 'KUBE-SERVICES')?.rules ?? [];
  return rules.some(
    ({ target, matches }) =>
      target?.kind === 'reject' &&
      matches.some((match) => match.kind === 'destination' && match.cidr === `${clusterIPOf(index)}/32`),
  );
}

// The first Services keep their endpoints throughout.
const even = Array.from({ length: SERVICES / 2 }, (_, index) => 2 * index).filter((index) => index > FEW);
const odd = even.map((index) => index + 1);

/** Asked after each transaction: the first, the last, even and odd ones between. */
const SAMPLE = [0, 3, 50, 101, 298, 299];

describe.each<[string, before: IptablesRuleset, after: IptablesRuleset]>([
  ['Services come', rulesOf(FEW), rulesOf(SERVICES)],
  ['Services go', rulesOf(SERVICES), rulesOf(FEW)],
  ['all endpoints change', rulesOf(SERVICES), rulesOf(SERVICES, { targetPort: 9090 })],
  [
    'half lose and half get endpoints',
    rulesOf(SERVICES, { withoutEndpoints: even }),
    rulesOf(SERVICES, { withoutEndpoints: odd }),
  ],
  [
    'half get endpoints, from another order',
    reordered(rulesOf(SERVICES, { withoutEndpoints: even })),
    rulesOf(SERVICES),
  ],
])('%s', (_what, before, after) => {
  const inputs = updateIptables(before, after);

  test('in transactions that the kernel takes', () => {
    expect(inputs.length).toBeGreaterThan(1);
    for (const input of inputs) {
      expect(input.match(/^COMMIT$/gm)).toHaveLength(1);
      expect(totalSize(input.trimEnd().split('\n'), iptablesLineSize)).toBeLessThanOrEqual(
        SMALL_TRANSACTION + 1000,
      );
    }
  });

  test('which together make what is wanted', () => {
    const end = inputs.reduce(appliedIptables, before);
    expect(updateIptables(end, after)).toEqual([]);
  });

  test('and after each of which Services that have endpoints before and after are served', () => {
    const asked = SAMPLE.map((index) => ({
      index,
      old: reached(before, index),
      wanted: reached(after, index),
    }));
    const served = asked.filter(({ old, wanted }) => old.length > 0 && wanted.length > 0);
    expect(served.length).toBeGreaterThan(0);
    let now = before;
    for (const input of inputs) {
      now = appliedIptables(now, input);
      for (const { index, old, wanted } of asked) {
        const found = reached(now, index);
        const what = `Service ${index} after ${input.slice(0, 200)}`;
        expect([old, wanted], what).toContainEqual(found);
        // Once the nat table leads there, the filter table has stopped refusing.
        if (wanted.length > 0 && found.length > 0) expect(isRefused(now, index), what).toBe(false);
      }
    }
  });
});

test('a failure in the middle is mended from what the node then holds', () => {
  const wanted = rulesOf(SERVICES);
  const inputs = updateIptables(NONE, wanted);
  const half = inputs.slice(0, inputs.length / 2).reduce(appliedIptables, NONE);
  const end = updateIptables(half, wanted).reduce(appliedIptables, half);
  expect(updateIptables(end, wanted)).toEqual([]);
});

/** As another program has written it: the rules of KUBE-SERVICES in another order, the last one last. */
function reordered(ruleset: IptablesRuleset): IptablesRuleset {
  const tables = ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => {
      if (chain.name !== 'KUBE-SERVICES' || table.name !== 'nat') return chain;
      return { ...chain, rules: [...chain.rules.slice(0, -1).reverse(), ...chain.rules.slice(-1)] };
    }),
  }));
  return { ...ruleset, tables };
}
