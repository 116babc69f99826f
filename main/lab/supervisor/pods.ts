import { createHash } from 'node:crypto';
import { listeningPorts } from '../../../app/lab/known-ports.ts';
import { NetworkNamespace } from '../../namespaces/network-namespace.ts';
import { podNamespaceName } from '../namespace-names.ts';
import { EchoServer } from './echo-server.ts';
import { connectPod, disconnectPod } from './lab-network.ts';
import type { PodSpec } from './protocol.ts';

interface RunningPod {
  namespace: NetworkNamespace;
  server: EchoServer;
  interfaceName: string;
}

/** `veth` + 8 hex digits of the uid's hash: unique enough for 100 pods, short enough for the kernel's 15. */
function interfaceNameOf(uid: string): string {
  return `veth${createHash('sha256').update(uid).digest('hex').slice(0, 8)}`;
}

/** The lab's pods: each a network namespace with an echo server's sockets in it. */
export class Pods {
  readonly #node: NetworkNamespace;
  readonly #running = new Map<string, RunningPod>();

  constructor(node: NetworkNamespace) {
    this.#node = node;
  }

  /** Starts a pod; on failure nothing of it is left. A pod that runs already is left as it is. */
  async start(spec: PodSpec): Promise<void> {
    if (this.#running.has(spec.uid)) return;
    const namespace = NetworkNamespace.create(podNamespaceName(spec.namespace, spec.name));
    const addresses = { ipv4: spec.ip, ipv6: spec.ip6 };
    const server = new EchoServer({
      name: spec.name,
      namespace: spec.namespace,
      addresses,
      ports: spec.containers.flatMap((container) => listeningPorts(container)),
    });
    const pod: RunningPod = { namespace, server, interfaceName: interfaceNameOf(spec.uid) };
    this.#running.set(spec.uid, pod);
    try {
      await server.listen(namespace);
      await connectPod({ node: this.#node, pod: namespace, interfaceName: pod.interfaceName, addresses });
    } catch (error) {
      await this.stop(spec.uid).catch(() => {});
      throw error;
    }
  }

  /** Stops a pod: its wire is cut first, so that nothing reaches it half-closed. Unknown pods are no error. */
  async stop(uid: string): Promise<void> {
    const pod = this.#running.get(uid);
    if (!pod) return;
    this.#running.delete(uid);
    pod.server.close();
    pod.namespace.remove();
    await disconnectPod(this.#node, pod.interfaceName);
  }
}
