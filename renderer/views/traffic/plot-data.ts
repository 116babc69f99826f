/** Latencies as columns for a plot: few enough to draw, and still with every peak. */

/** Points beyond which neighbours share one: the slowest of each group, which is what one looks for. */
const MOST_POINTS = 1500;

/** x counts requests from 1; null where a series has no value. */
export function latencyColumns(
  answered: readonly (number | null)[],
  failed: readonly (number | null)[],
): [number[], (number | null)[], (number | null)[]] {
  const group = Math.max(1, Math.ceil(answered.length / MOST_POINTS));
  const columns: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  for (let start = 0; start < answered.length; start += group) {
    const end = Math.min(answered.length, start + group);
    columns[0].push(end);
    columns[1].push(slowest(answered, start, end));
    columns[2].push(slowest(failed, start, end));
  }
  return columns;
}

function slowest(values: readonly (number | null)[], start: number, end: number): number | null {
  let most: number | null = null;
  for (let index = start; index < end; index++) {
    const value = values[index] ?? null;
    if (value !== null && (most === null || value > most)) most = value;
  }
  return most;
}
