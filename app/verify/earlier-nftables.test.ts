import { describe, expect, test } from 'vitest';
import type { NftablesRuleset, NftablesTable } from '../ruleset/model.ts';
import { parseNftables } from '../ruleset/nft-parse.ts';
import { printNftList } from '../ruleset/nft-print.ts';
import { serviceOfChain } from '../ruleset/nft-service-names.ts';
import { EARLIER_NFTABLES_NODES } from './earlier-nftables-under-test.ts';
import { nftName, wantedNow } from './earlier-nodes-under-test.ts';
import { findingWords } from './finding-words.ts';
import { parseSavedRules } from './saved-rules.ts';
import { verifyRules } from './verify-rules.ts';

function present(saved: string): NftablesRuleset {
  const ruleset = parseSavedRules(saved, 'IPv4').rulesets[0];
  if (ruleset?.kind !== 'nftables') throw new Error('expected nftables rules');
  return ruleset;
}

function kubeProxys({ tables }: NftablesRuleset): NftablesTable {
  const table = tables.find(({ name }) => name === 'kube-proxy');
  if (!table) throw new Error('no table kube-proxy');
  return table;
}

/** Without the rest of the name: `stale chain endpoint, of an earlier kube-proxy`. */
function differences(saved: string): string[] {
  const findings = verifyRules(present(saved), wantedNow('nftables'));
  const short = (words: string): string =>
    words.replace(/\b(service|local|external|endpoint)-[A-Z2-7]{8}-[^\s,]+/, '$1');
  return findings.map((finding) => `${finding.service ?? '-'}: ${short(findingWords(finding))}`);
}

describe.each(EARLIER_NFTABLES_NODES)('$version', ({ saved, mode, frame, services, foreign }) => {
  test('is read whole: printed and read again it is the same', () => {
    const ruleset = present(saved);
    expect(parseNftables(printNftList([ruleset]), 'IPv4')).toEqual(ruleset);
    const { chains, sets, maps } = kubeProxys(ruleset);
    const names = [...chains, ...sets, ...maps].map(({ name }) => name);
    expect(names.sort()).toEqual([...frame, ...Object.keys(services)].sort());
    const others = ruleset.tables.filter(({ name }) => name !== 'kube-proxy');
    expect(others.flatMap((table) => table.chains.map(({ name }) => name))).toEqual(foreign);
    expect(parseSavedRules(saved, 'IPv4').mode).toBe(mode);
    const rules = (text: string): string[] =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => /jump|goto|drop|dnat|xt target/.test(line))
        .sort();
    expect(rules(printNftList([ruleset]))).toEqual(rules(saved));
  });

  test('with handles, as `nft -a` lists, it is the same', () => {
    let handle = 1;
    const listed = saved.replace(/( \{|(?:jump|goto|drop) ?\S*)$/gm, (end) => `${end} # handle ${handle++}`);
    expect(listed).not.toBe(saved);
    expect(present(listed)).toEqual(present(saved));
  });

  test('each chain, set and element tells its Service', () => {
    const { chains, sets, maps } = kubeProxys(present(saved));
    const told = [...chains, ...sets, ...maps].flatMap(({ name }) => {
      const service = serviceOfChain(name);
      return service ? [[name, `${service.namespace}/${service.name}`]] : [];
    });
    expect(Object.fromEntries(told)).toEqual(services);
    const elements = maps.flatMap(({ elements: all }) => all.map(({ service }) => service?.name));
    expect(elements.sort()).toEqual(['cart', 'idle', 'web', 'web', 'web', 'web']);
  });

  test('nothing that kube-proxy wrote is called foreign, or changed by hand', () => {
    expect(differences(saved).filter((words) => /foreign|by hand|stale endpoint/.test(words))).toEqual([]);
  });

  test('what was done by hand is still told', () => {
    const damaged = saved
      .replace(/(chain services \{\n)/, '$1\t\tip saddr 10.9.9.9 drop\n')
      .replace(
        /\}\n$/,
        `\n\tchain endpoint-${nftName('shop/web/tcp/http__10.244.0.99/8080')} {\n\t\tmeta l4proto tcp dnat to 10.244.0.99:8080\n\t}\n\tchain mine {\n\t}\n}\n`,
      );
    const known = differences(saved);
    const more = differences(damaged).filter((words) => !known.includes(words));
    expect(more.sort()).toEqual([
      '-: foreign chain mine',
      '-: foreign rule in services',
      'shop/web: stale endpoint 10.244.0.99:8080',
    ]);
  });
});

test('what differs from today is told in words', () => {
  const general = EARLIER_NFTABLES_NODES[2]?.saved ?? '';
  expect(differences(general)).toEqual([
    'shop/cart: stale rule in endpoint, of an earlier kube-proxy',
    'shop/cart: stale rule in endpoint, of an earlier kube-proxy',
    'shop/cart: stale rule in service, of an earlier kube-proxy',
    'shop/web: stale rule in service, of an earlier kube-proxy',
    'shop/web: stale rule in service, of an earlier kube-proxy',
    'shop/web: stale rule in local, of an earlier kube-proxy',
    'shop/web: stale chain endpoint, of an earlier kube-proxy',
    'shop/web: missing rule in service',
    'shop/web: missing rule in local',
    'shop/web: rule in external as an earlier kube-proxy wrote it',
    '-: stale rule in masquerading, of an earlier kube-proxy',
    '-: stale rule in masquerading, of an earlier kube-proxy',
    '-: stale rule in cluster-ips-check',
    '-: stale chain mark-for-masquerade, of an earlier kube-proxy',
    '-: missing rule in services',
    '-: rule in masquerading as an earlier kube-proxy wrote it',
    '-: missing rule in masquerading',
    '-: missing set hairpin-connections',
  ]);
});

test.each(EARLIER_NFTABLES_NODES)(
  '$version: on a node without names for protocols it is the same',
  ({ saved }) => {
    const numbered = saved.replace(/(l4proto|\.|\{) tcp /g, '$1 6 ');
    expect(numbered).toContain('meta l4proto 6 dnat to 10.244.0.5:8080');
    expect(numbered).toContain('10.96.0.20 . 6 . 80');
    expect(present(numbered)).toEqual(present(saved));
  },
);

test.each([
  ['meta mark & 0x00004000 == 0x00000000 return', { '&': [{ meta: { key: 'mark' } }, 16384] }, 0],
  ['meta mark 0x00000001 return', { meta: { key: 'mark' } }, 1],
])('JSON says %s', (expression, left, right) => {
  const place = { family: 'ip', table: 'kube-proxy' };
  // Without metainfo, as a part of a list.
  const json = JSON.stringify({
    nftables: [
      { table: { family: 'ip', name: 'kube-proxy' } },
      { chain: { ...place, name: 'masquerading' } },
      {
        rule: {
          ...place,
          chain: 'masquerading',
          expr: [{ match: { op: '==', left, right } }, { return: null }],
        },
      },
    ],
  });
  expect(kubeProxys(present(json)).chains[0]?.rules.map((rule) => rule.expression)).toEqual([expression]);
});
