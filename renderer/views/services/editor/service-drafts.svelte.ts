/**
 * What is being edited in this window, across views: somebody who looks at the rules in between finds the
 * draft as it was.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { ClusterState } from '../../../../app/contract/cluster.ts';
import type { Stored } from '../../../../app/contract/objects.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import type { EngineClient } from '../../../connection/engine-client.ts';
import type { Session } from '../../../session/session.svelte.ts';
import { newDraft, openDraft } from './draft.ts';
import { ServiceEditing } from './service-editing.svelte.ts';

export class ServiceDrafts {
  /** Of the cluster that they are drafts for, also after another was chosen. */
  readonly client: EngineClient;
  /** By `namespace/name`, new ones by an id of their own. */
  readonly #all = new SvelteMap<string, ServiceEditing>();
  #count = 0;

  constructor(client: EngineClient) {
    this.client = client;
  }

  get(id: string): ServiceEditing | undefined {
    return this.#all.get(id);
  }

  /** Services not made yet. */
  get unmade(): ServiceEditing[] {
    return [...this.#all.values()].filter(({ isNew }) => isNew);
  }

  isDirty(key: string): boolean {
    return this.#all.get(key)?.isDirty ?? false;
  }

  /** The draft of a Service: the one that is there, or one that says what the server has. */
  open(key: string, stored: Stored<Service>): ServiceEditing {
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    return this.#put(new ServiceEditing(key, openDraft(stored), this.client.services));
  }

  create(text: string): ServiceEditing {
    this.#count += 1;
    return this.#put(new ServiceEditing(`new-${this.#count}`, newDraft(text), this.client.services));
  }

  forget(id: string): ServiceEditing | undefined {
    const editing = this.#all.get(id);
    this.#all.delete(id);
    return editing;
  }

  /** What was made is known by its name from now on. */
  made(editing: ServiceEditing, key: string): void {
    this.#all.delete(editing.id);
    this.#put(new ServiceEditing(key, editing.draft, this.client.services));
  }

  /** Tells every draft what the cluster has; those that say nothing of their own and are not looked at go. */
  observe({ services }: ClusterState, shown: string | undefined): void {
    if (this.#all.size === 0) return;
    const byKey = new Map(
      services.map((service) => [
        `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`,
        service,
      ]),
    );
    for (const editing of this.#all.values()) {
      if (editing.isNew) continue;
      editing.observe(byKey.get(editing.id));
      const isKept = editing.id === shown || editing.isDirty;
      if (!isKept) this.#all.delete(editing.id);
    }
  }

  #put(editing: ServiceEditing): ServiceEditing {
    this.#all.set(editing.id, editing);
    return editing;
  }
}

/** By session, and by cluster in it. */
const drafts = new WeakMap<object, Map<string, ServiceDrafts>>();

/** The drafts of a window for the cluster that it shows: two clusters' Services of one name are two. */
export function draftsOf(session: Session): ServiceDrafts {
  const all = drafts.get(session) ?? new Map<string, ServiceDrafts>();
  drafts.set(session, all);
  const { chosenId } = session.clusters;
  const known = all.get(chosenId) ?? new ServiceDrafts(session.connection.clientFor(chosenId));
  all.set(chosenId, known);
  return known;
}
