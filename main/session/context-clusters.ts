/** The clusters of the kubeconfig files: listed, asked whether they answer, opened. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, KubeconfigFile, Reachability } from '../../app/contract/clusters.ts';
import type { KubeContext } from '../cluster/kube-context.ts';
import { KubeconfigFiles } from '../cluster/kubeconfig-files.ts';
import { KubeconfigError, readKubeconfig } from '../cluster/kubeconfig-text.ts';
import { reachabilityOf } from '../cluster/reachability.ts';
import { writePrivateFile } from '../lab/api-server/credentials/private-file.ts';
import { contractError } from './refusals.ts';

const MOST_ADDED = 100;
/** Questions to servers at the same time. */
const MOST_ASKED = 8;
const UNKNOWN: Reachability = { state: 'unknown' };

export interface ContextClustersOptions {
  dataDir: string;
  /** The lab's own kubeconfig, which is no other cluster. */
  labKubeconfig: string;
}

export class ContextClusters {
  readonly #addedFolder: string;
  readonly #files: KubeconfigFiles;
  readonly #listeners = new Set<() => void>();
  /** By fingerprint: what was found out holds as long as the context says the same. */
  readonly #reachability = new Map<string, Reachability>();

  constructor({ dataDir, labKubeconfig }: ContextClustersOptions) {
    this.#addedFolder = join(dataDir, 'kubeconfigs');
    this.#files = new KubeconfigFiles({ addedFolder: this.#addedFolder, except: labKubeconfig });
    this.#files.onChange(() => this.#changed());
  }

  get clusters(): Cluster[] {
    return this.#files.contexts.map((context) => this.#cluster(context));
  }

  get files(): KubeconfigFile[] {
    return this.#files.files.map(({ path, origin, missing, problem, contexts }) => ({
      path,
      origin,
      missing,
      problem,
      contexts,
    }));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  find(id: string): KubeContext | undefined {
    return this.#files.contexts.find((context) => context.id === id);
  }

  kindOf(context: KubeContext): Cluster['kind'] {
    return context.kind(this.#files.minikubeProfiles);
  }

  /** Without ids: all that run no program. Resolves when all have been asked. */
  async check(ids: readonly string[] | null): Promise<void> {
    const wanted = this.#files.contexts.filter((context) =>
      ids === null ? context.runs === null : ids.includes(context.id),
    );
    const waiting = wanted.filter(
      ({ fingerprint }) => this.#reachability.get(fingerprint)?.state !== 'checking',
    );
    for (const { fingerprint } of waiting) this.#reachability.set(fingerprint, { state: 'checking' });
    this.#changed();
    const askNext = async (): Promise<void> => {
      for (let context = waiting.shift(); context; context = waiting.shift()) {
        this.#reachability.set(context.fingerprint, await reachabilityOf(context));
        this.#changed();
      }
    };
    await Promise.all(Array.from({ length: MOST_ASKED }, askNext));
  }

  /** @throws ORPCError REFUSED */
  add(name: string, text: string): { path: string; clusters: string[] } {
    const shown = name.replace(/^.*[/\\]/, '') || 'kubeconfig';
    try {
      if (readKubeconfig(text, shown).contexts.size === 0) {
        throw new KubeconfigError(`${shown}: has no contexts`);
      }
    } catch (error) {
      if (error instanceof KubeconfigError) throw contractError('REFUSED', error.message);
      throw error;
    }
    const added = this.files.filter(({ origin }) => origin === 'added');
    if (added.length >= MOST_ADDED) {
      throw contractError('REFUSED', `${MOST_ADDED} kubeconfig files are kept already: forget one first`);
    }
    mkdirSync(this.#addedFolder, { recursive: true, mode: 0o700 });
    const path = join(this.#addedFolder, fileName(shown));
    writePrivateFile(path, text);
    this.#files.read();
    this.#changed();
    const clusters = this.#files.contexts.filter(({ file }) => file === path).map(({ id }) => id);
    return { path, clusters };
  }

  /** @throws ORPCError NOT_FOUND, REFUSED */
  forget(path: string): void {
    // Looked up among those that are known: what a window says becomes no path.
    const file = this.files.find((one) => one.path === path);
    if (!file) throw contractError('NOT_FOUND', 'there is no such kubeconfig file');
    if (file.origin !== 'added') {
      throw contractError('REFUSED', `${file.path} is not this program's to remove`);
    }
    rmSync(file.path, { force: true });
    this.#files.read();
    this.#changed();
  }

  close(): void {
    this.#files.close();
    this.#listeners.clear();
  }

  #cluster(context: KubeContext): Cluster {
    return {
      id: context.id,
      kind: this.kindOf(context),
      name: context.name,
      file: context.file,
      server: context.server,
      user: context.user,
      current: context.current,
      runs: context.runs,
      reachability: this.#reachability.get(context.fingerprint) ?? UNKNOWN,
    };
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A file of the same name is replaced: it was changed and dropped again. */
function fileName(shown: string): string {
  const safe = shown
    .replace(/\.(ya?ml|json|conf|kubeconfig)$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80);
  return `${safe || 'kubeconfig'}.yaml`;
}
