import { jsonEqual } from '../../../app/kubernetes/json.ts';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import type { Namespace } from '../api-server/resources/namespaces.ts';
import { type Controller, type ControllerContext, stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

const name = 'kube-root-ca.crt';
const annotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/**
 * Keeps a ConfigMap with the server's CA in every namespace, as pods expect it (the real
 * `root-ca-certificate-publisher-controller`).
 * @param certificate PEM
 */
export function startRootCAPublisher(context: ControllerContext, certificate: string): Controller {
  const { client, log } = context;
  const data = { 'ca.crt': certificate };
  const queue = new WorkQueue({
    name: 'root CA publisher',
    sync(namespace) {
      const owner = client.get<Namespace>('namespaces', { name: namespace });
      if (!owner || owner.metadata.deletionTimestamp !== undefined) return;
      const existing = client.get<ConfigMap>('configmaps', { namespace, name });
      if (!existing) {
        client.create<ConfigMap>('configmaps', { metadata: { namespace, name, annotations }, data });
      } else if (!jsonEqual(existing.data, data)) {
        client.update<ConfigMap>('configmaps', { ...existing, data });
      }
    },
    log,
  });
  const stopNamespaces = client.watch<Namespace>('namespaces', ({ type, object }) => {
    if (type !== 'DELETED') queue.add(object.metadata.name);
  });
  const stopConfigMaps = client.watch<ConfigMap>('configmaps', ({ object: { metadata } }) => {
    if (metadata.name === name && metadata.namespace) queue.add(metadata.namespace);
  });
  return stopAll([stopNamespaces, stopConfigMaps, () => queue.stop()]);
}
