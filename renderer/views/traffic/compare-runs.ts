/** Two runs side by side: what each did, and what of it differs. */
import type { TrafficRun, TrafficSummary } from '../../../app/contract/traffic.ts';

export interface ComparedShare {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  /** Hundredths of the answered requests of each run. */
  readonly leftShare: number;
  readonly rightShare: number;
}

export type Quantile = 'min' | 'p50' | 'p90' | 'p99' | 'max';

export interface ComparedLatency {
  readonly quantile: Quantile;
  /** Milliseconds; absent for a run without answers. */
  readonly left?: number;
  readonly right?: number;
  /** How many times as long the right one takes; absent where either has none. */
  readonly ratio?: number;
}

export interface Comparison {
  readonly pods: readonly ComparedShare[];
  readonly sources: readonly ComparedShare[];
  readonly failures: readonly ComparedShare[];
  readonly latencies: readonly ComparedLatency[];
  /** What was set differently: fields of the plan, and the mode at the time. */
  readonly differing: ReadonlySet<ComparedSetting>;
}

export const comparedSettings = [
  'from',
  'target',
  'protocol',
  'requests',
  'concurrency',
  'keepAlive',
  'timeoutMs',
  'mode',
  'dialect',
] as const;
export type ComparedSetting = (typeof comparedSettings)[number];

export function settingOf(run: TrafficRun, setting: ComparedSetting): string | number | boolean | null {
  switch (setting) {
    case 'protocol':
    case 'mode':
    case 'dialect':
      return run[setting];
    default:
      return run.plan[setting];
  }
}

export function compareRuns(left: TrafficRun, right: TrafficRun): Comparison {
  const of = (
    pick: (summary: TrafficSummary) => [string, number][],
    all: 'ok' | 'requests',
  ): ComparedShare[] =>
    shares(pick(left.summary), pick(right.summary), [left.summary[all], right.summary[all]]);
  return {
    pods: of(({ pods }) => pods.map(({ pod, count }) => [pod, count]), 'ok'),
    sources: of(({ sources }) => sources.map(({ address, count }) => [address, count]), 'ok'),
    failures: of(({ failures }) => failures.map(({ kind, count }) => [kind, count]), 'requests'),
    latencies: (['min', 'p50', 'p90', 'p99', 'max'] as const).map((quantile) =>
      latency(quantile, left.summary.latencyMs?.[quantile], right.summary.latencyMs?.[quantile]),
    ),
    differing: new Set(
      comparedSettings.filter((setting) => settingOf(left, setting) !== settingOf(right, setting)),
    ),
  };
}

/** All names of either side; those of the left side first, in its order. */
function shares(
  left: [string, number][],
  right: [string, number][],
  [leftAll, rightAll]: [number, number],
): ComparedShare[] {
  const [lefts, rights] = [new Map(left), new Map(right)];
  const share = (count: number, all: number): number => (all === 0 ? 0 : (100 * count) / all);
  return [...new Set([...lefts.keys(), ...rights.keys()])].map((name) => {
    const [leftCount, rightCount] = [lefts.get(name) ?? 0, rights.get(name) ?? 0];
    return {
      name,
      left: leftCount,
      right: rightCount,
      leftShare: share(leftCount, leftAll),
      rightShare: share(rightCount, rightAll),
    };
  });
}

function latency(quantile: Quantile, left: number | undefined, right: number | undefined): ComparedLatency {
  return {
    quantile,
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
    ...(left === undefined || right === undefined || left === 0 ? {} : { ratio: right / left }),
  };
}
