/** One run while it runs: results come in batches, the summary follows. */
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { RunChange, RunState, TrafficResult, TrafficRun } from '../../../app/contract/traffic.ts';
import type { FailureContext } from '../../../app/probe/failure-cause.ts';
import { failureWords } from '../../../app/probe/failure-words.ts';
import { summarize } from '../../../app/probe/result.ts';
import type { ProbePlan } from '../../probe/plan.ts';
import { Feed } from '../feed.ts';
import type { TrafficWay } from './traffic-places.ts';

const BATCH_MS = 100;
/** Summing up a long run takes a while: it is not to take more than a sixth of the time. */
const PAUSE_PER_SUMMARY = 5;

export interface RunningTrafficOptions {
  /** Without results yet. */
  run: TrafficRun;
  plan: ProbePlan;
  way: TrafficWay;
  /** The run with its summary up to now. */
  onRun: (run: TrafficRun) => void;
}

export class RunningTraffic {
  /** Settles when it has ended, however. */
  readonly ended: Promise<void>;
  readonly #options: RunningTrafficOptions;
  readonly #feed: Feed<RunState, RunChange>;
  readonly #stop = new AbortController();
  #run: TrafficRun;
  #results: TrafficResult[] = [];
  #batch: TrafficResult[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunningTrafficOptions) {
    this.#options = options;
    this.#run = options.run;
    this.#feed = new Feed(() => this.state);
    this.ended = this.#send();
  }

  get state(): RunState {
    return { run: this.#run, results: this.#results };
  }

  subscribe(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<RunState, RunChange>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  /** What was answered until then stays. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #send(): Promise<void> {
    const { plan, way } = this.#options;
    let error: string | undefined;
    try {
      await way.send(plan, { signal: this.#stop.signal, onResult: (result) => this.#take(result) });
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    clearTimeout(this.#timer);
    const complete = this.#results.length + this.#batch.length >= plan.requests;
    const state = error !== undefined ? 'failed' : complete ? 'done' : 'stopped';
    this.#flush({ state, endedAt: new Date().toISOString(), ...(error === undefined ? {} : { error }) });
    this.#feed.close();
  }

  #take(result: TrafficResult): void {
    this.#batch.push(result);
    this.#timer ??= setTimeout(() => this.#flushBatch(), BATCH_MS);
  }

  #flushBatch(): void {
    const startedAt = performance.now();
    this.#flush({});
    const pause = Math.max(BATCH_MS, (performance.now() - startedAt) * PAUSE_PER_SUMMARY);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#batch.length > 0) this.#flushBatch();
    }, pause);
  }

  #flush(change: Partial<Pick<TrafficRun, 'state' | 'endedAt' | 'error'>>): void {
    const { way } = this.#options;
    const results = this.#batch.map((result) => way.explain?.(result) ?? result);
    this.#batch = [];
    this.#results = [...this.#results, ...results];
    const summary = summarize(this.#results);
    const context = contextOf(this.#run);
    const explanations = summary.failures.map(({ kind }) => ({ kind, words: failureWords(kind, context) }));
    this.#run = { ...this.#run, ...change, summary, explanations };
    this.#feed.publish([
      ...(results.length > 0 ? [{ type: 'results' as const, results }] : []),
      { type: 'run', run: this.#run },
    ]);
    this.#options.onRun(this.#run);
  }
}

function contextOf({ protocol, target, mode, dialect }: TrafficRun): FailureContext {
  return {
    mode,
    dialect,
    way: target.way,
    protocol: protocol === 'udp' ? 'UDP' : 'TCP',
    ipv6: target.address.includes(':'),
    ...(target.readyEndpoints === undefined ? {} : { readyEndpoints: target.readyEndpoints }),
  };
}
