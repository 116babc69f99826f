import { describe, expect, it } from 'vitest';
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import { beginRules, type LiveChain } from './live-rules.ts';
import { chainText, ruleText } from './rule-text.ts';

const chain = (parts: Partial<ShownChain>, ...rules: Omit<ShownRule, 'verdict'>[]): LiveChain => {
  const shown: ShownChain = {
    family: 'IPv4',
    table: 'nat',
    chain: 'KUBE-SERVICES',
    kind: 'chain',
    ours: true,
    rules: rules.map((rule) => ({ ...rule, verdict: '' })),
    ...parts,
  };
  const [live] = beginRules({ chains: [shown], readAt: 0 }).chains;
  if (!live) throw new Error('there is no chain');
  return live;
};
const nft = { table: 'kube-proxy', chain: 'services' };

// biome-ignore format: one case a line
const rules: { parts: Partial<ShownChain>; rule: Omit<ShownRule, 'verdict'>; text: string }[] = [
  { parts: {}, rule: { text: '-j X' }, text: '-A KUBE-SERVICES -j X' },
  { parts: {}, rule: { text: '-j X', comment: 'a "b" \\' }, text: '-A KUBE-SERVICES -m comment --comment "a \\"b\\" \\\\" -j X' },
  { parts: {}, rule: { text: '-d 10.0.0.1/32 -p tcp -g X', comment: 'c' }, text: '-A KUBE-SERVICES -d 10.0.0.1/32 -p tcp -m comment --comment "c" -g X' },
  { parts: {}, rule: { text: '-p tcp', comment: 'c' }, text: '-A KUBE-SERVICES -p tcp -m comment --comment "c"' },
  { parts: nft, rule: { text: 'jump services' }, text: 'jump services' },
  { parts: nft, rule: { text: 'reject', comment: 'no' }, text: 'reject comment "no"' },
  { parts: { ...nft, kind: 'map' }, rule: { text: '10.0.0.1 . tcp . 80 : goto x', comment: 'c' }, text: '10.0.0.1 . tcp . 80 comment "c" : goto x' },
  { parts: { ...nft, kind: 'set' }, rule: { text: '10.0.0.1', comment: 'c' }, text: '10.0.0.1 comment "c"' },
];
it.each(rules)('a rule is copied as $text', ({ parts, rule, text }) => {
  const live = chain(parts, rule);
  const [first] = live.rules;
  expect(first && ruleText(live, first)).toBe(text);
});

describe('a chain is copied', () => {
  it('as iptables-restore takes it', () => {
    expect(chainText(chain({}, { text: '-j A' }, { text: '-j B' }))).toBe(
      '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j A\n-A KUBE-SERVICES -j B\nCOMMIT\n',
    );
  });

  it('as nft lists it', () => {
    expect(chainText(chain(nft, { text: 'jump a' }))).toBe('chain services {\n\tjump a\n}\n');
    expect(chainText(chain({ ...nft, kind: 'set', chain: 's' }))).toBe('set s {\n}\n');
  });
});
