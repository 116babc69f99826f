import { expect, it } from 'vitest';
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import { isForeignChain, isForeignRule } from './foreign.ts';

const ours: ShownRule = { text: '-j KUBE-SERVICES', verdict: 'jump', origin: { kind: 'kube-proxy' } };
const unknown: ShownRule = { text: '-j ACCEPT', verdict: 'ACCEPT', origin: { kind: 'unknown' } };
const untold: ShownRule = { text: '-j ACCEPT', verdict: 'ACCEPT' };
const chain = (parts: Partial<ShownChain>, ...rules: ShownRule[]): ShownChain => ({
  family: 'IPv4',
  table: 'filter',
  chain: 'X',
  kind: 'chain',
  ours: true,
  rules,
  ...parts,
});
const base = { hook: 'INPUT' };

// biome-ignore format: one case a line
const cases: { what: string; chain: ShownChain; rules: boolean[]; whole: boolean }[] = [
  { what: 'a built-in chain with a jump of ours', chain: chain({ base }, ours, unknown, untold), rules: [false, true, true], whole: false },
  { what: 'a chain of ours, cause known or not', chain: chain({}, ours, unknown), rules: [false, false], whole: false },
  { what: 'a hooked chain of the nftables table', chain: chain({ base, table: 'kube-proxy' }, unknown), rules: [false], whole: false },
  { what: 'a chain shared with the kubelet', chain: chain({ ours: false }, ours, unknown), rules: [false, true], whole: false },
  { what: 'a chain of somebody else', chain: chain({ ours: false }, untold), rules: [true], whole: true },
];
it.each(cases)('$what', ({ chain: of, rules, whole }) => {
  expect(of.rules.map((rule) => isForeignRule(of, rule))).toEqual(rules);
  expect(isForeignChain(of)).toBe(whole);
});
