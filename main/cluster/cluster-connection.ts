/** One cluster as everything else sees it: its objects live, calls of its API, and how the connection fares. */
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterConnectionState, WatchedResourceState } from '../../app/contract/clusters.ts';
import { transportOf } from './api-transport.ts';
import { ClusterApi } from './cluster-api.ts';
import { type ClusterObjects, WatchedObjects } from './cluster-objects.ts';
import { connectionProblemOf } from './connection-problem.ts';
import type { KubeContext } from './kube-context.ts';
import type { WatchState } from './resource-watch.ts';
import { SleepWatch } from './sleep-watch.ts';

export interface ClusterConnection {
  /** With this cluster as its current context. */
  readonly kubeConfig: KubeConfig;
  readonly api: ClusterApi;
  readonly objects: ClusterObjects;
  readonly state: ClusterConnectionState;
  /** Resolves once every kind has been listed, or was refused. */
  readonly listed: Promise<void>;
  /** Calls back when `state` has become another one; the returned function ends that. */
  onChange(listener: () => void): () => void;
  /** Asks anew at once what was refused or is away. */
  retry(): void;
  close(): Promise<void>;
}

/** A cluster over its API. Keeps trying while the server is away, with what was known last. */
export class RemoteConnection implements ClusterConnection {
  readonly kubeConfig: KubeConfig;
  readonly api: ClusterApi;
  readonly objects: WatchedObjects;
  readonly listed: Promise<void>;
  readonly #listeners = new Set<() => void>();
  readonly #sleep = new SleepWatch(() => this.retry());
  readonly #markListed: () => void;
  #announced = '';

  constructor(kubeConfig: KubeConfig) {
    this.kubeConfig = kubeConfig;
    this.api = new ClusterApi(kubeConfig);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.listed = promise;
    this.#markListed = resolve;
    this.objects = new WatchedObjects(transportOf(kubeConfig), () => this.#changed());
    this.objects.start();
    this.#sleep.start();
  }

  get state(): ClusterConnectionState {
    const states = [...this.objects.states];
    const resources = Object.fromEntries(states.map(([name, state]) => [name, resourceState(state)]));
    const watches = states.map(([, state]) => state);
    const lost = watches.find(({ state }) => state === 'lost');
    if (lost && 'error' in lost)
      return { state: 'lost', problem: connectionProblemOf(lost.error), resources };
    const refused = watches.find(({ state }) => state === 'forbidden');
    if (refused && 'error' in refused && !watches.some(({ state }) => state === 'live')) {
      return { state: 'lost', problem: connectionProblemOf(refused.error), resources };
    }
    const connecting = watches.some(({ state }) => state === 'connecting');
    return { state: connecting ? 'connecting' : 'live', problem: null, resources };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  retry(): void {
    this.objects.restart();
  }

  async close(): Promise<void> {
    this.#sleep.stop();
    this.#listeners.clear();
    await this.objects.stop();
  }

  #changed(): void {
    const { state } = this;
    const text = JSON.stringify(state);
    if (text === this.#announced) return;
    this.#announced = text;
    if (state.state === 'live') this.#markListed();
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Connects with a context; one that lacks something is a connection that tells so. */
export function connectTo(context: KubeContext): ClusterConnection {
  try {
    return new RemoteConnection(context.kubeConfig());
  } catch (error) {
    return impossibleConnection(error);
  }
}

function impossibleConnection(error: unknown): ClusterConnection {
  const kubeConfig = new KubeConfig();
  return {
    kubeConfig,
    api: new ClusterApi(kubeConfig),
    objects: { get: () => undefined, list: () => [], watch: () => () => {} },
    state: { state: 'lost', problem: connectionProblemOf(error), resources: {} },
    // Nothing is known, and never will be.
    listed: new Promise(() => {}),
    onChange: () => () => {},
    retry: () => {},
    close: async () => {},
  };
}

function resourceState(watch: WatchState): WatchedResourceState {
  return { state: watch.state, reason: 'error' in watch ? watch.error.message : null };
}
