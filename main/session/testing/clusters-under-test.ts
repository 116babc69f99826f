/** A workspace whose clusters are API servers of this process, each a context of a kubeconfig that was added. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { callHeaders } from '../../../app/contract/carrier.ts';
import { DEFAULT_CONFIGURATION } from '../../../app/proxy/configuration.ts';
import { connectTo } from '../../cluster/cluster-connection.ts';
import { type LabFixture, startFixture } from '../../lab/api-server/testing/lab-fixture.ts';
import { ContextClusters } from '../context-clusters.ts';
import { sessionRouter } from '../router/session-router.ts';
import { Session } from '../session.ts';
import { Workspace } from '../workspace.ts';

export interface ClusterUnderTest {
  id: string;
  server: LabFixture;
}

export class ClustersUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-clusters-'));
  readonly contexts: ContextClusters;
  readonly workspace: Workspace;
  readonly log: string[] = [];
  readonly #servers: LabFixture[] = [];

  constructor() {
    const dataDir = this.folder;
    const log = (line: string): number => this.log.push(line);
    this.contexts = new ContextClusters({ dataDir, labKubeconfig: join(dataDir, 'none') });
    this.workspace = new Workspace({
      lab: new Promise(() => {}),
      contexts: this.contexts,
      openContext: (context) =>
        new Session({
          connection: connectTo(context),
          kubeconfigPath: context.file,
          context: { name: context.name, kind: this.contexts.kindOf(context) },
          node: null,
          lab: null,
          configuration: DEFAULT_CONFIGURATION,
          dataDir,
          version: '0',
          log,
        }),
      log,
    });
  }

  /** @param context the name that its context is given, as the tool that made the cluster would */
  async add(context: string): Promise<ClusterUnderTest> {
    const server = await startFixture();
    this.#servers.push(server);
    const kubeconfig = readFileSync(server.server.kubeconfigPath, 'utf8').replaceAll(
      'kube-proxy-lab',
      context,
    );
    const { clusters } = this.contexts.add(context, kubeconfig);
    return { id: clusters[0] ?? '', server };
  }

  /** A window; with a cluster one that shows that one, whichever is chosen. */
  window(cluster?: string): RouterClient<typeof sessionRouter> {
    return createRouterClient(sessionRouter, {
      context: {
        workspace: this.workspace,
        settings: undefined as never,
        kind: undefined as never,
        log: (line) => this.log.push(line),
        reqHeaders: new Headers(callHeaders({ cluster })),
      },
    });
  }

  async close(): Promise<void> {
    await this.workspace.close();
    this.contexts.close();
    for (const server of this.#servers) await server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
