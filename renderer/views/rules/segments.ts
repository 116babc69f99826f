/** A text's tokens cut where a search found something, for showing: each token with its parts. */
import type { Range } from './rule-search.ts';
import type { Token } from './token.ts';

export interface Segment extends Token {
  readonly parts: readonly { text: string; found: boolean }[];
}

/** @param ranges in order, without overlap */
export function segments(tokens: readonly Token[], ranges: readonly Range[]): Segment[] {
  let start = 0;
  let next = 0;
  return tokens.map((token) => {
    const end = start + token.text.length;
    const parts: { text: string; found: boolean }[] = [];
    let at = start;
    while (at < end) {
      while ((ranges[next]?.[1] ?? Number.POSITIVE_INFINITY) <= at) next++;
      const [from, to] = ranges[next] ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      const found = from <= at;
      const until = Math.min(end, found ? to : from);
      parts.push({ text: token.text.slice(at - start, until - start), found });
      at = until;
    }
    start = end;
    return { ...token, parts };
  });
}
