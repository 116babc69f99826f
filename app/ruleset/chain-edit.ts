/**
 * The commands that turn the rules of one chain into the wanted ones, in the syntax of
 * `iptables-restore --noflush`.
 *
 * A rule is deleted by what it says, never by its number: between reading and writing, somebody else may
 * have inserted one, and a number would then hit a rule that is not ours.
 */
import { printRuleBody } from './iptables-print.ts';
import type { IptablesRule } from './model.ts';
import { mustBeLast } from './ownership.ts';

/**
 * Commands for a chain that is ours alone and whose rules are in no order that matters between Services, as
 * long as those of one Service keep theirs and the ones that must be last are last.
 *
 * @returns undefined when the rules that stay are in another order than wanted, so that new ones have no
 * certain place: the chain is then better written anew.
 */
export function editSharedChain(
  chain: string,
  present: readonly IptablesRule[],
  wanted: readonly IptablesRule[],
): string[] | undefined {
  const wantedBodies = wanted.map(printRuleBody);
  const { kept, removed } = keepAndRemove(present.map(printRuleBody), countOf(wantedBodies));
  const left = countOf(kept);
  const isKept = wantedBodies.map((body) => take(left, body));
  const keptAsWanted = wantedBodies.filter((_, index) => isKept[index]);
  if (kept.some((body, index) => body !== keptAsWanted[index])) {
    const lastRule = wanted.at(-1);
    const lastMoved = lastRule !== undefined && mustBeLast(lastRule) && kept.at(-1) !== wantedBodies.at(-1);
    if (lastMoved || kept.length < wanted.length) return undefined;
  }
  const commands = removed.map((body) => command('-D', chain, body));
  wantedBodies.forEach((body, index) => {
    if (isKept[index]) return;
    // In the wanted order all rules before this one are in place by now.
    if (index === wanted.length - 1) commands.push(command('-A', chain, body));
    else commands.push(command('-I', chain, body, index + 1));
  });
  return commands;
}

/**
 * The same in steps that may be far apart, for a chain that packets go through meanwhile. A Service's rules that
 * are new come to the head of the chain, together with those it has, and only then go what is not wanted: it is
 * always served by the old ones or by the new.
 *
 * @returns commands, grouped by what must happen at once.
 */
export function replaceInSharedChain(
  chain: string,
  present: readonly IptablesRule[],
  wanted: readonly IptablesRule[],
): string[][] {
  const bodies = wanted.map(printRuleBody);
  const { kept, removed } = keepAndRemove(present.map(printRuleBody), countOf(bodies));
  const left = countOf(kept);
  const services = new Map<string, { missing: boolean; old: string[]; now: string[] }>();
  const last: string[][] = [];
  wanted.forEach((rule, index) => {
    const body = bodies[index] ?? '';
    const isKept = take(left, body);
    if (mustBeLast(rule)) {
      last.push([...(isKept ? [command('-D', chain, body)] : []), command('-A', chain, body)]);
      return;
    }
    const { namespace, name, port, protocol } = rule.service ?? {};
    const key = [namespace, name, port, protocol].join('/');
    const group = services.get(key) ?? { missing: false, old: [], now: [] };
    services.set(key, group);
    if (isKept) group.old.push(command('-D', chain, body));
    else group.missing = true;
    group.now.unshift(command('-I', chain, body, 1));
  });
  const changed = [...services.values()].filter(({ missing }) => missing).reverse();
  return [
    ...changed.map(({ old, now }) => [...old, ...now]),
    ...last,
    ...removed.map((body) => [command('-D', chain, body)]),
  ];
}

/**
 * Commands for a chain that is not ours, where the rules for which `isOurs` holds shall become `wanted`, in
 * that order. New rules go where their neighbours are, the first ones before everything else, and those that
 * must be last behind everything else.
 */
export function editForeignChain(
  chain: string,
  present: readonly IptablesRule[],
  { wanted, isOurs }: { wanted: readonly IptablesRule[]; isOurs: (rule: IptablesRule) => boolean },
): string[] {
  const commands: string[] = [];
  const bodies = present.map(printRuleBody);
  const ours = present.filter(isOurs).map(printRuleBody);
  const wantedBodies = wanted.map(printRuleBody);
  const { kept, removed } = keepInOrder(ours, wantedBodies);
  for (const body of removed) {
    commands.push(command('-D', chain, body));
    bodies.splice(bodies.indexOf(body), 1);
  }
  let place = 0;
  const left = [...kept];
  wanted.forEach((rule, index) => {
    const body = wantedBodies[index] ?? '';
    if (left[0] === body) {
      left.shift();
      place = bodies.indexOf(body, place) + 1;
      return;
    }
    if (mustBeLast(rule)) place = bodies.length;
    else if (left[0] !== undefined) place = bodies.indexOf(left[0], place);
    commands.push(
      place === bodies.length && place > 0
        ? command('-A', chain, body)
        : command('-I', chain, body, place + 1),
    );
    bodies.splice(place, 0, body);
    place += 1;
  });
  return commands;
}

function command(verb: string, chain: string, body: string, index?: number): string {
  return [verb, chain, ...(index === undefined ? [] : [index]), ...(body === '' ? [] : [body])].join(' ');
}

/** Splits what is there into what may stay, in its order, and what must go. */
function keepAndRemove(
  present: string[],
  wanted: Map<string, number>,
): { kept: string[]; removed: string[] } {
  const kept: string[] = [];
  const removed: string[] = [];
  for (const body of present) (take(wanted, body) ? kept : removed).push(body);
  return { kept, removed };
}

/**
 * The same for few rules whose order counts: the longest common subsequence stays. A body that is there more
 * than once counts as if only its last listing could stay, because deleting takes the first.
 */
function keepInOrder(present: string[], wanted: string[]): { kept: string[]; removed: string[] } {
  const candidates = present.filter((body, index) => present.indexOf(body, index + 1) < 0);
  const kept = longestCommonSubsequence(candidates, wanted);
  const left = countOf(kept);
  // From the back, so that of equal ones the last is the one that stays.
  const removed = [...present]
    .reverse()
    .filter((body) => !take(left, body))
    .reverse();
  return { kept, removed };
}

function longestCommonSubsequence(a: string[], b: string[]): string[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const length = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      const row = lengths[i];
      if (row) row[j] = length;
    }
  }
  const common: string[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const body = a[i];
    if (body !== undefined && body === b[j]) {
      common.push(body);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return common;
}

function countOf(bodies: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const body of bodies) counts.set(body, (counts.get(body) ?? 0) + 1);
  return counts;
}

/** Takes one of a body off the counts; false when there is none left. */
function take(counts: Map<string, number>, body: string): boolean {
  const count = counts.get(body) ?? 0;
  if (count === 0) return false;
  counts.set(body, count - 1);
  return true;
}
