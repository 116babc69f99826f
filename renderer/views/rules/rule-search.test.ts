import { describe, expect, it } from 'vitest';
import type { ShownRule } from '../../../app/contract/rule-model.ts';
import { beginRules, type LiveRules } from './live-rules.ts';
import { parseSearch, RuleSearcher, rangesIn } from './rule-search.ts';

const rules: ShownRule[] = [
  {
    text: '-d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A',
    verdict: 'jump',
    comment: 'default/web:http',
  },
  { text: '-d 10.0.0.10/32 -p tcp -m tcp --dport 8080 -j KUBE-SVC-B', verdict: 'jump' },
  { text: '! -s 10.0.0.0/8 -j KUBE-MARK-MASQ', verdict: 'jump', servicePort: 'shop/cart:/TCP' },
  { text: '-j DNAT --to-destination 192.168.125.2:80', verdict: 'DNAT' },
  { text: 'fd00:10:254::1 . tcp . 80 : goto service-X', verdict: 'goto' },
  { text: '-s 0.0.0.0/0 -m statistic --probability 0.50000000000', verdict: '' },
];
const live: LiveRules = beginRules({
  chains: [{ family: 'IPv4', table: 'nat', chain: 'KUBE-SERVICES', kind: 'chain', ours: true, rules }],
  readAt: 0,
});

describe('a search', () => {
  // biome-ignore format: one case a line
  const cases: { finds: string; query: string; indexes: number[]; chain?: true }[] = [
    { finds: 'a word in any case', query: 'kube-svc', indexes: [0, 1] },
    { finds: 'what every word is in, wherever', query: 'KUBE-SVC web', indexes: [0] },
    { finds: 'a phrase', query: '"tcp --dport 80"', indexes: [0, 1] },
    { finds: 'a phrase that is not closed yet', query: '"--to-dest', indexes: [3] },
    { finds: 'a whole address and the blocks that hold it', query: '10.0.0.1', indexes: [0, 2] },
    { finds: 'an address however it is written', query: 'FD00:10:254:0::1', indexes: [4] },
    { finds: 'a part of an address', query: '192.168.', indexes: [3] },
    { finds: 'a port as a whole number', query: '80', indexes: [0, 3, 4] },
    { finds: 'a Service by the port it serves', query: 'shop/cart', indexes: [2] },
    { finds: 'a chain by its name', query: 'kube-services', indexes: [], chain: true },
    { finds: 'signs as they stand', query: '(.*', indexes: [] },
  ];
  it.each(cases)('finds $finds: $query', ({ query, indexes, chain }) => {
    const search = parseSearch(query);
    if (!search) throw new Error('the query says nothing');
    const matches = new RuleSearcher(search).matches(live.chains);
    const ids = indexes.map((index) => live.chains[0]?.rules[index]?.id);
    expect(matches.flatMap(({ rule }) => rule ?? [])).toEqual(ids);
    expect(matches.some(({ rule }) => rule === undefined)).toBe(chain === true);
  });

  it.each(['', '   ', '""'])('of %j is none', (query) => {
    expect(parseSearch(query)).toBeUndefined();
  });

  it('marks what it found, once where terms overlap', () => {
    const search = parseSearch('svc KUBE-SVC 80');
    const [rule] = rules;
    if (!search || !rule) throw new Error('the query says nothing');
    expect(rangesIn(search, rule.text).map(([start, end]) => rule.text.slice(start, end))).toEqual([
      '80',
      'KUBE-SVC',
    ]);
  });
});
