import type { Command } from '../session/commands.svelte.ts';

const separators = /[\s/:._-]/;

/**
 * How well a text matches what was typed: 0 not at all, more is better. The letters have to come in order;
 * whole words, beginnings of words and letters in a row count for more.
 */
export function score(text: string, typed: string): number {
  const where = text.toLowerCase();
  const wanted = typed.toLowerCase().trim();
  if (wanted === '') return 1;
  const at = where.indexOf(wanted);
  if (at >= 0) {
    const starts = at === 0 || separators.test(where[at - 1] ?? '');
    return 1000 + (starts ? 500 : 0) - Math.min(at, 200) - Math.min(where.length - wanted.length, 200) / 10;
  }
  return scattered(where, wanted);
}

function scattered(where: string, wanted: string): number {
  let total = 0;
  let from = 0;
  for (const letter of wanted.replace(/\s+/g, '')) {
    const found = where.indexOf(letter, from);
    if (found < 0) return 0;
    const starts = found === 0 || separators.test(where[found - 1] ?? '');
    total += starts ? 12 : found === from ? 8 : 1;
    from = found + 1;
  }
  // Letters strewn over a long name match by accident: they must be worth something each.
  return total >= wanted.length * 4 ? total : 0;
}

/** The best `most` commands for what was typed, the best first; all in their own order where nothing was. */
export function search(commands: readonly Command[], typed: string, most: number): Command[] {
  if (typed.trim() === '') return commands.slice(0, most);
  return commands
    .map((command) => ({ command, score: scoreOf(command, typed) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ command }) => command);
}

function scoreOf(command: Command, typed: string): number {
  const title = score(command.title, typed);
  const others = [...(command.keywords ?? []), command.section].map((word) => score(word, typed) * 0.6);
  return Math.max(title, ...others);
}
