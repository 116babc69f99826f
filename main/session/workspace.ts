/** The clusters there are, and the session of the one that is chosen: the same in every window. */
import type { ChosenCluster, Cluster, ClustersState } from '../../app/contract/clusters.ts';
import type { FeedEvent } from '../../app/contract/feed.ts';
import type { KubeContext } from '../cluster/kube-context.ts';
import type { ContextClusters } from './context-clusters.ts';
import { Feed } from './feed.ts';
import type { LabAnswers } from './lab-session.ts';
import { contractError } from './refusals.ts';
import type { Session } from './session.ts';

/** The embedded lab, once it is up. */
export interface OpenLab {
  answers: LabAnswers;
  openSession(): Session;
}

export interface WorkspaceOptions {
  /** Settles when the lab is up. */
  lab: Promise<OpenLab>;
  contexts: ContextClusters;
  /** The session of a context's cluster, with a connection of its own. */
  openContext(context: KubeContext): Session;
  log: (line: string) => void;
}

export const labId = 'lab';
const LAB: Cluster = {
  id: labId,
  kind: 'lab',
  name: '',
  file: null,
  server: null,
  user: null,
  current: false,
  runs: null,
  reachability: { state: 'unknown' },
};
const NOT_OPEN: Omit<ChosenCluster, 'id'> = {
  connection: { state: 'connecting', problem: null, resources: {} },
  unavailable: {},
};

interface Chosen {
  id: string;
  opening: Promise<Session>;
  session?: Session;
  /** Of the context that it was opened with; none for the lab. */
  fingerprint?: string;
}

export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #feed: Feed<ClustersState, never>;
  readonly #stopListening: () => void;
  #chosen: Chosen;
  #announced = '';

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.state);
    this.#chosen = this.#open(labId);
    this.#stopListening = options.contexts.onChange(() => this.#contextsChanged());
  }

  get contexts(): ContextClusters {
    return this.#options.contexts;
  }

  /** The chosen cluster's, once it is open. */
  get session(): Promise<Session> {
    return this.#chosen.opening;
  }

  /**
   * Refuses what was meant for a cluster that is not the chosen one.
   * @throws ORPCError OTHER_CLUSTER
   */
  assertChosen(id: string | undefined): void {
    if (id === undefined || id === this.#chosen.id) return;
    const message = `this was meant for ${this.#nameOf(id)}, and ${this.#nameOf(this.#chosen.id)} has been chosen meanwhile: nothing was done`;
    throw contractError('OTHER_CLUSTER', message);
  }

  /** What the commands ask is about the lab, whichever cluster the windows show. */
  get lab(): Promise<LabAnswers> {
    return this.#options.lab.then(({ answers }) => answers);
  }

  get state(): ClustersState {
    const { id, session } = this.#chosen;
    return {
      clusters: [LAB, ...this.#options.contexts.clusters],
      files: this.#options.contexts.files,
      chosen: { id, ...(session?.state ?? NOT_OPEN) },
    };
  }

  subscribe(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<ClustersState, never>, undefined, void> {
    return this.#feed.subscribe(signal);
  }

  /**
   * Makes it the cluster that everything is about. What windows follow of the one before ends once its session is
   * closed, and begins anew with the new one's.
   * @throws ORPCError NOT_FOUND
   */
  async choose(id: string): Promise<void> {
    if (id === this.#chosen.id) return;
    const before = this.#chosen;
    this.#chosen = this.#open(id);
    this.#announce();
    await this.#end(before);
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#feed.close();
    await this.#chosen.session?.close();
  }

  /** A context that was removed is nothing to show; one that says something else now is connected to anew. */
  #contextsChanged(): void {
    const { id, fingerprint } = this.#chosen;
    const context = this.#options.contexts.find(id);
    if (id !== labId && context?.fingerprint !== fingerprint) {
      const before = this.#chosen;
      this.#chosen = this.#open(context ? id : labId);
      void this.#end(before);
    }
    this.#announce();
  }

  #open(id: string): Chosen {
    if (id === labId) {
      return this.#following({ id, opening: this.#options.lab.then((lab) => lab.openSession()) });
    }
    const context = this.#options.contexts.find(id);
    if (!context)
      throw contractError('NOT_FOUND', 'there is no such cluster: it was removed from its kubeconfig');
    const opening = Promise.resolve(this.#options.openContext(context));
    return this.#following({ id, opening, fingerprint: context.fingerprint });
  }

  #following(chosen: Chosen): Chosen {
    chosen.opening.then(
      (session) => {
        chosen.session = session;
        session.onChange(() => this.#announce());
        this.#announce();
      },
      // Whoever asks is told.
      () => {},
    );
    return chosen;
  }

  async #end({ opening, session }: Chosen): Promise<void> {
    try {
      // One that never opened is closed as soon as it has; nobody waits for that.
      if (session) await session.close();
      else void opening.then((late) => late.close()).catch(() => {});
    } catch (error) {
      this.#options.log(
        `closing the cluster before failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #nameOf(id: string): string {
    if (id === labId) return 'the embedded lab';
    return this.#options.contexts.find(id)?.name ?? 'a cluster that is not listed any more';
  }

  #announce(): void {
    const text = JSON.stringify(this.state);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#feed.reset();
  }
}
