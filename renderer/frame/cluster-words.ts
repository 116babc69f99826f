/** What clusters are called, and how they fare, in the user's language. */
import type { Cluster, ClusterConnectionState, Reachability } from '../../app/contract/clusters.ts';
import type { ConnectionProblem } from '../../app/contract/connection-problem.ts';
import { t } from '../i18n/messages.svelte.ts';

export function clusterName(cluster: Cluster | undefined): string {
  return !cluster || cluster.kind === 'lab' ? t('frame:cluster.embedded') : cluster.name;
}

/** A title, what was said, and what to do about it. */
export interface ProblemWords {
  title: string;
  detail: string;
  remedy: string;
}

export function problemWords({ code, detail }: ConnectionProblem): ProblemWords {
  return { title: t(`clusters:problem.${code}.title`), detail, remedy: t(`clusters:problem.${code}.remedy`) };
}

export interface StateWords {
  tone: 'ok' | 'warning' | 'danger' | 'neutral';
  words: string;
}

export function reachabilityWords(reachability: Reachability): StateWords {
  switch (reachability.state) {
    case 'reachable':
      return { tone: 'ok', words: t('clusters:state.reachable', { version: reachability.version }) };
    case 'unreachable':
      return { tone: 'danger', words: problemWords(reachability.problem).title };
    default:
      return { tone: 'neutral', words: t(`clusters:state.${reachability.state}`) };
  }
}

export function connectionWords({ state, problem, resources }: ClusterConnectionState): StateWords {
  if (problem) return { tone: 'danger', words: problemWords(problem).title };
  const forbidden = Object.values(resources).some((resource) => resource.state === 'forbidden');
  if (state === 'live' && forbidden) return { tone: 'warning', words: t('clusters:connection.forbidden') };
  const tone = { live: 'ok', connecting: 'neutral', lost: 'danger' } as const;
  return { tone: tone[state], words: t(`clusters:connection.${state}`) };
}

/** The program that choosing runs, as one would type it; for people to read, never to run. */
export function programWords(runs: readonly string[]): string {
  return runs.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** Those that a search finds, by name, server, user and file. */
export function foundClusters(clusters: readonly Cluster[], search: string): Cluster[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return clusters.filter((cluster) => {
    const text = [clusterName(cluster), cluster.kind, cluster.server, cluster.user, cluster.file]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
