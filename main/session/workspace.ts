/** The clusters there are, and the session of the one that is chosen: the same in every window. */
import type { ChosenCluster, Cluster, ClustersState } from '../../app/contract/clusters.ts';
import type { FeedEvent } from '../../app/contract/feed.ts';
import { Feed } from './feed.ts';
import { contractError } from './refusals.ts';
import type { LabAnswers, Session } from './session.ts';

/** The embedded lab, once it is up. */
export interface OpenLab {
  answers: LabAnswers;
  openSession(): Session;
}

/** The clusters beside the lab. */
export interface OtherClusters {
  readonly clusters: readonly Cluster[];
  /** Calls back when `clusters` has become another list; the returned function ends that. */
  onChange(listener: () => void): () => void;
  openSession(id: string): Session;
}

export interface WorkspaceOptions {
  /** Settles when the lab is up. */
  lab: Promise<OpenLab>;
  others: OtherClusters;
  log: (line: string) => void;
}

export const labId = 'lab';
const LAB: Cluster = { id: labId, kind: 'lab', name: '' };
const NOT_OPEN: Omit<ChosenCluster, 'id'> = {
  connection: { state: 'connecting', problem: null, resources: {} },
  unavailable: {},
};

export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #feed: Feed<ClustersState, never>;
  readonly #stopListening: () => void;
  #chosen: { id: string; opening: Promise<Session>; session?: Session };
  #announced = '';

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.state);
    this.#chosen = this.#open(labId);
    this.#stopListening = options.others.onChange(() => this.#announce());
  }

  /** The chosen cluster's, once it is open. */
  get session(): Promise<Session> {
    return this.#chosen.opening;
  }

  /** What the commands ask is about the lab, whichever cluster the windows show. */
  get lab(): Promise<LabAnswers> {
    return this.#options.lab.then(({ answers }) => answers);
  }

  get state(): ClustersState {
    const { id, session } = this.#chosen;
    return {
      clusters: [LAB, ...this.#options.others.clusters],
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
    if (!this.state.clusters.some((cluster) => cluster.id === id)) {
      throw contractError('NOT_FOUND', 'there is no such cluster: it was removed from its kubeconfig');
    }
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

  #open(id: string): { id: string; opening: Promise<Session>; session?: Session } {
    const opening =
      id === labId
        ? this.#options.lab.then((lab) => lab.openSession())
        : Promise.resolve(this.#options.others.openSession(id));
    const chosen: { id: string; opening: Promise<Session>; session?: Session } = { id, opening };
    opening.then(
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

  async #end({ opening, session }: { opening: Promise<Session>; session?: Session }): Promise<void> {
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

  #announce(): void {
    const text = JSON.stringify(this.state);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#feed.reset();
  }
}
