/**
 * Search among rules, by what people have at hand: a word, an address, a port, a Service's name.
 *
 * Words stand for themselves in any case; all of them have to be found. `"two words"` is one. A whole address
 * finds itself and the blocks that hold it, but not `10.0.0.10` where `10.0.0.1` was meant; a number finds
 * that number, not the one it is a part of.
 */
import { blockContains, parseCidr, parseIp } from '../../../app/proxy/ip-address.ts';
import type { LiveChain, LiveRule } from './live-rules.ts';

/** `[start, end)` in the text. */
export type Range = readonly [number, number];

/** One term, looked for in a text. */
interface Finder {
  /** All its places. */
  readonly ranges: (text: string) => Range[];
  /** Whether it has any: asked of every rule at every key. */
  readonly has: (text: string) => boolean;
}

export interface Search {
  readonly finders: readonly Finder[];
}

/** A place that was found: a rule, or a chain by its name. */
export interface Match {
  readonly chain: string;
  /** Absent where the chain's own name or comment matches. */
  readonly rule?: number;
}

/** Undefined for a query that says nothing. */
export function parseSearch(query: string): Search | undefined {
  const terms = [...query.matchAll(/"([^"]*)"?|(\S+)/g)].flatMap(([, phrase, word]) => phrase || word || []);
  return terms.length === 0 ? undefined : { finders: terms.map(finder) };
}

function finder(term: string): Finder {
  const address = parseIp(term)?.address;
  if (address !== undefined) return addressFinder(address);
  if (/^\d+$/.test(term)) return patternFinder(`(?<![\\d.])${term}(?![\\d.]*\\d)`, '');
  return patternFinder(escaped(term), 'i');
}

/** A term stands for itself, whatever signs it holds. */
function escaped(term: string): string {
  return term.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function patternFinder(pattern: string, flags: string): Finder {
  const [any, all] = [new RegExp(pattern, flags), new RegExp(pattern, `${flags}g`)];
  return {
    ranges: (text) => [...text.matchAll(all)].map((match) => [match.index, match.index + match[0].length]),
    has: (text) => any.test(text),
  };
}

const ADDRESS =
  /(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*(?:\/\d{1,3})?/g;

function addressFinder(wanted: string): Finder {
  // The same few blocks stand in thousands of rules.
  const answers = new Map<string, boolean>();
  const isFound = (text: string): boolean => {
    const known = answers.get(text) ?? holds(text, wanted);
    answers.set(text, known);
    return known;
  };
  return {
    ranges: (text) =>
      [...text.matchAll(ADDRESS)].flatMap((match): Range[] =>
        isFound(match[0]) ? [[match.index, match.index + match[0].length]] : [],
      ),
    has: (text) => text.match(ADDRESS)?.some(isFound) ?? false,
  };
}

/** A block of everything (`0.0.0.0/0`) says nothing of an address. */
function holds(text: string, wanted: string): boolean {
  if (!text.includes('/')) return parseIp(text)?.address === wanted;
  const block = parseCidr(text);
  return block !== undefined && block.prefixLength > 0 && blockContains(block, wanted);
}

/** Where the search is found in a text, in order and without overlap; a part of the terms is enough here. */
export function rangesIn(search: Search, text: string): Range[] {
  const all = search.finders.flatMap(({ ranges }) => ranges(text)).sort(([a], [b]) => a - b);
  const ranges: [number, number][] = [];
  for (const [start, end] of all) {
    const last = ranges.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}

function found(search: Search, texts: readonly (string | undefined)[]): boolean {
  return search.finders.every(({ has }) =>
    texts.some((text) => text !== undefined && text !== '' && has(text)),
  );
}

function ruleFound(search: Search, { text, comment, servicePort }: LiveRule): boolean {
  return found(search, [text, comment, servicePort]);
}

/** Searches live rules again and again: only chains that have changed are looked through anew. */
export class RuleSearcher {
  readonly #search: Search;
  readonly #known = new WeakMap<LiveChain, readonly Match[]>();

  constructor(search: Search) {
    this.#search = search;
  }

  /** In the order in which they are shown. */
  matches(chains: readonly LiveChain[]): Match[] {
    return chains.flatMap((chain) => this.#inChain(chain));
  }

  #inChain(chain: LiveChain): readonly Match[] {
    const known = this.#known.get(chain);
    if (known) return known;
    const matches: Match[] = chain.rules.flatMap((rule) =>
      ruleFound(this.#search, rule) ? [{ chain: chain.key, rule: rule.id }] : [],
    );
    if (found(this.#search, [chain.chain, chain.comment])) matches.unshift({ chain: chain.key });
    this.#known.set(chain, matches);
    return matches;
  }
}
