/**
 * The chosen cluster's node: attached at a place, observed or taken over, and let go of. One thing is done at a time;
 * attaching can be given up. Whatever ends it (detaching, another cluster, the program's end) hands the node back.
 */
import type { AttachmentState, TakeOverPreview } from '../../../app/contract/attachment.ts';
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { Node } from '../../../app/kubernetes/objects.ts';
import type { Dialect } from '../../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../../app/proxy/configuration.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { parseTargetSpec, TargetError, type TargetSpec } from '../../targets/target-spec.ts';
import type { AttachedNode } from '../attached-node.ts';
import { Feed } from '../feed.ts';
import { contractError } from '../refusals.ts';
import type { WantedRules } from '../wanted-rules.ts';
import { doubtsOf } from './likeness.ts';
import { type AttachingStep, type OpenNode, openNode } from './open-node.ts';
import { LostNodeError, problemOf } from './problem.ts';
import { takeOver } from './take-over.ts';
import { takeOverChange } from './take-over-preview.ts';

export interface AttachmentOptions {
  readonly connection: ClusterConnection;
  readonly configuration: ProxyConfiguration;
  /** Of the kubeconfig; null for the lab, whose node is its own. */
  readonly context: string | null;
  /** Makes it the node that the session shows, or none. */
  readonly show: (node: AttachedNode | null) => void;
  /** @throws MissingToolError */
  readonly build: (mode: ProxyMode, dialect: Dialect) => Promise<WantedRules>;
  readonly log: (line: string) => void;
}

type Which = Pick<Extract<AttachmentState, { state: 'attached' }>, 'target' | 'kind' | 'node'>;
type Attached = Extract<AttachmentState, { state: 'attached' }>;

export interface TakeOverRequest {
  mode: ProxyMode;
  dialect: Dialect;
  /** The person knows better than what is only suspected. */
  accept: boolean;
}

export class Attachment {
  readonly #options: AttachmentOptions;
  readonly #feed: Feed<AttachmentState, never>;
  readonly #listeners = new Set<() => void>();
  #state: AttachmentState;
  #open: OpenNode | undefined;
  #attempt: AbortController | undefined;
  #doing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: AttachmentOptions) {
    this.#options = options;
    this.#state = { state: options.context === null ? 'own' : 'none' };
    this.#feed = new Feed(() => this.#state);
  }

  get state(): AttachmentState {
    return this.#state;
  }

  subscribe(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<AttachmentState, never>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  /** Calls back when the state has become another; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws ORPCError REFUSED, NOT_FOUND, FAILED with what the state says, too */
  async attach({ target, node }: { target: string; node: string }): Promise<void> {
    const spec = this.#specOf(target);
    this.#refuseUnknown(node);
    this.#attempt?.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    await this.#inTurn(async () => {
      await this.#letGo();
      if (attempt.signal.aborted) return;
      await this.#attachTo({ target, kind: spec.kind, node }, spec, attempt.signal);
    });
  }

  /** Gives up what is being attached; lets go of what is. */
  async detach(): Promise<void> {
    this.#refuseOwn();
    this.#attempt?.abort();
    await this.#inTurn(() => this.#letGo());
  }

  async previewTakeOver({ mode, dialect }: { mode: ProxyMode; dialect: Dialect }): Promise<TakeOverPreview> {
    const { node, state } = this.#attached();
    const change = await takeOverChange({ node, mode, dialect, build: this.#options.build });
    return { change, rivals: await node.rivals.find(), doubts: state.doubts };
  }

  /** @throws ORPCError REFUSED, UNSUPPORTED; the node is then as it was */
  async takeOver(request: TakeOverRequest): Promise<void> {
    await this.#inTurn(async () => {
      const { node, state } = this.#attached();
      if (state.way === 'take-over') {
        throw contractError('REFUSED', 'the node is taken over already; switch its mode instead');
      }
      await this.#changing('take-over', () => takeOver(node, state.doubts, request));
      this.#be({ way: 'take-over', since: now(), rivals: node.rivals.known });
    });
  }

  async handBack(): Promise<void> {
    await this.#inTurn(async () => {
      const { node, state } = this.#attached();
      if (state.way === 'observe') return;
      await this.#changing('hand-back', async () => {
        await node.engine.observe();
        await node.target.handBack?.();
        await node.target.attaching.markWriter({ writes: false });
        await node.mode.read();
      });
      this.#be({ way: 'observe', since: now() });
    });
  }

  trustPlace(): void {
    this.#attached();
    this.#be({ doubts: [] });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#attempt?.abort();
    await this.#inTurn(() => this.#letGo());
    this.#feed.close();
    this.#listeners.clear();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#doing.then(work);
    this.#doing = done.catch(() => {});
    return done;
  }

  #specOf(target: string): TargetSpec & { kind: Which['kind'] } {
    this.#refuseOwn();
    try {
      const spec = parseTargetSpec(target);
      if (spec.kind !== 'lab') return spec;
    } catch (error) {
      throw error instanceof TargetError ? contractError('REFUSED', error.message) : error;
    }
    throw contractError('REFUSED', "the embedded lab's node is its own cluster's");
  }

  #refuseOwn(): void {
    if (this.#options.context === null) {
      throw contractError('UNSUPPORTED', "the embedded lab's node is there as long as the lab is");
    }
  }

  /** A person who may not list nodes knows their names otherwise. */
  #refuseUnknown(name: string): void {
    const nodes = this.#options.connection.objects.list<Node>('nodes');
    if (nodes.length === 0 || nodes.some(({ metadata }) => metadata.name === name)) return;
    throw contractError('NOT_FOUND', `the cluster has no node ${name}`);
  }

  async #attachTo(which: Which, spec: TargetSpec, signal: AbortSignal): Promise<void> {
    const step = (now: AttachingStep): void => {
      if (!signal.aborted) this.#become({ ...which, state: 'attaching', step: now });
    };
    try {
      const { connection, configuration, context, log } = this.#options;
      const node = await openNode({
        spec, nodeName: which.node, connection, configuration, context: context ?? '', signal, step, log,
      }); // biome-ignore format: names alone
      this.#opened(node, which);
    } catch (error) {
      if (signal.aborted) {
        this.#become({ state: 'none' });
        return;
      }
      const problem = problemOf(error);
      this.#become({ ...which, state: 'failed', problem });
      throw contractError('FAILED', problem.detail, problem.code);
    }
  }

  #opened(node: OpenNode, which: Which): void {
    const { engine, target, identity, elevated, rivals } = node;
    this.#open = node;
    const object = this.#options.connection.objects.get<Node>('nodes', { name: which.node });
    const doubts = doubtsOf(which.kind, identity, object);
    this.#become({
      ...which, state: 'attached', way: 'observe', changing: null, since: now(), elevated, doubts, rivals: rivals.known,
    }); // biome-ignore format: names alone
    this.#options.show({
      engine,
      target,
      nodeName: which.node,
      place: which.target,
      kernel: identity.kernel,
    });
    rivals.onChange(() => this.#be({ rivals: rivals.known }));
    void target.ended.then(() => this.#lost(node, which));
  }

  /** The helper has gone by itself: what it had changed is undone by it, or by the next one. */
  #lost(node: OpenNode, which: Which): void {
    if (this.#open !== node || this.#closed) return;
    void this.#inTurn(async () => {
      if (this.#open !== node) return;
      await this.#letGo();
      this.#become({ ...which, state: 'failed', problem: problemOf(new LostNodeError()) });
    });
  }

  async #letGo(): Promise<void> {
    const node = this.#open;
    this.#open = undefined;
    if (node) {
      this.#be({ changing: 'detach' });
      this.#options.show(null);
      await node.close();
    }
    if (this.#options.context !== null) this.#become({ state: 'none' });
  }

  #attached(): { node: OpenNode; state: Attached } {
    if (!this.#open || this.#state.state !== 'attached') {
      throw contractError('REFUSED', 'no node is attached');
    }
    return { node: this.#open, state: this.#state };
  }

  async #changing(what: Attached['changing'], work: () => Promise<void>): Promise<void> {
    this.#be({ changing: what });
    try {
      await work();
    } finally {
      this.#be({ changing: null });
    }
  }

  #be(change: Partial<Omit<Attached, 'state'>>): void {
    if (this.#state.state === 'attached') this.#become({ ...this.#state, ...change });
  }

  #become(state: AttachmentState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#feed.reset();
    for (const listener of [...this.#listeners]) listener();
  }
}

function now(): string {
  return new Date().toISOString();
}
