/** What came of requests: one by one, and in sum. */

export const failureKinds = [
  'refused',
  'timed-out',
  'closed-without-answer',
  'reset',
  'unreachable',
  'other',
] as const;

/** How a request failed, told once where it failed: by the socket's error. */
export type FailureKind = (typeof failureKinds)[number];

export interface ProbeResult {
  /** Counts from 0, in the order the requests were begun. */
  index: number;
  ok: boolean;
  /** Who answered; absent where nobody did, or something that is no pod of the lab. */
  pod?: string;
  namespace?: string;
  /** The source address that the pod saw. */
  client?: string;
  /** What answered was no pod of the lab: its first characters. */
  answeredBy?: string;
  /** Milliseconds until the connection stood; absent for UDP and on a kept connection. */
  connectMs?: number;
  /** Milliseconds until the answer's first byte; absent for UDP, whose answer comes whole. */
  firstByteMs?: number;
  /** Milliseconds until the answer was there, or the failure. */
  totalMs: number;
  failure?: { kind: FailureKind /** The system's own word, e.g. ECONNREFUSED. */; code: string };
}

export interface ProbeSummary {
  requests: number;
  ok: number;
  failed: number;
  /** By name, the busiest first. */
  pods: { pod: string; count: number }[];
  sources: { address: string; count: number }[];
  failures: { kind: FailureKind; count: number }[];
  /** Milliseconds, of the answered requests; absent without any. */
  latencyMs?: { min: number; p50: number; p90: number; p99: number; max: number };
}

function counted(words: (string | undefined)[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}

/** The smallest value that so many hundredths do not exceed (nearest rank). */
function percentile(sorted: readonly number[], hundredths: number): number {
  const rank = Math.max(1, Math.ceil((hundredths / 100) * sorted.length));
  return sorted[rank - 1] ?? 0;
}

export function summarize(results: readonly ProbeResult[]): ProbeSummary {
  const answered = results.filter(({ ok }) => ok);
  const sorted = answered.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const name = ({ pod, namespace, answeredBy }: ProbeResult): string =>
    pod === undefined
      ? `(no pod: ${answeredBy ?? ''})`
      : namespace === 'default'
        ? pod
        : `${namespace}/${pod}`;
  return {
    requests: results.length,
    ok: answered.length,
    failed: results.length - answered.length,
    pods: counted(answered.map(name)).map(([pod, count]) => ({ pod, count })),
    sources: counted(answered.map(({ client }) => client)).map(([address, count]) => ({ address, count })),
    failures: counted(results.map(({ failure }) => failure?.kind)).map(([kind, count]) => ({
      kind: kind as FailureKind,
      count,
    })),
    ...(sorted.length > 0
      ? {
          latencyMs: {
            min: percentile(sorted, 0),
            p50: percentile(sorted, 50),
            p90: percentile(sorted, 90),
            p99: percentile(sorted, 99),
            max: percentile(sorted, 100),
          },
        }
      : {}),
  };
}
