/** Asks whether a cluster answers, and lets this person in. */
import type { Reachability } from '../../app/contract/clusters.ts';
import { ApiError } from '../lab/api-server/api-error.ts';
import { ClusterApi } from './cluster-api.ts';
import { connectionProblemOf } from './connection-problem.ts';
import type { KubeContext } from './kube-context.ts';

const SILENCE_MS = 5_000;

/** Runs the program of the context's user, where it has one. Never rejects. */
export async function reachabilityOf(context: KubeContext): Promise<Reachability> {
  const at = (): string => new Date().toISOString();
  try {
    const api = new ClusterApi(context.kubeConfig());
    const version = await versionOf(api);
    await askAsPerson(api);
    return { state: 'reachable', version, at: at() };
  } catch (error) {
    return { state: 'unreachable', problem: connectionProblemOf(error), at: at() };
  }
}

async function versionOf(api: ClusterApi): Promise<string> {
  try {
    const { object } = await api.call<{ gitVersion?: unknown }>({
      method: 'GET',
      path: '/version',
      silenceMs: SILENCE_MS,
    });
    return typeof object.gitVersion === 'string' ? object.gitVersion : '';
  } catch (error) {
    // Some servers tell nobody their version.
    if (error instanceof ApiError && error.code === 403) return '';
    throw error;
  }
}

/** The version is told to anybody: what only a known person may ask shows whether the credentials are good. */
async function askAsPerson(api: ClusterApi): Promise<void> {
  try {
    await api.call({ method: 'GET', path: '/api/v1/services', query: { limit: '1' }, silenceMs: SILENCE_MS });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error;
    if (error.message.includes('system:anonymous')) throw new ApiError(401, 'Unauthorized', error.message);
  }
}
