import { describe, expect, it } from 'vitest';
import type { TrafficPlan, TrafficRun, TrafficSummary } from '../../../app/contract/traffic.ts';
import { compareRuns } from './compare-runs.ts';

const run = (
  summary: Partial<TrafficSummary>,
  plan: Partial<TrafficPlan> = {},
  mode: TrafficRun['mode'] = 'iptables',
): TrafficRun => ({
  id: 'x',
  plan: {
    from: 'client',
    target: '10.0.0.5:30964',
    requests: 10,
    concurrency: 1,
    keepAlive: false,
    timeoutMs: 1000,
    ...plan,
  },
  protocol: 'http',
  target: { address: '10.0.0.5', port: 30964, protocol: 'TCP', way: 'nodePort', mode, dialect: 'current' },
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:00:01Z',
  state: 'done',
  summary: { requests: 10, ok: 10, failed: 0, pods: [], sources: [], failures: [], ...summary },
  mode,
  dialect: 'current',
  explanations: [],
});

describe('two runs compared', () => {
  const left = run({
    pods: [
      { pod: 'b', count: 6 },
      { pod: 'a', count: 4 },
    ],
    latencyMs: { min: 1, p50: 2, p90: 4, p99: 8, max: 10 },
  });
  const right = run(
    {
      requests: 20,
      ok: 5,
      failed: 15,
      pods: [{ pod: 'c', count: 5 }],
      failures: [{ kind: 'refused', count: 15 }],
      latencyMs: { min: 0, p50: 6, p90: 6, p99: 6, max: 6 },
    },
    { requests: 20 },
    'nftables',
  );
  const compared = compareRuns(left, right);

  it('have the pods of both, with their shares of the answers', () => {
    expect(compared.pods).toEqual([
      { name: 'b', left: 6, right: 0, leftShare: 60, rightShare: 0 },
      { name: 'a', left: 4, right: 0, leftShare: 40, rightShare: 0 },
      { name: 'c', left: 0, right: 5, leftShare: 0, rightShare: 100 },
    ]);
  });

  it('have the failures as shares of all requests', () => {
    expect(compared.failures).toEqual([
      { name: 'refused', left: 0, right: 15, leftShare: 0, rightShare: 75 },
    ]);
  });

  it('tell how much longer the second takes', () => {
    expect(compared.latencies.find(({ quantile }) => quantile === 'p50')?.ratio).toBe(3);
  });

  it('tell what was set differently', () => {
    expect([...compared.differing]).toEqual(['requests', 'mode']);
    expect(compareRuns(left, left).differing.size).toBe(0);
  });

  it('have no latencies where nothing answered, and no shares of nothing', () => {
    const none = compareRuns(left, run({ ok: 0, pods: [] }));
    expect(none.latencies[1]).toEqual({ quantile: 'p50', left: 2 });
    expect(none.pods[0]?.rightShare).toBe(0);
  });
});
