/** What one sync changed, chain by chain: rules added, removed, and moved. */
import type { ChainChange } from '../../../app/contract/engine.ts';
import type { RuleText, ShownChain } from '../../../app/contract/rule-model.ts';
import { longestIncreasing } from '../../../app/ruleset/longest-increasing.ts';

/** Rules listed of one chain and kind of change; their number is told whole. */
const MOST_RULES = 200;
const MOST_CHAINS = 500;
/** Of all chains together; later chains are told with their counts alone. */
const MOST_RULES_IN_ALL = 2_000;

export interface RulesetChanges {
  chains: ChainChange[];
  moreChains: number;
  added: number;
  removed: number;
  moved: number;
  chainsAdded: number;
  chainsRemoved: number;
}

/** Compares the chains of two rulesets; foreign ones are in neither. */
export function compareChains(before: readonly ShownChain[], after: readonly ShownChain[]): RulesetChanges {
  const known = new Map(before.map((chain) => [chainKey(chain), chain]));
  const changes: ChainChange[] = [];
  for (const chain of after) {
    const key = chainKey(chain);
    const old = known.get(key);
    known.delete(key);
    const change = old === chain ? undefined : changeOf(old, chain);
    if (change) changes.push(change);
  }
  for (const chain of known.values()) {
    const change = changeOf(chain, undefined);
    if (change) changes.push(change);
  }
  const sum = (count: (change: ChainChange) => number): number =>
    changes.reduce((total, change) => total + count(change), 0);
  return {
    chains: withinBudget(changes.slice(0, MOST_CHAINS)),
    moreChains: Math.max(0, changes.length - MOST_CHAINS),
    added: sum((change) => change.addedCount),
    removed: sum((change) => change.removedCount),
    moved: sum((change) => change.movedCount),
    chainsAdded: sum((change) => Number(change.kind === 'added')),
    chainsRemoved: sum((change) => Number(change.kind === 'removed')),
  };
}

function withinBudget(changes: ChainChange[]): ChainChange[] {
  let left = MOST_RULES_IN_ALL;
  return changes.map((change) => {
    left -= change.added.length + change.removed.length + change.moved.length;
    return left >= 0 ? change : { ...change, added: [], removed: [], moved: [] };
  });
}

export function chainKey({ family, table, chain }: Pick<ShownChain, 'family' | 'table' | 'chain'>): string {
  return `${family} ${table} ${chain}`;
}

function changeOf(before: ShownChain | undefined, after: ShownChain | undefined): ChainChange | undefined {
  const chain = after ?? before;
  if (!chain) return undefined;
  const { old, now } = differingParts(before?.rules ?? [], after?.rules ?? []);
  const added = without(now, old);
  const removed = without(old, now);
  const moved = before && after ? movedRules(old, now) : [];
  const kind = !before ? 'added' : !after ? 'removed' : 'changed';
  if (kind === 'changed' && added.length + removed.length + moved.length === 0) return undefined;
  const services = [...added, ...removed, ...moved].flatMap(({ service }) => service ?? []);
  return {
    family: chain.family,
    table: chain.table,
    chain: chain.chain,
    kind,
    added: added.slice(0, MOST_RULES),
    removed: removed.slice(0, MOST_RULES),
    moved: moved.slice(0, MOST_RULES),
    addedCount: added.length,
    removedCount: removed.length,
    movedCount: moved.length,
    services: [...new Set(services)].sort(),
  };
}

/** What a rule is known by: one with another comment is another rule to the kernel too. */
export function ruleKey({ text, comment = '' }: RuleText): string {
  return `${text}\n${comment}`;
}

/** Without the rules that both begin with, and those that both end with: most of a chain of thousands, at most syncs. */
function differingParts(
  before: readonly RuleText[],
  after: readonly RuleText[],
): { old: readonly RuleText[]; now: readonly RuleText[] } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isSame(before[start], after[start])) start++;
  let end = 0;
  while (end < shorter - start && isSame(before.at(-1 - end), after.at(-1 - end))) end++;
  return { old: before.slice(start, before.length - end), now: after.slice(start, after.length - end) };
}

function isSame(left: RuleText | undefined, right: RuleText | undefined): boolean {
  return left?.text === right?.text && (left?.comment ?? '') === (right?.comment ?? '');
}

/** The rules of one list that the other has not, each counted as often as it is there. */
function without(rules: readonly RuleText[], others: readonly RuleText[]): RuleText[] {
  const counts = new Map<string, number>();
  for (const rule of others) counts.set(ruleKey(rule), (counts.get(ruleKey(rule)) ?? 0) + 1);
  return rules.filter((rule) => {
    const count = counts.get(ruleKey(rule)) ?? 0;
    counts.set(ruleKey(rule), count - 1);
    return count <= 0;
  });
}

/**
 * The fewest rules that have to move for the rules that stayed to stand in their new order: all but a
 * longest increasing run of their old places.
 */
function movedRules(before: readonly RuleText[], after: readonly RuleText[]): RuleText[] {
  const places = new Map<string, number[]>();
  before.forEach((rule, place) => {
    const known = places.get(ruleKey(rule));
    if (known) known.push(place);
    else places.set(ruleKey(rule), [place]);
  });
  const stayed = after.flatMap((rule) => {
    const place = places.get(ruleKey(rule))?.shift();
    return place === undefined ? [] : [{ rule, place }];
  });
  const kept = longestIncreasing(stayed.map(({ place }) => place));
  return stayed.filter((_, index) => !kept.has(index)).map(({ rule }) => rule);
}
