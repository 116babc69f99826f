/** What the results of a run tell beyond its summary, counted while they come. */
import type { TrafficResult } from '../../../app/contract/traffic.ts';

/** Requests answered by one pod. */
export interface PodShare {
  /** `web-1`, outside `default` with its namespace; `null` where something else than a pod answered. */
  readonly pod: string | null;
  /** What else answered: its first characters. */
  readonly answeredBy?: string;
  readonly count: number;
  /** Milliseconds. */
  readonly latency: Quantiles;
  /** Addresses the pod saw requests come from, the busiest first. */
  readonly sources: readonly { address: string; count: number }[];
}

export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Bucket {
  /** Milliseconds, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The smallest value that so many hundredths do not exceed (nearest rank); 0 for none. */
export function percentile(sorted: ArrayLike<number>, hundredths: number): number {
  const rank = Math.max(1, Math.ceil((hundredths / 100) * sorted.length));
  return sorted[rank - 1] ?? 0;
}

function quantiles(latencies: readonly number[]): Quantiles {
  const sorted = Float64Array.from(latencies).sort();
  return {
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) ?? 0,
  };
}

interface Counted {
  pod: string | null;
  answeredBy?: string;
  latencies: number[];
  sources: Map<string, number>;
}

/** Grows with the run; what is asked of it is worked out when it is asked. */
export class RunStatistics {
  /** Milliseconds by the order in which answers came; a failure is `null` here and its time in `failures`. */
  readonly latencies: (number | null)[] = [];
  readonly failures: (number | null)[] = [];
  readonly #pods = new Map<string, Counted>();

  add(results: readonly TrafficResult[]): void {
    for (const result of results) this.#addOne(result);
  }

  /** The busiest first. */
  get pods(): PodShare[] {
    return [...this.#pods.values()]
      .map(({ latencies, sources, ...who }) => ({
        ...who,
        count: latencies.length,
        latency: quantiles(latencies),
        sources: [...sources]
          .map(([address, count]) => ({ address, count }))
          .sort((a, b) => b.count - a.count || (a.address < b.address ? -1 : 1)),
      }))
      .sort((a, b) => b.count - a.count || ((a.pod ?? '~') < (b.pod ?? '~') ? -1 : 1));
  }

  /** Latencies of the answered requests in buckets, each `step` times as wide as the one before it. */
  histogram(step = 1.5): Bucket[] {
    const answered = this.latencies.filter((latency) => latency !== null);
    return histogram(answered, step);
  }

  #addOne(result: TrafficResult): void {
    this.latencies.push(result.ok ? result.totalMs : null);
    this.failures.push(result.ok ? null : result.totalMs);
    if (!result.ok) return;
    const { pod, answeredBy, client, totalMs } = result;
    const name = pod === undefined ? null : podName(pod, result.namespace);
    const key = name ?? ` ${answeredBy ?? ''}`;
    let counted = this.#pods.get(key);
    if (!counted) {
      counted = {
        pod: name,
        ...(name === null ? { answeredBy: answeredBy ?? '' } : {}),
        latencies: [],
        sources: new Map(),
      };
      this.#pods.set(key, counted);
    }
    counted.latencies.push(totalMs);
    if (client !== undefined) counted.sources.set(client, (counted.sources.get(client) ?? 0) + 1);
  }
}

/** As the run's summary names pods. */
export function podName(pod: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === 'default' ? pod : `${namespace}/${pod}`;
}

/** Milliseconds below which buckets would say nothing. */
const FINEST_MS = 0.05;

/** Without gaps from the smallest to the largest value; empty for none. */
export function histogram(values: readonly number[], step: number): Bucket[] {
  if (values.length === 0) return [];
  const place = (value: number): number =>
    Math.floor(Math.log(Math.max(value, FINEST_MS) / FINEST_MS) / Math.log(step) + 1e-9);
  const counts = new Map<number, number>();
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const value of values) {
    const bucket = place(value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    first = Math.min(first, bucket);
    last = Math.max(last, bucket);
  }
  return Array.from({ length: last - first + 1 }, (_, offset) => {
    const bucket = first + offset;
    return {
      from: bucket === 0 ? 0 : FINEST_MS * step ** bucket,
      to: FINEST_MS * step ** (bucket + 1),
      count: counts.get(bucket) ?? 0,
    };
  });
}
