/** How many letters to insert, delete or replace to make one word of the other (Levenshtein). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      const cheapest = Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1);
      current.push(cheapest);
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The name that was probably meant: the one of fewest typing mistakes, if those are few for its length. */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, mistakes: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((left, right) => left.mistakes - right.mistakes);
  return best && best.mistakes <= Math.max(1, Math.floor(typed.length / 3)) ? best.name : undefined;
}
