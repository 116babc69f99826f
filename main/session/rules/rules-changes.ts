/** From one reading of the node's rules to the next: the smallest list of changes for those who have the first. */
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import type { RulesChange } from '../../../app/contract/rules.ts';
import { jsonEqual } from '../../../app/kubernetes/json.ts';
import { chainKey, ruleKey } from './chain-changes.ts';

/** Changes in the order they have to be applied in; empty where nothing has changed. */
export function rulesChanges(before: readonly ShownChain[], after: readonly ShownChain[]): RulesChange[] {
  const known = new Map(before.map((chain) => [chainKey(chain), chain]));
  const wanted = new Set(after.map(chainKey));
  const changes: RulesChange[] = [];
  for (const chain of before) {
    if (!wanted.has(chainKey(chain))) changes.push({ type: 'chain-gone', name: nameOf(chain) });
  }
  const placed = before.filter((chain) => wanted.has(chainKey(chain))).map(chainKey);
  // From the end, so that the chain which a new one stands before is there already.
  for (let index = after.length - 1; index >= 0; index--) {
    const chain = after[index];
    if (!chain) continue;
    const old = known.get(chainKey(chain));
    if (old === chain) continue;
    if (old && sameFrame(old, chain)) changes.push(...ruleChanges(old, chain));
    else {
      const next = after[index + 1];
      changes.push({ type: 'chain', chain, before: next ? nameOf(next) : null });
    }
  }
  return inOrder(placed, after) ? changes : everyChain(before, after);
}

/** Chains that stayed have changed places: they are sent anew, in order. */
function everyChain(before: readonly ShownChain[], after: readonly ShownChain[]): RulesChange[] {
  return [
    ...before.map((chain): RulesChange => ({ type: 'chain-gone', name: nameOf(chain) })),
    ...after.map((chain): RulesChange => ({ type: 'chain', chain, before: null })),
  ];
}

function inOrder(placed: readonly string[], after: readonly ShownChain[]): boolean {
  const stayed = new Set(placed);
  const order = after.map(chainKey).filter((key) => stayed.has(key));
  return order.every((key, index) => key === placed[index]);
}

function nameOf({ family, table, chain }: ShownChain): Pick<ShownChain, 'family' | 'table' | 'chain'> {
  return { family, table, chain };
}

function sameFrame(left: ShownChain, right: ShownChain): boolean {
  return (
    left.kind === right.kind &&
    left.ours === right.ours &&
    left.comment === right.comment &&
    jsonEqual(left.base ?? null, right.base ?? null)
  );
}

/** One splice from the first difference to the last, then the counters of the rules on either side of it. */
function ruleChanges(before: ShownChain, after: ShownChain): RulesChange[] {
  const { start, beforeEnd, afterEnd } = differingPart(before.rules, after.rules);
  const changes: RulesChange[] = [];
  if (start < beforeEnd || start < afterEnd) {
    changes.push({
      type: 'rules',
      name: nameOf(after),
      at: start,
      removed: beforeEnd - start,
      inserted: after.rules.slice(start, afterEnd),
    });
  }
  const counters: [number, number, number][] = [];
  const shift = afterEnd - beforeEnd;
  after.rules.forEach((rule, index) => {
    if (index >= start && index < afterEnd) return;
    const old = before.rules[index < start ? index : index - shift];
    const { packets, bytes } = rule;
    if (packets === undefined || bytes === undefined) return;
    if (old?.packets !== packets || old.bytes !== bytes) counters.push([index, packets, bytes]);
  });
  if (counters.length > 0) changes.push({ type: 'counters', name: nameOf(after), counters });
  return changes;
}

function differingPart(
  before: readonly ShownRule[],
  after: readonly ShownRule[],
): { start: number; beforeEnd: number; afterEnd: number } {
  let start = 0;
  while (start < before.length && start < after.length && same(before[start], after[start])) start++;
  let beforeEnd = before.length;
  let afterEnd = after.length;
  while (beforeEnd > start && afterEnd > start && same(before[beforeEnd - 1], after[afterEnd - 1])) {
    beforeEnd--;
    afterEnd--;
  }
  return { start, beforeEnd, afterEnd };
}

/** But for the counters, and for the origin, which an edit may move without touching the rule. */
function same(left: ShownRule | undefined, right: ShownRule | undefined): boolean {
  if (!left || !right) return false;
  if (ruleKey(left) !== ruleKey(right) || left.service !== right.service) return false;
  return left.origin === right.origin || jsonEqual(left.origin ?? null, right.origin ?? null);
}
