import type { KubeConfig } from '@kubernetes/client-node';
import { ClusterApi } from './cluster-api.ts';

export interface ApiCall {
  method: 'GET' | 'POST';
  /** With its query: `/api/v1/services?limit=500`. */
  path: string;
  body?: unknown;
}

const SILENCE_MS = 30_000;

/** One GET; see `callApi`. */
export function getJson<Result>(kubeConfig: KubeConfig, path: string): Promise<Result> {
  return callApi<Result>(kubeConfig, { method: 'GET', path });
}

/**
 * One call of a cluster's API, with the kubeconfig's credentials. Rejects with ApiError, in the server's own words,
 * or with why there was no answer.
 */
export async function callApi<Result>(kubeConfig: KubeConfig, call: ApiCall): Promise<Result> {
  return (await new ClusterApi(kubeConfig).call<Result>({ ...call, silenceMs: SILENCE_MS })).object;
}
