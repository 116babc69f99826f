import { expect, it } from 'vitest';
import { type ProbeResult, summarize } from './result.ts';

const answer = (
  index: number,
  pod: string,
  totalMs: number,
  more: Partial<ProbeResult> = {},
): ProbeResult => ({
  index,
  ok: true,
  pod,
  namespace: 'default',
  client: '10.0.0.9',
  totalMs,
  ...more,
});

it('sums up who answered, from where, how fast, and what failed', () => {
  const results: ProbeResult[] = [
    answer(0, 'a', 1),
    answer(1, 'b', 2),
    answer(2, 'b', 3),
    answer(3, 'c', 4, { namespace: 'shop' }),
    { index: 4, ok: false, totalMs: 9, failure: { kind: 'refused', code: 'ECONNREFUSED' } },
  ];
  expect(summarize(results)).toEqual({
    requests: 5,
    ok: 4,
    failed: 1,
    pods: [
      { pod: 'b', count: 2 },
      { pod: 'a', count: 1 },
      { pod: 'shop/c', count: 1 },
    ],
    sources: [{ address: '10.0.0.9', count: 4 }],
    failures: [{ kind: 'refused', count: 1 }],
    latencyMs: { min: 1, p50: 2, p90: 4, p99: 4, max: 4 },
  });
});

it('has no latency without an answer', () => {
  expect(summarize([]).latencyMs).toBeUndefined();
});
