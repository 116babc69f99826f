/** An API server by itself and network namespaces on which `run` is the kube-proxy: a cluster that is not the lab. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ServerProcess, startServerProcess } from '../lab/api-server/testing/server-process.ts';
import { endsWithTest, run } from './lab-under-test.ts';

const program = join(import.meta.dirname, '..', '..', 'bin', 'kube-proxy-lab');

/** Of every type, with and without endpoints; the endpoints are listed by hand, so that nothing moves. */
const OBJECTS = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, clusterIP: 10.254.7.7, ports: [{ port: 80, targetPort: 8080, nodePort: 30777 }] }
---
apiVersion: v1
kind: Service
metadata: { name: guarded }
spec:
  type: LoadBalancer
  clusterIP: 10.254.7.8
  loadBalancerSourceRanges: [10.0.0.0/24]
  externalIPs: [203.0.113.9]
  sessionAffinity: ClientIP
  ports: [{ port: 443, targetPort: 8443, nodePort: 30443 }]
---
apiVersion: v1
kind: Service
metadata: { name: idle }
spec: { clusterIP: 10.254.7.9, ports: [{ port: 9000 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-a, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: "", port: 8080, protocol: TCP }]
endpoints:
- { addresses: [10.244.0.5], nodeName: lab-node }
- { addresses: [10.244.0.6], nodeName: lab-node }
- { addresses: [10.244.0.7], nodeName: lab-node }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: guarded-a, labels: { kubernetes.io/service-name: guarded } }
addressType: IPv4
ports: [{ name: "", port: 8443, protocol: TCP }]
endpoints: [{ addresses: [10.244.0.8], nodeName: lab-node }]
`;

export interface RunningProxy {
  readonly child: ChildProcess;
  stderr(): string;
  stop(): Promise<void>;
}

export interface ProxyPeriods {
  /** As in Go: `1h`. */
  readonly syncPeriod: string;
  readonly minSyncPeriod: string;
}

export class ClusterUnderTest {
  readonly server: ServerProcess;
  readonly folder: string;
  readonly #namespaces: string[] = [];
  readonly #proxies: RunningProxy[] = [];

  private constructor(server: ServerProcess, folder: string) {
    this.server = server;
    this.folder = folder;
  }

  static async start(): Promise<ClusterUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'kpl-cluster-'));
    return new ClusterUnderTest(await startServerProcess(join(folder, 'api')), folder);
  }

  /** Services `web` (node port, three endpoints), `guarded` (load balancer, source ranges, affinity), `idle` (none). */
  async addServices(): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], OBJECTS);
    const ingress = '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.10"}]}}}';
    await this.kubectl([
      'patch',
      'service',
      'guarded',
      '--subresource',
      'status',
      '--type',
      'merge',
      '-p',
      ingress,
    ]);
  }

  async kubectl(args: string[], input = ''): Promise<string> {
    const output = await run(['kubectl', '--kubeconfig', this.server.kubeconfig, ...args], { input });
    if (output.code !== 0) throw new Error(output.stderr);
    return output.stdout;
  }

  addNamespace(name: string): string {
    const whole = `kpl-${name}-${process.pid}`;
    execFileSync('ip', ['netns', 'add', whole]);
    this.#namespaces.push(whole);
    return whole;
  }

  /** For one proxy at a time: its ports are its own. @returns the file's path */
  async writeConfiguration({ syncPeriod, minSyncPeriod }: ProxyPeriods): Promise<string> {
    const healthz = await freePort();
    const path = join(this.folder, `kube-proxy-${healthz}.json`);
    const periods = { syncPeriod, minSyncPeriod };
    writeFileSync(
      path,
      JSON.stringify({
        apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
        kind: 'KubeProxyConfiguration',
        healthzBindAddress: `127.0.0.1:${healthz}`,
        metricsBindAddress: `127.0.0.1:${await freePort()}`,
        iptables: periods,
        nftables: periods,
      }),
    );
    return path;
  }

  /** Resolves once its first rules are written. */
  async startProxy(
    namespace: string,
    { args, env }: { args: string[]; env?: NodeJS.ProcessEnv },
  ): Promise<RunningProxy> {
    const [command = '', ...rest] = [
      ...endsWithTest, program, 'run', '--json', '--kubeconfig', this.server.kubeconfig, '--node', 'lab-node',
      '--target', `netns:${namespace}`, ...args,
    ]; // biome-ignore format: option and value side by side
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(env ? { env: { ...process.env, ...env } } : {}),
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit'),
    ])) as [unknown];
    if (typeof line !== 'string') throw new Error(`run ended: ${stderr}`);
    const proxy = { child, stderr: () => stderr, stop: () => ended(child) };
    this.#proxies.push(proxy);
    return proxy;
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    await this.server.kill();
    for (const name of this.#namespaces) execFileSync('ip', ['netns', 'del', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  await end;
}
