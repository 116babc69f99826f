/** The kind clusters of this computer, and the one job that `kind` does for us at a time. */

import type { FeedEvent } from '../../app/contract/feed.ts';
import type { KindJob, KindState } from '../../app/contract/kind.ts';
import { type KindOptions, kindConfig, portTwice } from '../../app/kind/kind-config.ts';
import { isInstalled } from '../requirements/tools.ts';
import { runCommand } from '../run-command.ts';
import { Feed } from '../session/feed.ts';
import { contractError } from '../session/refusals.ts';
import { kindCommand } from './kind-command.ts';

const MOST_LINES = 200;
const LIST_TIMEOUT_MS = 30_000;
/** How long kind waits for the node to be ready before it calls the cluster made. */
const WAIT = '120s';

export class KindClusters {
  readonly #feed: Feed<KindState, never>;
  readonly #log: (line: string) => void;
  #state: KindState = { known: false, version: null, clusters: null, problem: null, job: null };
  #stop: AbortController | undefined;
  #working: Promise<void> | undefined;

  constructor(log: (line: string) => void) {
    this.#log = log;
    this.#feed = new Feed(() => this.#state);
  }

  get state(): KindState {
    return this.#state;
  }

  subscribe(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<KindState, never>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  /** Never rejects: what kind says no to is the state's problem. */
  async refresh(): Promise<void> {
    if (!isInstalled('kind')) {
      this.#change({ known: true, version: null, clusters: null, problem: null });
      return;
    }
    try {
      const options = { timeoutMs: LIST_TIMEOUT_MS };
      const [told, listed] = [
        await runCommand(['kind', 'version', '--quiet'], options),
        // Standard output has the names alone; `No kind clusters found.` is on the other.
        await runCommand(['kind', 'get', 'clusters'], options),
      ];
      const clusters = listed.stdout
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
      const version = `v${told.stdout.trim().replace(/^v/, '')}`;
      this.#change({ known: true, version, clusters, problem: null });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#change({ known: true, version: this.#state.version ?? '', clusters: null, problem });
    }
  }

  /** @throws ORPCError UNSUPPORTED, REFUSED */
  async create(options: KindOptions): Promise<void> {
    await this.#assertIdle();
    const { name, ports } = options;
    const { clusters } = this.#state;
    if (clusters?.includes(name)) {
      throw contractError(
        'REFUSED',
        `there is a kind cluster ${name} already: choose another name, or delete it first`,
      );
    }
    const twice = portTwice(ports);
    if (twice) {
      throw contractError(
        'REFUSED',
        `port ${twice.hostPort}/${twice.protocol} of this computer is led to two node ports`,
      );
    }
    const args = ['create', 'cluster', '--name', name, '--config', '-', '--wait', WAIT];
    this.#begin('create', name, (signal, onLine) =>
      kindCommand(args, { input: kindConfig(options), signal, onLine }),
    );
  }

  /** @throws ORPCError UNSUPPORTED, REFUSED, NOT_FOUND */
  async remove(name: string, confirm: string): Promise<void> {
    await this.#assertIdle();
    // Looked up among those that kind lists: what a window says becomes no option.
    if (!this.#state.clusters?.includes(name)) {
      throw contractError('NOT_FOUND', `kind lists no cluster ${name}`, this.#state.problem);
    }
    if (confirm !== name) throw contractError('REFUSED', `type ${name} to have it deleted`);
    this.#begin('delete', name, (_signal, onLine) =>
      kindCommand(['delete', 'cluster', '--name', name], { onLine }),
    );
  }

  /** @throws ORPCError REFUSED */
  async cancel(): Promise<void> {
    const { job } = this.#state;
    if (job?.state !== 'running' || job.what !== 'create') {
      throw contractError('REFUSED', 'nothing is under way that can be cancelled');
    }
    this.#job({ state: 'cancelling' });
    this.#stop?.abort();
    await this.#working;
  }

  /** What is half made is not left behind. */
  async close(): Promise<void> {
    if (this.#state.job?.state === 'running' && this.#state.job.what === 'create') await this.cancel();
    await this.#working;
    this.#feed.close();
  }

  async #assertIdle(): Promise<void> {
    if (!isInstalled('kind')) {
      throw contractError(
        'UNSUPPORTED',
        'kind is not installed: https://kind.sigs.k8s.io says how to install it',
      );
    }
    if (this.#working)
      throw contractError('REFUSED', 'kind is at work already: wait until it is done, or cancel it');
    await this.refresh();
    if (this.#working)
      throw contractError('REFUSED', 'kind is at work already: wait until it is done, or cancel it');
  }

  #begin(
    what: KindJob['what'],
    name: string,
    work: (signal: AbortSignal, onLine: (line: string) => void) => Promise<void>,
  ): void {
    const stop = new AbortController();
    this.#stop = stop;
    this.#change({ job: { what, name, state: 'running', lines: [], error: null } });
    const onLine = (line: string): void =>
      this.#job({ lines: [...(this.#state.job?.lines ?? []), line].slice(-MOST_LINES) });
    this.#working = (async () => {
      let error: string | undefined;
      try {
        await work(stop.signal, onLine);
      } catch (thrown) {
        error = thrown instanceof Error ? thrown.message : String(thrown);
      }
      // Cancelled at the very end it is whole, and deleted all the same: the person has said so.
      if (stop.signal.aborted) error = await this.#undo(name, onLine);
      await this.refresh();
      const state = error !== undefined ? 'failed' : stop.signal.aborted ? 'cancelled' : 'done';
      this.#working = undefined;
      this.#job({ state, error: error ?? null });
    })();
  }

  async #undo(name: string, onLine: (line: string) => void): Promise<string | undefined> {
    try {
      await kindCommand(['delete', 'cluster', '--name', name], { onLine });
      return undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log(`what was made of the kind cluster ${name} could not be deleted: ${why}`);
      return why;
    }
  }

  #job(change: Partial<KindJob>): void {
    if (this.#state.job) this.#change({ job: { ...this.#state.job, ...change } });
  }

  #change(change: Partial<KindState>): void {
    this.#state = { ...this.#state, ...change };
    this.#feed.reset();
  }
}
