/** The rows of the rules' list: a heading for each chain, its rules, and for a while those that have gone. */
import type { GoneRule, LiveChain, LiveRule } from './live-rules.ts';

/** Milliseconds for which a rule that has gone is still shown, and a mark fades. */
export const FADE_MS = 12_000;

export type RuleRow =
  | { readonly kind: 'chain'; readonly key: string; readonly chain: LiveChain }
  | {
      readonly kind: 'rule';
      readonly key: string;
      readonly chain: LiveChain;
      readonly rule: LiveRule;
      /** Counts from 1, as `iptables -L --line-numbers` does. */
      readonly number: number;
    }
  | { readonly kind: 'gone'; readonly key: string; readonly chain: LiveChain; readonly gone: GoneRule }
  /** A chain without rules says so. */
  | { readonly kind: 'empty'; readonly key: string; readonly chain: LiveChain };

export function chainRowKey(chainKey: string): string {
  return `chain ${chainKey}`;
}

export function ruleRowKey(ruleId: number): string {
  return `rule ${ruleId}`;
}

const known = new WeakMap<LiveChain, readonly RuleRow[]>();

/** @param now milliseconds of the window's clock: what has gone longer than a while ago is left out */
export function ruleRows(chains: readonly LiveChain[], now: number): RuleRow[] {
  return chains.flatMap((chain) => {
    const gone = chain.gone.filter(({ at }) => now - at < FADE_MS);
    if (gone.length > 0) return rowsOf(chain, gone);
    let rows = known.get(chain);
    if (!rows) {
      rows = rowsOf(chain, []);
      known.set(chain, rows);
    }
    return rows;
  });
}

function rowsOf(chain: LiveChain, gone: readonly GoneRule[]): RuleRow[] {
  const rows: RuleRow[] = [{ kind: 'chain', key: chainRowKey(chain.key), chain }];
  const waiting = [...gone];
  const takeGone = (upTo: number): void => {
    for (let next = waiting[0]; next && next.index <= upTo; next = waiting[0]) {
      waiting.shift();
      rows.push({ kind: 'gone', key: `gone ${next.rule.id}`, chain, gone: next });
    }
  };
  chain.rules.forEach((rule, index) => {
    takeGone(index);
    rows.push({ kind: 'rule', key: ruleRowKey(rule.id), chain, rule, number: index + 1 });
  });
  takeGone(Number.POSITIVE_INFINITY);
  if (rows.length === 1) rows.push({ kind: 'empty', key: `empty ${chain.key}`, chain });
  return rows;
}
