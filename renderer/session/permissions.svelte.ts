/** What this person may do in the chosen cluster, asked of it when somebody first wants to know. */
import type { Permission } from '../../app/contract/clusters.ts';
import type { EngineClient } from '../connection/engine-client.ts';
import type { Clusters } from './clusters.svelte.ts';

export class Permissions {
  readonly #client: EngineClient;
  readonly #clusters: Clusters;
  readonly #asked = new Set<string>();
  /** By cluster and namespace. */
  #known: Readonly<Record<string, readonly Permission[]>> = $state.raw({});

  constructor(client: EngineClient, clusters: Clusters) {
    this.#client = client;
    this.#clusters = clusters;
  }

  /** Whether the cluster says no. As long as it has not said anything, trying is not forbidden: it answers for itself. */
  refuses(verb: string, resource: string, namespace: string): boolean {
    const { chosenId } = this.#clusters;
    // Whoever has the lab's window may do everything in the lab.
    if (chosenId === 'lab') return false;
    const key = `${chosenId} ${namespace}`;
    const known = this.#known[key];
    if (!known) void this.#ask(key, namespace);
    return known?.some((one) => one.verb === verb && one.resource === resource && !one.allowed) ?? false;
  }

  async #ask(key: string, namespace: string): Promise<void> {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    try {
      const permissions = await this.#client.clusters.permissions({ namespace });
      this.#known = { ...this.#known, [key]: permissions };
    } catch {
      // The cluster does not answer now, which is told elsewhere: asked again when it is next of interest.
      this.#asked.delete(key);
    }
  }
}
