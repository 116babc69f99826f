/** All kubeconfig files and their contexts, as they are now. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import type { KubeconfigFile } from '../../app/contract/clusters.ts';
import { minikubeProfilesFolder, minikubeProfilesIn } from '../targets/minikube-profile.ts';
import { FileWatch } from './file-watch.ts';
import { KubeContext } from './kube-context.ts';
import {
  KubeconfigError,
  type KubeconfigText,
  mostKubeconfigBytes,
  readKubeconfig,
} from './kubeconfig-text.ts';

/** `listed`: of KUBECONFIG. `home`: ~/.kube/config. `added`: given to this program, kept in its data folder. */
type Origin = KubeconfigFile['origin'];

interface Source {
  path: string;
  origin: Origin;
}

interface ReadFile extends Source {
  /** As it was last when it could be read: a file that somebody is typing in keeps its contexts. */
  text: KubeconfigText;
  missing: boolean;
  problem: string | null;
}

const EMPTY: KubeconfigText = {
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
  currentContext: undefined,
};

export interface KubeconfigFilesOptions {
  /** Where files that were added are kept. */
  addedFolder: string;
  /** Left out: the lab's own file is the lab. */
  except: string;
  environment?: Readonly<Record<string, string | undefined>>;
  home?: string;
}

export class KubeconfigFiles {
  readonly #options: KubeconfigFilesOptions;
  readonly #watch: FileWatch;
  readonly #listeners = new Set<() => void>();
  readonly #minikube: string;
  #files: readonly ReadFile[] = [];
  #contexts: readonly KubeContext[] = [];
  #minikubeProfiles: ReadonlySet<string> = new Set();

  constructor(options: KubeconfigFilesOptions) {
    this.#options = options;
    this.#minikube = minikubeProfilesFolder(options);
    this.#watch = new FileWatch(() => this.#reread());
    this.read();
  }

  get contexts(): readonly KubeContext[] {
    return this.#contexts;
  }

  /** Those that are there, or should be. */
  get files(): readonly (ReadFile & { contexts: number })[] {
    return this.#files
      .filter(({ missing, origin }) => !missing || origin === 'listed')
      .map((file) => ({ ...file, contexts: file.text.contexts.size }));
  }

  get minikubeProfiles(): ReadonlySet<string> {
    return this.#minikubeProfiles;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#watch.close();
    this.#listeners.clear();
  }

  /** Reads all files anew: they have been changed by this program itself. */
  read(): void {
    const before = new Map(this.#files.map((file) => [file.path, file]));
    const sources = this.#sources();
    this.#files = sources.map((source) => readSource(source, before.get(source.path)));
    this.#minikubeProfiles = minikubeProfilesIn(this.#minikube);
    this.#contexts = contextsOf(this.#files);
    this.#watch.watch([
      ...sources.map(({ path }) => path),
      join(this.#minikube, '*'),
      ...[...this.#minikubeProfiles].map((name) => join(this.#minikube, name, 'config.json')),
    ]);
  }

  #reread(): void {
    this.read();
    for (const listener of [...this.#listeners]) listener();
  }

  #sources(): Source[] {
    const { environment = process.env, home = homedir(), addedFolder, except } = this.#options;
    const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
    const sources: Source[] = [
      ...listed.map((path): Source => ({ path: resolve(path), origin: 'listed' })),
      { path: join(home, '.kube', 'config'), origin: 'home' },
      ...addedFiles(addedFolder).map((path): Source => ({ path, origin: 'added' })),
    ];
    const seen = new Set([except]);
    return sources.filter(({ path }) => !seen.has(path) && seen.add(path));
  }
}

function addedFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

function readSource(source: Source, before: ReadFile | undefined): ReadFile {
  const good = { ...source, missing: false, problem: null };
  try {
    const file = statSync(source.path);
    // A pipe would be waited for.
    if (!file.isFile()) throw new KubeconfigError(`${basename(source.path)}: is no file`);
    if (file.size > mostKubeconfigBytes) {
      throw new KubeconfigError(`${basename(source.path)}: is larger than 1 MiB, which no kubeconfig is`);
    }
    return { ...good, text: readKubeconfig(readFileSync(source.path, 'utf8'), basename(source.path)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ...good, missing: true, text: EMPTY };
    const problem = error instanceof Error ? error.message : String(error);
    return { ...good, problem, text: before?.text ?? EMPTY };
  }
}

/** kubectl merges the files of KUBECONFIG: the first that has a name gives it, whichever file asks. */
function contextsOf(files: readonly ReadFile[]): KubeContext[] {
  const listed = files.filter(({ origin }) => origin === 'listed');
  const groups = [listed, ...files.filter(({ origin }) => origin !== 'listed').map((file) => [file])];
  return groups.flatMap((group) => contextsOfGroup(group));
}

function contextsOfGroup(files: readonly ReadFile[]): KubeContext[] {
  const current = files.find(({ text }) => text.currentContext !== undefined)?.text.currentContext;
  const found = new Map<string, KubeContext>();
  for (const { path, text } of files) {
    for (const [name, value] of text.contexts) {
      if (found.has(name)) continue;
      found.set(
        name,
        new KubeContext({
          name,
          context: { value, file: path },
          cluster: entryIn(files, (one) => one.text.clusters.get(value.cluster)),
          user: entryIn(files, (one) => (value.user ? one.text.users.get(value.user) : undefined)),
          current: name === current,
        }),
      );
    }
  }
  return [...found.values()];
}

function entryIn<Value>(
  files: readonly ReadFile[],
  find: (file: ReadFile) => Value | undefined,
): { value: Value; file: string } | undefined {
  for (const file of files) {
    const value = find(file);
    if (value !== undefined) return { value, file: file.path };
  }
  return undefined;
}
