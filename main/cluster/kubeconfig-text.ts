/** A kubeconfig file's entries, read without following anything it names. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { KUBERNETES_YAML } from '../../app/kubernetes/yaml-options.ts';

const named = <Name extends string, Entry extends z.ZodType>(
  name: Name,
  entry: Entry,
): z.ZodObject<{ name: z.ZodString } & Record<Name, Entry>> =>
  z.object({ name: z.string(), [name]: entry }) as never;

const clusterEntry = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
});
const userEntry = z.looseObject({
  'client-certificate': z.string().optional(),
  'client-key': z.string().optional(),
  'token-file': z.string().optional(),
  tokenFile: z.string().optional(),
  token: z.string().optional(),
  exec: z.looseObject({ command: z.string(), args: z.array(z.string()).nullish() }).nullish(),
  'auth-provider': z.looseObject({ name: z.string().optional() }).nullish(),
});
const contextEntry = z.looseObject({
  cluster: z.string(),
  user: z.string().optional(),
  namespace: z.string().optional(),
});

const kubeconfigSchema = z.looseObject({
  clusters: z.array(named('cluster', clusterEntry)).nullish(),
  users: z.array(named('user', userEntry.nullish())).nullish(),
  contexts: z.array(named('context', contextEntry)).nullish(),
  'current-context': z.string().nullish(),
});

export type ClusterEntry = z.infer<typeof clusterEntry>;
export type UserEntry = z.infer<typeof userEntry>;
export type ContextEntry = z.infer<typeof contextEntry>;

export interface KubeconfigText {
  clusters: ReadonlyMap<string, ClusterEntry>;
  users: ReadonlyMap<string, UserEntry>;
  contexts: ReadonlyMap<string, ContextEntry>;
  currentContext: string | undefined;
}

/** One clear message, with the place in the text where there is one. */
export class KubeconfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KubeconfigError';
  }
}

const MOST_ALIASES = 100;

export const mostKubeconfigBytes = 1024 * 1024;

/**
 * @param source the file's name, for messages
 * @throws KubeconfigError
 */
export function readKubeconfig(text: string, source: string): KubeconfigText {
  const parsed = kubeconfigSchema.safeParse(documentOf(text, source));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = (issue?.path ?? []).map((part) =>
      typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
    );
    throw new KubeconfigError(
      `${source}: ${place.join('').replace(/^\./, '') || 'the file'}: ${issue?.message ?? 'is no kubeconfig'}`,
    );
  }
  const { clusters, users, contexts, 'current-context': currentContext } = parsed.data;
  return {
    clusters: byName(clusters, ({ cluster }) => cluster),
    users: byName(users, ({ user }) => user ?? {}),
    contexts: byName(contexts, ({ context }) => context),
    currentContext: currentContext || undefined,
  };
}

/** kubectl takes an empty file for a kubeconfig with nothing in it. */
function documentOf(text: string, source: string): unknown {
  const lines = new LineCounter();
  if (Buffer.byteLength(text) > mostKubeconfigBytes) {
    throw new KubeconfigError(`${source}: is larger than 1 MiB, which no kubeconfig is`);
  }
  const document = parseDocument(text, { ...KUBERNETES_YAML, prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new KubeconfigError(`${source}, line ${line}, column ${col}: ${error.message.split('\n')[0]}`);
  }
  const content = contentOf(document, source) ?? {};
  if (typeof content === 'object' && 'kind' in content && content.kind !== 'Config') {
    throw new KubeconfigError(`${source}: is no kubeconfig: its kind is ${String(content.kind)}, not Config`);
  }
  return content;
}

/** Aliases that grow without bound, or a depth that no file of people has, end in an error. */
function contentOf(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw new KubeconfigError(`${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of entries with the same name the first counts, as for kubectl. */
function byName<Entry extends { name: string }, Value>(
  entries: Entry[] | null | undefined,
  value: (entry: Entry) => Value,
): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const entry of entries ?? []) if (!found.has(entry.name)) found.set(entry.name, value(entry));
  return found;
}
