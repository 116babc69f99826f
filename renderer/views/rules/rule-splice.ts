/** One change to a chain's list of rules: which are new, which have gone, which only stand elsewhere now. */
import type { ShownRule } from '../../../app/contract/rule-model.ts';
import { longestIncreasing } from '../../../app/ruleset/longest-increasing.ts';
import { still } from './counter-rates.ts';
import type { GoneRule, LiveRule } from './live-rules.ts';

export interface RuleSplice {
  at: number;
  removed: number;
  inserted: readonly ShownRule[];
  now: number;
  nextId: number;
}

/**
 * The list after the change. A rule that is taken out and put in again in one go is the same one: it keeps
 * its id and rates, and is marked as moved where it, and not its neighbours, has changed places.
 */
export function spliceRules(
  rules: readonly LiveRule[],
  { at, removed, inserted, now, nextId }: RuleSplice,
): { rules: LiveRule[]; gone: GoneRule[]; nextId: number } {
  const taken = rules.slice(at, at + removed);
  const places = placesByRule(taken);
  const origins = inserted.map((rule) => places.get(ruleKey(rule))?.shift());
  const stayed = origins.filter((place) => place !== undefined);
  const unmoved = new Set([...longestIncreasing(stayed)].map((index) => stayed[index]));
  let id = nextId;
  const put = inserted.map((rule, index): LiveRule => {
    const place = origins[index];
    const old = place === undefined ? undefined : taken[place];
    if (!old) return { ...rule, ...still, id: id++, mark: { kind: 'added', at: now } };
    const kept = kindred(old);
    return unmoved.has(place) ? { ...rule, ...kept } : { ...rule, ...kept, mark: { kind: 'moved', at: now } };
  });
  const gone = [...places.values()].flat().sort((a, b) => a - b);
  return {
    rules: [...rules.slice(0, at), ...put, ...rules.slice(at + removed)],
    gone: gone.flatMap((place) => {
      const rule = taken[place];
      return rule ? [{ rule, index: at + place, at: now }] : [];
    }),
    nextId: id,
  };
}

/** What the window knows of a rule beyond what the node tells. */
function kindred({
  id,
  mark,
  counted,
  packetsPerSecond,
  bytesPerSecond,
}: LiveRule): Omit<LiveRule, keyof ShownRule> {
  return {
    id,
    packetsPerSecond,
    bytesPerSecond,
    ...(mark ? { mark } : {}),
    ...(counted ? { counted } : {}),
  };
}

function placesByRule(rules: readonly LiveRule[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  rules.forEach((rule, place) => {
    const known = places.get(ruleKey(rule));
    if (known) known.push(place);
    else places.set(ruleKey(rule), [place]);
  });
  return places;
}

/** To the kernel a rule with another comment is another rule. */
function ruleKey({ text, comment = '' }: ShownRule): string {
  return `${text}\n${comment}`;
}
