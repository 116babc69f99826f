/** Durations as Go's `time.ParseDuration` reads them. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of `1m30s`, `250ms` or `0`; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.+)$/.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of rest.matchAll(/([\d.]+)([a-zµμ]+)/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return sign === '-' ? -total : total;
}
