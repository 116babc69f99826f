import { describe, expect, it } from 'vitest';
import type { TrafficResult } from '../../../app/contract/traffic.ts';
import { histogram, percentile, RunStatistics } from './run-statistics.ts';

let index = 0;
const answer = (pod: string, totalMs: number, parts: Partial<TrafficResult> = {}): TrafficResult => ({
  index: index++,
  ok: true,
  pod,
  namespace: 'default',
  client: '10.0.0.9',
  totalMs,
  ...parts,
});
const failure: TrafficResult = {
  index: 0,
  ok: false,
  totalMs: 3,
  failure: { kind: 'refused', code: 'ECONNREFUSED' },
};

describe('the statistics of a run', () => {
  const statistics = new RunStatistics();
  statistics.add([answer('a', 1), answer('b', 2), failure]);
  statistics.add([
    answer('b', 4, { client: '10.0.0.5' }),
    answer('b', 3),
    answer('a', 9, { namespace: 'shop' }),
    { index: 9, ok: true, answeredBy: 'HTTP/1.1 404', totalMs: 5 },
  ]);

  it('count answers by pod, the busiest first, pods of other namespaces by both names', () => {
    expect(statistics.pods.map(({ pod, count }) => [pod, count])).toEqual([
      ['b', 3],
      ['a', 1],
      ['shop/a', 1],
      [null, 1],
    ]);
    expect(statistics.pods.at(-1)?.answeredBy).toBe('HTTP/1.1 404');
  });

  it('tell the addresses each pod saw', () => {
    expect(statistics.pods[0]?.sources).toEqual([
      { address: '10.0.0.9', count: 2 },
      { address: '10.0.0.5', count: 1 },
    ]);
    expect(statistics.pods.at(-1)?.sources).toEqual([]);
  });

  it('tell the latencies of each', () => {
    expect(statistics.pods[0]?.latency).toEqual({ p50: 3, p90: 4, p99: 4, max: 4 });
  });

  it('keep answers and failures apart, in the order they came', () => {
    expect(statistics.latencies).toEqual([1, 2, null, 4, 3, 9, 5]);
    expect(statistics.failures).toEqual([null, null, 3, null, null, null, null]);
  });
});

describe('a histogram', () => {
  it('holds every value once, in buckets without gaps', () => {
    const values = [0.001, 0.05, 0.3, 0.31, 7, 7.5, 950];
    const buckets = histogram(values, 1.5);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    for (const [place, bucket] of buckets.entries()) {
      const inside = values.filter((value) => value >= bucket.from && value < bucket.to);
      expect(inside.length).toBe(bucket.count);
      const next = buckets[place + 1];
      if (next) expect(next.from).toBeCloseTo(bucket.to, 9);
    }
  });

  it('of nothing is empty', () => {
    expect(histogram([], 2)).toEqual([]);
  });
});

it.each([
  { hundredths: 50, value: 2 },
  { hundredths: 75, value: 3 },
  { hundredths: 76, value: 4 },
  { hundredths: 100, value: 4 },
])('the $hundredths th of four values is the $value th', ({ hundredths, value }) => {
  expect(percentile([1, 2, 3, 4], hundredths)).toBe(value);
});
