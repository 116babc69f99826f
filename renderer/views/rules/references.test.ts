import { expect, it } from 'vitest';
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import { beginRules } from './live-rules.ts';
import { referencesByTarget } from './references.ts';

const chain = (table: string, name: string, ...rules: { text: string; jump?: string }[]): ShownChain => ({
  family: 'IPv4',
  table,
  chain: name,
  kind: 'chain',
  ours: true,
  rules: rules.map((rule) => ({ ...rule, verdict: '' })),
});

const { chains } = beginRules({
  chains: [
    chain('nat', 'PREROUTING', { text: '-j KUBE-SERVICES', jump: 'KUBE-SERVICES' }),
    chain('nat', 'OUTPUT', { text: '-j KUBE-SERVICES', jump: 'KUBE-SERVICES' }),
    chain('filter', 'FORWARD', { text: '-j KUBE-SERVICES', jump: 'KUBE-SERVICES' }),
    chain(
      'kube-proxy',
      'services',
      { text: 'ip daddr . meta l4proto . th dport vmap @service-ips', jump: 'service-ips' },
      { text: 'ip saddr . ip daddr @hairpin-connections jump mark', jump: 'mark' },
    ),
  ],
  readAt: 0,
});
const references = referencesByTarget(chains);
const from = (key: string): string[] =>
  (references.get(key) ?? []).map((each) => `${each.from.table} ${each.from.chain}`);

// biome-ignore format: one case a line
const cases: { target: string; from: string[] }[] = [
  { target: 'IPv4 nat KUBE-SERVICES', from: ['nat PREROUTING', 'nat OUTPUT'] },
  { target: 'IPv4 filter KUBE-SERVICES', from: ['filter FORWARD'] },
  { target: 'IPv4 kube-proxy service-ips', from: ['kube-proxy services'] },
  { target: 'IPv4 kube-proxy hairpin-connections', from: ['kube-proxy services'] },
  { target: 'IPv4 kube-proxy mark', from: ['kube-proxy services'] },
  { target: 'IPv6 nat KUBE-SERVICES', from: [] },
];
it.each(cases)('$target is led to from $from', ({ target, from: expected }) => {
  expect(from(target)).toEqual(expected);
});
