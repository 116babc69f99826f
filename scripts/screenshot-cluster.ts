/** A second cluster for the pictures: its node a network namespace, its kube-proxy at work, and neighbours that are not reached. */
import { readFileSync } from 'node:fs';
import { DamagedNode } from '../main/testing/damaged-node.ts';
import { ClusterUnderTest, type RunningProxy } from '../main/testing/proxy-beside-api.ts';
import type { WebLab } from '../main/testing/web-lab.ts';

const CONTEXT = 'kind-workshop';

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string } }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  users: { name: string; user: object }[];
  'current-context': string;
}

export class PicturedCluster {
  readonly #cluster: ClusterUnderTest;
  readonly #node: DamagedNode;
  readonly #proxy: RunningProxy;

  private constructor(cluster: ClusterUnderTest, node: DamagedNode, proxy: RunningProxy) {
    this.#cluster = cluster;
    this.#node = node;
    this.#proxy = proxy;
  }

  /** Root alone may enter network namespaces. */
  static async start(): Promise<PicturedCluster> {
    const cluster = await ClusterUnderTest.start();
    try {
      await cluster.addServices();
      const node = new DamagedNode(cluster.addNamespace('node'));
      node.run(['ip', 'link', 'set', 'lo', 'up']);
      node.run(['ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo']);
      const config = await cluster.writeConfiguration({ syncPeriod: '1h', minSyncPeriod: '10ms' });
      const args = ['--config', config, '--mode', 'iptables'];
      return new PicturedCluster(cluster, node, await cluster.startProxy(node.namespace, { args }));
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** Adds the cluster and its neighbours to those that the window offers, and chooses it. */
  async choose({ client }: WebLab): Promise<void> {
    await client.clusters.addKubeconfig({ name: 'workshop', text: this.#kubeconfig() });
    await client.clusters.addKubeconfig({ name: 'company', text: companyKubeconfig });
    for await (const event of await client.clusters.watch()) {
      if (event.kind !== 'snapshot') continue;
      const chosen = event.state.clusters.find(({ name }) => name === CONTEXT);
      if (!chosen) continue;
      await client.clusters.choose({ id: chosen.id });
      return;
    }
  }

  /** Observes the node, and damages its rules while nobody mends them. */
  async attach({ client }: WebLab): Promise<void> {
    await client.attachment.attach({ target: `netns:${this.#node.namespace}`, node: 'lab-node' });
    this.#proxy.child.kill('SIGSTOP');
    this.#node.deleteRule('nat', /-A KUBE-SEP-.*--to-destination 10\.244\.0\.6:8080/);
    this.#node.replaceRule(
      'nat',
      /-A KUBE-SEP-.*--to-destination 10\.244\.0\.8:8443/,
      '10.244.0.8:8443',
      '10.244.0.99:8443',
    );
    this.#node.iptables('nat', '-I', 'KUBE-SERVICES', '-s', '192.0.2.66', '-j', 'RETURN');
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  #kubeconfig(): string {
    const config = JSON.parse(readFileSync(this.#cluster.server.kubeconfig, 'utf8')) as Kubeconfig;
    const [own] = config.contexts;
    if (!own) throw new Error('the kubeconfig has no context');
    return JSON.stringify({ ...config, contexts: [{ ...own, name: CONTEXT }], 'current-context': CONTEXT });
  }
}

/** Where nothing listens, where no name leads, and one that runs a program for its credentials. */
const companyKubeconfig = `
apiVersion: v1
kind: Config
clusters:
- { name: staging, cluster: { server: 'https://127.0.0.1:9' } }
- { name: review, cluster: { server: 'https://review.clusters.example:6443' } }
- { name: production, cluster: { server: 'https://production.clusters.example' } }
users:
- { name: operator, user: { token: not-a-secret } }
- name: operator-by-program
  user:
    exec: { apiVersion: client.authentication.k8s.io/v1, command: cloud-login, args: [token, --cluster, production], interactiveMode: Never }
contexts:
- { name: staging, context: { cluster: staging, user: operator } }
- { name: review, context: { cluster: review, user: operator } }
- { name: production, context: { cluster: production, user: operator-by-program } }
`;
