/** Requests sent through the rules: the runs that go on, and earlier ones, which survive a restart. */
import { randomBytes } from 'node:crypto';
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type {
  RunChange,
  RunState,
  RunsChange,
  RunsState,
  TrafficPlan,
  TrafficRun,
} from '../../../app/contract/traffic.ts';
import { summarize } from '../../../app/probe/result.ts';
import { Feed } from '../feed.ts';
import { contractError } from '../refusals.ts';
import { RunFiles } from './run-files.ts';
import { RunningTraffic } from './running-traffic.ts';
import type { TrafficPlaces } from './traffic-places.ts';

const KEPT = 50;
const MOST_RUNNING = 8;

export interface TrafficRunsOptions {
  /** Where earlier runs are kept. */
  folder: string;
  places: TrafficPlaces;
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
  log: (line: string) => void;
}

export class TrafficRuns {
  readonly #options: TrafficRunsOptions;
  readonly #files: RunFiles;
  readonly #feed: Feed<RunsState, RunsChange>;
  readonly #running = new Map<string, RunningTraffic>();
  /** Read when it is first asked for. The latest first. */
  #runs: TrafficRun[] | undefined;

  constructor(options: TrafficRunsOptions) {
    this.#options = options;
    this.#files = new RunFiles(options.folder);
    this.#feed = new Feed(() => ({ runs: this.#known }));
  }

  async start(plan: TrafficPlan): Promise<TrafficRun> {
    if (this.#running.size >= MOST_RUNNING) {
      throw contractError('REFUSED', `${MOST_RUNNING} runs are under way already: stop one first`);
    }
    const target = this.#options.resolveTarget(plan.target);
    if (target.protocol === 'SCTP') {
      throw contractError('REFUSED', `${plan.target} is an SCTP port; requests are sent over TCP and UDP`);
    }
    const protocol = plan.protocol ?? (target.protocol === 'UDP' ? 'udp' : 'http');
    const way = await this.#options.places.way(plan, protocol === 'udp' ? 'UDP' : 'TCP');
    const { address, port } = way;
    const { requests, concurrency, keepAlive, timeoutMs } = plan;
    const run: TrafficRun = {
      id: `${Date.now()}-${randomBytes(4).toString('hex')}`,
      plan,
      protocol,
      target: plan.at ? { ...target, ...plan.at } : target,
      startedAt: new Date().toISOString(),
      endedAt: null,
      state: 'running',
      summary: summarize([]),
      mode: target.mode,
      dialect: target.dialect,
      explanations: [],
    };
    // Known before it begins: it may fail at once.
    this.#runs = [run, ...this.#known];
    this.#feed.publish([{ type: 'run', run }]);
    const traffic = new RunningTraffic({
      run,
      plan: { address, port, protocol, requests, concurrency, keepAlive, timeoutMs },
      way,
      onRun: (now) => this.#changed(now),
    });
    this.#running.set(run.id, traffic);
    this.#save(traffic.state);
    void traffic.ended.then(() => this.#ended(traffic));
    return run;
  }

  async stop(id: string): Promise<TrafficRun> {
    await this.#running.get(id)?.stop();
    return this.#find(id);
  }

  watchRun(
    id: string,
    signal?: AbortSignal,
  ): AsyncIteratorObject<FeedEvent<RunState, RunChange>, undefined, void> {
    const run = this.#find(id);
    const running = this.#running.get(id);
    if (running) return running.subscribe(signal);
    const feed = new Feed<RunState, RunChange>(() => ({ run, results: this.#files.results(run) }));
    const reader = feed.subscribe(signal);
    feed.close();
    return reader;
  }

  watchRuns(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<RunsState, RunsChange>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  remove(id: string): void {
    const run = this.#find(id);
    if (this.#running.has(id)) throw contractError('REFUSED', 'the run is under way: stop it first');
    this.#forget(run);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((traffic) => traffic.stop()));
    this.#feed.close();
    await this.#options.places.close();
  }

  get #known(): TrafficRun[] {
    this.#runs ??= this.#files.list().map((run) => (run.state === 'running' ? cutOff(run) : run));
    return this.#runs;
  }

  #find(id: string): TrafficRun {
    const run = this.#known.find((known) => known.id === id);
    if (!run) throw contractError('NOT_FOUND', 'there is no such run: it was removed, or is no longer kept');
    return run;
  }

  #changed(run: TrafficRun): void {
    this.#runs = this.#known.map((known) => (known.id === run.id ? run : known));
    this.#feed.publish([{ type: 'run', run }]);
  }

  #ended(traffic: RunningTraffic): void {
    this.#running.delete(traffic.state.run.id);
    this.#save(traffic.state);
    const earlier = this.#known.filter(({ id }) => !this.#running.has(id));
    for (const run of earlier.slice(KEPT)) this.#forget(run);
  }

  #forget(run: TrafficRun): void {
    this.#runs = this.#known.filter(({ id }) => id !== run.id);
    this.#files.remove(run);
    this.#feed.publish([{ type: 'removed', id: run.id }]);
  }

  /** A run that cannot be kept has been seen all the same. */
  #save(state: RunState): void {
    try {
      this.#files.save(state);
    } catch (error) {
      this.#options.log(`the run is not kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** One that was under way when the lab was killed. */
function cutOff(run: TrafficRun): TrafficRun {
  return { ...run, state: 'stopped', endedAt: run.startedAt, error: 'the lab ended while it ran' };
}
