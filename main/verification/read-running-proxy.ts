/** What a cluster tells of the kube-proxy on one of its nodes. */

import type { KubeConfig } from '@kubernetes/client-node';
import type { Node } from '../../app/kubernetes/objects.ts';
import {
  type Asked,
  type ConfigMap,
  type ProxyPod,
  type RunningProxy,
  runningProxy,
} from '../../app/verify/running-proxy.ts';
import { getJson } from '../cluster/call-api.ts';
import { ApiError } from '../lab/api-server/api-error.ts';

/** The label of kubeadm's DaemonSet. */
const OF_KUBE_PROXY = 'k8s-app=kube-proxy';

/** Never rejects for what a role forbids or a cluster lacks: that is told in `notes`. Rejects where nobody answers. */
export async function readRunningProxy(kubeConfig: KubeConfig, nodeName: string): Promise<RunningProxy> {
  const query = new URLSearchParams({
    labelSelector: OF_KUBE_PROXY,
    fieldSelector: `spec.nodeName=${nodeName}`,
  });
  const [node, configMap, pods] = await Promise.all([
    ask(getJson<Node>(kubeConfig, `/api/v1/nodes/${encodeURIComponent(nodeName)}`)),
    ask(getJson<ConfigMap>(kubeConfig, '/api/v1/namespaces/kube-system/configmaps/kube-proxy')),
    ask(getJson<{ items: ProxyPod[] }>(kubeConfig, `/api/v1/namespaces/kube-system/pods?${query}`)),
  ]);
  const pod = 'found' in pods ? { found: pods.found?.items[0] } : pods;
  return runningProxy({ configMap, pod, node });
}

async function ask<Item>(answer: Promise<Item>): Promise<Asked<Item>> {
  try {
    return { found: await answer };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === 404 ? { found: undefined } : { refused: error.message };
  }
}
