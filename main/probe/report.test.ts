import { expect, it } from 'vitest';
import type { FailureContext } from '../../app/probe/failure-cause.ts';
import { type ProbeResult, summarize } from '../../app/probe/result.ts';
import { asJson, describeSummary } from './report.ts';

const context: FailureContext = {
  mode: 'iptables',
  dialect: 'current',
  way: 'nodePort',
  protocol: 'TCP',
  readyEndpoints: 0,
  ipv6: false,
};

const answered = (index: number, pod: string, totalMs: number): ProbeResult => ({
  index,
  ok: true,
  pod,
  namespace: 'default',
  client: '10.0.0.9',
  totalMs,
});

const refused: ProbeResult = {
  index: 4,
  ok: false,
  totalMs: 0.5,
  failure: { kind: 'refused', code: 'ECONNREFUSED' },
};

it('shows who answered how often, with a bar each, and how fast', () => {
  const results = [1, 2, 3].map((ms) => answered(ms, 'mysql-1', ms));
  const text = describeSummary(
    'client → 10.0.0.5:30964',
    summarize([...results, answered(0, 'mysql-22', 40)]),
    context,
  );
  expect(text).toBe(`client → 10.0.0.5:30964: 4 of 4 answered

  mysql-1   3  ███████████████████████ 75.0 %
  mysql-22  1  ████████ 25.0 %

  latency  min 1.00  median 2.00  p90 40  p99 40  max 40 ms
  source   10.0.0.9 (4), as the pods saw it
`);
});

it('shows failures with what they usually mean, and nothing of answers where there are none', () => {
  expect(describeSummary('client → 10.0.0.5:30964', summarize([refused]), context)).toBe(
    `client → 10.0.0.5:30964: 0 of 1 answered

  refused: 1
    The Service has no ready endpoint. In iptables mode a REJECT rule in the filter table refuses at once, rather than leave the client to wait.
`,
  );
});

it('gives everything as JSON, failures with their words', () => {
  const results = [answered(0, 'mysql-1', 1), refused];
  const text = asJson({ target: { port: 30964 }, summary: summarize(results), results, context });
  expect(text.endsWith('\n')).toBe(true);
  expect(JSON.parse(text)).toMatchObject({
    target: { port: 30964 },
    summary: { requests: 2, ok: 1, failed: 1 },
    results: [
      results[0],
      { failure: { kind: 'refused', code: 'ECONNREFUSED', words: expect.stringContaining('REJECT') } },
    ],
  });
});
