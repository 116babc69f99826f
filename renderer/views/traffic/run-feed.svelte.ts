import { type FeedEvent, FeedReader } from '../../../app/contract/feed-reader.ts';
import type { RunChange, RunState, TrafficRun } from '../../../app/contract/traffic.ts';
import { backoffMs } from '../../connection/backoff.ts';
import type { EngineConnection } from '../../connection/engine-connection.svelte.ts';
import { RunStatistics } from './run-statistics.ts';

/**
 * Follows one run to its end; unlike a LiveFeed it does not begin anew when that has come. Made inside a
 * component.
 */
export class RunFeed {
  #run: TrafficRun | undefined = $state.raw();
  #error: unknown = $state.raw();
  /** Statistics grow in place: this counts how often they did. */
  #version = $state(0);
  #statistics = new RunStatistics();

  constructor(connection: EngineConnection, id: string) {
    $effect(() => {
      if (connection.status !== 'connected') return;
      const abort = new AbortController();
      void this.#follow((signal) => connection.client.traffic.watchRun({ id }, { signal }), abort.signal);
      return () => abort.abort();
    });
  }

  get run(): TrafficRun | undefined {
    return this.#run;
  }

  get error(): unknown {
    return this.#error;
  }

  get statistics(): RunStatistics {
    void this.#version;
    return this.#statistics;
  }

  async #follow(
    subscribe: (signal: AbortSignal) => Promise<AsyncIterable<FeedEvent<RunState, RunChange>>>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const reader = this.#reader();
        for await (const event of await subscribe(signal)) {
          if (signal.aborted) return;
          reader.take(event);
          this.#error = undefined;
        }
        if (this.#run && this.#run.state !== 'running') return;
      } catch (error) {
        if (signal.aborted) return;
        this.#error = error;
        // A run that was removed does not come back.
        if (isNotFound(error)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    }
  }

  #reader(): FeedReader<RunState, RunChange> {
    return new FeedReader<RunState, RunChange>({
      reset: ({ run, results }) => {
        this.#statistics = new RunStatistics();
        this.#statistics.add(results);
        this.#run = run;
        this.#version += 1;
      },
      apply: (changes) => {
        for (const change of changes) {
          if (change.type === 'run') this.#run = change.run;
          else this.#statistics.add(change.results);
        }
        this.#version += 1;
      },
    });
  }
}

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'NOT_FOUND';
}
