import { describe, expect, test } from 'vitest';
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import { EARLIER_IPTABLES_NODES } from '../../../app/verify/earlier-iptables-under-test.ts';
import { EARLIER_NFTABLES_NODES } from '../../../app/verify/earlier-nftables-under-test.ts';
import { parseSavedRules } from '../../../app/verify/saved-rules.ts';
import { KnownRules } from './known-rules.ts';
import { SavedChains } from './saved-chains.ts';
import { shownChains } from './shown-rules.ts';

/** The engine watches only: it has written nothing. */
const nothing = new KnownRules([]);

function servicesOf({ rules }: ShownChain): (string | undefined)[] {
  return [...new Set(rules.map(({ service }) => service))];
}

describe.each(EARLIER_IPTABLES_NODES)('$version', ({ saved, services, foreign }) => {
  const shown = new SavedChains('IPv4').take(saved, nothing);

  test('each rule of a Service is told to be its', () => {
    const told = shown.filter(({ chain }) => chain in services).map((each) => [each.chain, servicesOf(each)]);
    const expected = Object.entries(services).map(([chain, service]) => [chain, [service]]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
    const shared = shown.filter(({ chain }) => /SERVICES|NODEPORTS|PORTALS|NODEPORT-/.test(chain));
    const those = shared.flatMap(({ rules }) => rules).filter(({ comment }) => comment?.startsWith('shop/'));
    expect(those.length).toBeGreaterThan(3);
    expect(those.filter(({ service }) => service === undefined)).toEqual([]);
  });

  test('what belongs to no Service is told of none', () => {
    for (const each of shown.filter(({ chain }) => foreign.includes(chain))) {
      expect(each.ours, each.chain).toBe(false);
      expect(servicesOf(each).filter(Boolean), each.chain).toEqual([]);
    }
    expect(shown.flatMap(({ rules }) => rules).filter(({ origin }) => origin)).toEqual([]);
  });

  test('a second reading gives the same objects', () => {
    const chains = new SavedChains('IPv4');
    const before = chains.take(saved, nothing);
    const after = chains.take(saved, nothing);
    expect(after.every((chain, index) => chain === before[index])).toBe(true);
  });
});

test('in a large cluster, whose comments are left out, the ways in tell', () => {
  const silent = (EARLIER_IPTABLES_NODES[3]?.saved ?? '')
    .split('\n')
    .map((line) =>
      /-A KUBE-S(?:VC|VL|EP)-/.test(line) ? line.replace(/-m comment --comment (?:"[^"]*"|\S+) /, '') : line,
    )
    .join('\n');
  const shown = new SavedChains('IPv4').take(silent, nothing);
  const derived = shown.filter(({ chain }) => /^KUBE-(?:SVC|SVL|SEP)-/.test(chain));
  const told = Object.fromEntries(derived.map((each) => [each.chain, servicesOf(each).join()]));
  const { services = {} } = EARLIER_IPTABLES_NODES[3] ?? {};
  expect(told).toEqual(Object.fromEntries(Object.keys(told).map((chain) => [chain, services[chain]])));
});

test.each(EARLIER_NFTABLES_NODES)(
  '$version: chains and elements tell their Service',
  ({ saved, services }) => {
    const shown = parseSavedRules(saved, 'IPv4').rulesets.flatMap((ruleset) => shownChains(ruleset, nothing));
    const ofServices = shown.filter(({ chain, kind }) => chain in services && kind === 'chain');
    const told = ofServices.map((each) => [each.chain, servicesOf(each).join()]);
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(ofServices.map(({ chain }) => [chain, services[chain]])),
    );
    const maps = shown.filter(({ kind }) => kind === 'map').flatMap(({ rules }) => rules);
    expect(maps.map(({ service }) => service)).not.toContain(undefined);
    expect(shown.filter(({ ours, rules }) => !ours && rules.some(({ service }) => service))).toEqual([]);
  },
);
