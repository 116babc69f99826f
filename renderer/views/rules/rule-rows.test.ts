import { describe, expect, it } from 'vitest';
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import { applyRulesChanges, beginRules } from './live-rules.ts';
import { FADE_MS, type RuleRow, ruleRows } from './rule-rows.ts';

const chain = (name: string, ...texts: string[]): ShownChain => ({
  family: 'IPv4',
  table: 'nat',
  chain: name,
  kind: 'chain',
  ours: true,
  rules: texts.map((text) => ({ text, verdict: '' })),
});
const seen = (rows: RuleRow[]): string[] =>
  rows.map((row) => {
    if (row.kind === 'rule') return `${row.number} ${row.rule.text}`;
    if (row.kind === 'gone') return `- ${row.gone.rule.text}`;
    return row.kind === 'chain' ? row.chain.chain : 'empty';
  });
const before = beginRules({ chains: [chain('A', 'a', 'b', 'c'), chain('B')], readAt: 0 });

describe('rows', () => {
  it('are a heading and the rules of each chain', () => {
    expect(seen(ruleRows(before.chains, 0))).toEqual(['A', '1 a', '2 b', '3 c', 'B', 'empty']);
  });

  it('show rules that have gone where they stood, for a while', () => {
    const name = { family: 'IPv4', table: 'nat', chain: 'A' } as const;
    const inserted = [{ text: 'new', verdict: '' }];
    const after = applyRulesChanges(before, [{ type: 'rules', name, at: 0, removed: 3, inserted }], 100);
    expect(seen(ruleRows(after.chains, 100))).toEqual(['A', '- a', '1 new', '- b', '- c', 'B', 'empty']);
    expect(seen(ruleRows(after.chains, 100 + FADE_MS))).toEqual(['A', '1 new', 'B', 'empty']);
  });

  it('have keys of their own', () => {
    const keys = ruleRows(before.chains, 0).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
