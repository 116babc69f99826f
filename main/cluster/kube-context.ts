/** One context of a kubeconfig with the cluster and the user it names, and how to connect with it. */
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterKind } from '../../app/contract/clusters.ts';
import { IncompleteContextError } from './connection-problem.ts';
import type { ClusterEntry, ContextEntry, UserEntry } from './kubeconfig-text.ts';

/** An entry, and the file it is from: what it names is relative to that. */
interface Entry<Value> {
  value: Value;
  file: string;
}

export interface KubeContextParts {
  name: string;
  context: Entry<ContextEntry>;
  cluster: Entry<ClusterEntry> | undefined;
  user: Entry<UserEntry> | undefined;
  current: boolean;
}

/** What each tool calls the contexts of the clusters it makes. */
const KINDS: readonly (readonly [RegExp, ClusterKind])[] = [
  [/^kind-/, 'kind'],
  [/^k3d-/, 'k3d'],
];

export function contextId(file: string, name: string): string {
  return createHash('sha256').update(`${file}\0${name}`).digest('hex').slice(0, 20);
}

export class KubeContext {
  readonly name: string;
  readonly file: string;
  readonly current: boolean;
  readonly #parts: KubeContextParts;

  constructor(parts: KubeContextParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.file = parts.context.file;
    this.current = parts.current;
  }

  /** The same at every start, and nothing that a path could be read from. */
  get id(): string {
    return contextId(this.file, this.name);
  }

  /** Another one where anything that a connection is made of is another. */
  get fingerprint(): string {
    const { context, cluster, user } = this.#parts;
    return createHash('sha256')
      .update(JSON.stringify([context, cluster, user]))
      .digest('hex');
  }

  get server(): string | null {
    return this.#parts.cluster?.value.server ?? null;
  }

  get user(): string | null {
    return this.#parts.context.value.user ?? null;
  }

  /** The program that connecting runs, with its arguments; null where it runs none. */
  get runs(): string[] | null {
    const exec = this.#parts.user?.value.exec;
    return exec ? [exec.command, ...(exec.args ?? [])] : null;
  }

  /** @param minikubeProfiles the profiles there are; each has a context of its name */
  kind(minikubeProfiles: ReadonlySet<string>): ClusterKind {
    if (minikubeProfiles.has(this.name)) return 'minikube';
    return KINDS.find(([pattern]) => pattern.test(this.name))?.[1] ?? 'other';
  }

  /** @throws IncompleteContextError where the context names what is not there */
  kubeConfig(): KubeConfig {
    const { context, cluster, user } = this.#parts;
    const { cluster: clusterName, user: userName, namespace } = context.value;
    if (!cluster) throw new IncompleteContextError(`there is no cluster "${clusterName}" in the kubeconfig`);
    if (userName && !user)
      throw new IncompleteContextError(`there is no user "${userName}" in the kubeconfig`);
    const kubeConfig = new KubeConfig();
    // The client's own reader makes its objects of it; JSON is YAML.
    kubeConfig.loadFromString(
      JSON.stringify({
        clusters: [{ name: clusterName, cluster: absoluteCluster(cluster) }],
        users: user ? [{ name: userName, user: absoluteUser(user) }] : [],
        contexts: [{ name: this.name, context: { cluster: clusterName, user: userName, namespace } }],
        'current-context': this.name,
      }),
    );
    return kubeConfig;
  }
}

function absoluteCluster({ value, file }: Entry<ClusterEntry>): ClusterEntry {
  const authority = value['certificate-authority'];
  return { ...value, ...(authority ? { 'certificate-authority': absolute(authority, file) } : {}) };
}

function absoluteUser({ value, file }: Entry<UserEntry>): object {
  const { 'token-file': dashed, tokenFile = dashed, token, exec, ...rest } = value;
  const certificate = value['client-certificate'];
  const key = value['client-key'];
  return {
    ...rest,
    ...(certificate ? { 'client-certificate': absolute(certificate, file) } : {}),
    ...(key ? { 'client-key': absolute(key, file) } : {}),
    ...(token ? { token } : {}),
    // Read at each use: such tokens are replaced while they are used.
    ...(tokenFile
      ? {
          token: undefined,
          'auth-provider': { name: 'tokenFile', config: { tokenFile: absolute(tokenFile, file) } },
        }
      : {}),
    // A command with a slash is relative to its file; one without is looked for in PATH, as kubectl does.
    ...(exec
      ? {
          exec: {
            ...exec,
            command: /[/\\]/.test(exec.command) ? absolute(exec.command, file) : exec.command,
          },
        }
      : {}),
  };
}

function absolute(path: string, file: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}
