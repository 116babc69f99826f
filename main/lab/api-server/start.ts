import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PodRuntime } from '../controllers/pod-runtime.ts';
import { type LabControllers, startControllers } from '../controllers/start-controllers.ts';
import { defaultNodePortRange, type PortRange } from './allocation/node-port-allocator.ts';
import { bootstrapCluster, bootstrapKubernetesService, type ClusterOptions } from './bootstrap.ts';
import { type ServerCertificates, serverCertificates } from './credentials/certificates.ts';
import { writeKubeconfig } from './credentials/kubeconfig.ts';
import { readIfThere, writePrivateFile } from './credentials/private-file.ts';
import { bearerToken } from './credentials/token.ts';
import { ApiGroups } from './discovery/api-groups.ts';
import { ApiListener } from './http/api-listener.ts';
import { DocumentHandler } from './http/document-handler.ts';
import { labRegistry } from './lab-registry.ts';
import { LabClient } from './registry/lab-client.ts';
import { ObjectStore } from './storage/object-store.ts';

export interface LabApiServerOptions extends ClusterOptions {
  /** Where objects, keys, token and kubeconfig are kept. */
  dataDir: string;
  /** Without it the port of the last start, or any that is free. */
  port?: number;
  nodePortRange?: PortRange;
  podRuntime: PodRuntime;
  loadBalancer?: {
    /** Whether it is on when the cluster is new; later it is as it was left. Off by default. */
    enabled?: boolean;
    ipv4?: { first: string; last: string };
    ipv6?: { first: string; last: string };
  };
  /** How long a deleted namespace stands before it is emptied; as long as on a real cluster without it. */
  namespaceGraceMilliseconds?: number;
  log(message: string): void;
}

export interface LabApiServer {
  url: string;
  kubeconfigPath: string;
  caPath: string;
  token: string;
  /** The API for what runs in this process: the same checks, no HTTP. */
  store: LabClient;
  loadBalancer: { readonly enabled: boolean; set(enabled: boolean): void };
  close(): Promise<void>;
}

/**
 * Starts the lab's API server and its controllers on a data folder. What an earlier run stored is there
 * again, its pods are started anew at the addresses they had.
 * @throws CorruptLogError for a damaged file of objects; Error for a port that is taken
 */
export async function startLabApiServer(options: LabApiServerOptions): Promise<LabApiServer> {
  const directory = join(options.dataDir, 'api-server');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const certificates = await serverCertificates(join(directory, 'pki'), certificateNames());
  const token = bearerToken(join(directory, 'token'));
  const store = ObjectStore.open(join(directory, 'objects.jsonl'));
  try {
    return await serve(options, { directory, certificates, token, store });
  } catch (error) {
    store.close();
    throw error;
  }
}

async function serve(
  options: LabApiServerOptions,
  parts: { directory: string; certificates: ServerCertificates; token: string; store: ObjectStore },
): Promise<LabApiServer> {
  const { directory, certificates, token, store } = parts;
  const { serviceCIDRs, nodePortRange = defaultNodePortRange, log } = options;
  const registry = labRegistry(store, { serviceCIDRs, nodePortRange });
  const client = new LabClient(registry, 'kube-proxy-lab');
  let address = '';
  const documents = new DocumentHandler(new ApiGroups(registry.resources), () => address);
  const listener = new ApiListener({ registry, documents, certificates, token, log });
  const port = await listenOnRememberedPort(listener, join(directory, 'port'), options.port);
  address = `127.0.0.1:${port}`;
  let controllers: LabControllers;
  try {
    bootstrapCluster(client.as('kube-apiserver'), options, port);
    keepKubernetesService(client.as('kube-apiserver'), serviceCIDRs, port);
    const { caCertificate } = certificates;
    controllers = startControllers({ ...options, client, resources: registry.resources, caCertificate });
  } catch (error) {
    await listener.close();
    throw error;
  }
  const url = `https://${address}`;
  const kubeconfigPath = kubeconfigPathIn(options.dataDir);
  writeKubeconfig(kubeconfigPath, { url, caCertificate: certificates.caCertificate, token });
  return {
    url,
    kubeconfigPath,
    caPath: certificates.caPath,
    token,
    store: client,
    loadBalancer: controllers.loadBalancer,
    async close(): Promise<void> {
      controllers.stop();
      await listener.close();
      store.close();
    },
  };
}

/** The file that leads clients to the lab of that data folder. */
export function kubeconfigPathIn(dataDir: string): string {
  return join(dataDir, 'kubeconfig');
}

/** The server's own Service is made again when somebody deletes it. */
function keepKubernetesService(client: LabClient, serviceCIDRs: string[], port: number): void {
  client.watch('services', ({ type, object: { metadata } }) => {
    const own = metadata.namespace === 'default' && metadata.name === 'kubernetes';
    if (type === 'DELETED' && own) bootstrapKubernetesService(client, serviceCIDRs, port);
  });
}

/** An old kubeconfig stays valid as long as nothing else has taken the port. */
async function listenOnRememberedPort(
  listener: ApiListener,
  path: string,
  asked: number | undefined,
): Promise<number> {
  const written = Number(readIfThere(path) ?? 0);
  const remembered = Number.isInteger(written) && written >= 0 && written < 65536 ? written : 0;
  const port = await listener.listen(asked ?? remembered, asked !== undefined);
  if (port !== remembered) writePrivateFile(path, `${port}\n`);
  return port;
}

function certificateNames(): { dns: string[]; ips: string[] } {
  return {
    dns: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ips: ['127.0.0.1'],
  };
}
