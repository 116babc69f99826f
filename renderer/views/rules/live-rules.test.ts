import { describe, expect, it } from 'vitest';
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import type { RulesChange } from '../../../app/contract/rules.ts';
import { applyRulesChanges, beginRules, type LiveRules } from './live-rules.ts';

const rule = (text: string, packets?: number): ShownRule => ({
  text,
  verdict: '',
  ...(packets === undefined ? {} : { packets, bytes: packets * 60 }),
});
const chain = (name: string, ...texts: (string | ShownRule)[]): ShownChain => ({
  family: 'IPv4',
  table: 'nat',
  chain: name,
  kind: 'chain',
  ours: true,
  rules: texts.map((text) => (typeof text === 'string' ? rule(text) : text)),
});
const named = (name: string): { family: 'IPv4'; table: string; chain: string } => ({
  family: 'IPv4',
  table: 'nat',
  chain: name,
});
const begun = (...chains: ShownChain[]): LiveRules => beginRules({ chains, readAt: 1000 });
const chainsOf = (rules: LiveRules): string[] => rules.chains.map((each) => each.chain);
const only = (rules: LiveRules): LiveRules['chains'][number] => {
  const [first] = rules.chains;
  if (!first) throw new Error('there is no chain');
  return first;
};

describe('chains', () => {
  const before = begun(chain('A', 'a'), chain('B'), chain('C'));
  const cases: { does: string; changes: RulesChange[]; result: string[] }[] = [
    {
      does: 'stand before the one that is named',
      changes: [{ type: 'chain', chain: chain('X'), before: named('B') }],
      result: ['A', 'X', 'B', 'C'],
    },
    {
      does: 'stand at the end without one',
      changes: [{ type: 'chain', chain: chain('X'), before: null }],
      result: ['A', 'B', 'C', 'X'],
    },
    {
      does: 'go, the first and the last among them',
      changes: [
        { type: 'chain-gone', name: named('A') },
        { type: 'chain-gone', name: named('C') },
      ],
      result: ['B'],
    },
    {
      does: 'take places from the end backwards',
      changes: [
        { type: 'chain', chain: chain('Y'), before: null },
        { type: 'chain', chain: chain('X'), before: named('Y') },
      ],
      result: ['A', 'B', 'C', 'X', 'Y'],
    },
  ];
  it.each(cases)('$does', ({ changes, result }) => {
    expect(chainsOf(applyRulesChanges(before, changes, 5))).toEqual(result);
  });

  it('are the same objects where nothing touched them', () => {
    const after = applyRulesChanges(before, [{ type: 'chain-gone', name: named('B') }], 5);
    expect(after.byKey.get('IPv4 nat A')).toBe(before.byKey.get('IPv4 nat A'));
  });

  it('sent anew in another order keep their rules as they were', () => {
    const after = applyRulesChanges(
      before,
      [
        { type: 'chain-gone', name: named('A') },
        { type: 'chain-gone', name: named('B') },
        { type: 'chain', chain: chain('B'), before: null },
        { type: 'chain', chain: chain('A', 'a'), before: null },
      ],
      5,
    );
    expect(chainsOf(after)).toEqual(['C', 'B', 'A']);
    const [kept] = after.byKey.get('IPv4 nat A')?.rules ?? [];
    expect(kept?.id).toBe(before.chains[0]?.rules[0]?.id);
    expect(kept?.mark).toBeUndefined();
  });

  it('that nobody knows are passed over', () => {
    const changes: RulesChange[] = [
      { type: 'chain-gone', name: named('none') },
      { type: 'rules', name: named('none'), at: 0, removed: 0, inserted: [rule('x')] },
      { type: 'counters', name: named('none'), counters: [[0, 1, 60]] },
      { type: 'read', readAt: 2000 },
    ];
    expect(chainsOf(applyRulesChanges(before, changes, 5))).toEqual(['A', 'B', 'C']);
  });
});

describe('rules of a change', () => {
  const splice = (inserted: string[], at = 0, removed = 4): RulesChange => ({
    type: 'rules',
    name: named('A'),
    at,
    removed,
    inserted: inserted.map((text) => rule(text)),
  });
  // biome-ignore format: one case a line
  const cases: { are: string; change: RulesChange; marks: Record<string, string>; gone: [string, number][] }[] = [
    { are: 'added', change: splice(['new'], 1, 0), marks: { new: 'added' }, gone: [] },
    { are: 'removed, and remember their place', change: splice([], 1, 2), marks: {}, gone: [['b', 1], ['c', 2]] },
    { are: 'moved: the fewest that explain the order', change: splice(['b', 'c', 'd', 'a']), marks: { a: 'moved' }, gone: [] },
    { are: 'all of it at once', change: splice(['d', 'b', 'new', 'c']), marks: { d: 'moved', new: 'added' }, gone: [['a', 0]] },
    { are: 'left alone where they come back as they were', change: splice(['a', 'b', 'c', 'd']), marks: {}, gone: [] },
    { are: 'told apart where they are the same', change: splice(['a', 'a', 'b', 'c', 'd']), marks: { a: 'added' }, gone: [] },
  ];
  it.each(cases)('are $are', ({ change, marks, gone }) => {
    const before = begun(chain('A', 'a', 'b', 'c', 'd'));
    const after = only(applyRulesChanges(before, [change], 7));
    const seen = after.rules.flatMap(({ text, mark }) => (mark ? [[text, mark.kind] as const] : []));
    expect(Object.fromEntries(seen)).toEqual(marks);
    expect(after.gone.map((each) => [each.rule.text, each.index])).toEqual(gone);
    const ids = after.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('rates', () => {
  const counters = (...packets: number[]): RulesChange => ({
    type: 'counters',
    name: named('A'),
    counters: packets.map((count, index) => [index, count, count * 60]),
  });
  const read = (readAt: number): RulesChange => ({ type: 'read', readAt });
  const ratesOf = (rules: LiveRules): number[] =>
    only(rules).rules.map(({ packetsPerSecond }) => packetsPerSecond);
  const before = begun(chain('A', rule('a', 10), rule('b', 0)));

  it('are what was counted over the time between readings', () => {
    const after = applyRulesChanges(before, [counters(30, 5), read(3000)], 0);
    expect(ratesOf(after)).toEqual([10, 2.5]);
    expect(only(after).rules[0]?.bytesPerSecond).toBe(600);
  });

  it('are found where counters and reading come in events of their own', () => {
    const counted = applyRulesChanges(before, [counters(30, 5)], 0);
    expect(ratesOf(applyRulesChanges(counted, [read(3000)], 0))).toEqual([10, 2.5]);
  });

  it('fall to nothing when nothing moves any more', () => {
    const busy = applyRulesChanges(before, [counters(30, 5), read(3000)], 0);
    expect(ratesOf(applyRulesChanges(busy, [read(4000)], 0))).toEqual([0, 0]);
  });

  it('count from nothing where a counter began anew', () => {
    const after = applyRulesChanges(before, [counters(4, 0), read(2000)], 0);
    expect(ratesOf(after)).toEqual([4, 0]);
  });

  it('are not guessed for a rule that has only just come', () => {
    const change: RulesChange = {
      type: 'rules',
      name: named('A'),
      at: 0,
      removed: 0,
      inserted: [rule('new', 500)],
    };
    const come = applyRulesChanges(before, [change, read(2000)], 0);
    expect(ratesOf(come)).toEqual([0, 0, 0]);
    const later = applyRulesChanges(
      come,
      [{ type: 'counters', name: named('A'), counters: [[0, 503, 30180]] }, read(3000)],
      0,
    );
    expect(ratesOf(later)).toEqual([3, 0, 0]);
  });

  it('leave rules without counters alone', () => {
    const after = applyRulesChanges(begun(chain('A', 'a')), [read(2000)], 0);
    expect(ratesOf(after)).toEqual([0]);
  });
});
