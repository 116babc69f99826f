import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import type { LabNode } from '../api-server/resources/nodes.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

interface Lease extends KubernetesObject {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string };
}

const namespace = 'kube-node-lease';
const leaseDurationSeconds = 40;
/** A kubelet renews its lease in a quarter of the time it holds. */
const renewMilliseconds = (leaseDurationSeconds / 4) * 1000;

/** Renews the lease by which a kubelet shows that its node is alive; `kubectl describe node` prints it. */
export function startNodeLease(context: ControllerContext, nodeName: string): Controller {
  const client = context.client.as('kubelet');
  const key = { namespace, name: nodeName };
  const queue = new WorkQueue({
    name: 'node lease',
    sync() {
      queue.addAfter(nodeName, renewMilliseconds);
      const node = client.get<LabNode>('nodes', { name: nodeName });
      // Somebody deleted what is to be kept alive; it is there again at the next start.
      if (!node || !client.get('namespaces', { name: namespace })) return;
      const spec = { holderIdentity: nodeName, leaseDurationSeconds, renewTime: microTime() };
      const existing = client.get<Lease>('leases', key);
      if (existing) {
        client.update<Lease>('leases', { ...existing, spec: { ...existing.spec, ...spec } });
        return;
      }
      const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid };
      client.create<Lease>('leases', { metadata: { ...key, ownerReferences: [owner] }, spec });
    },
    log: context.log,
  });
  queue.add(nodeName);
  return { stop: () => queue.stop() };
}

/** RFC 3339 in microseconds, the form of a `metav1.MicroTime`. */
function microTime(): string {
  return new Date().toISOString().replace(/Z$/, '000Z');
}
