/**
 * A kube-proxy that hands its node back, killed at any moment, alone or with its helper: what is left on the node, in
 * the helper's journal and among files and processes. As an ordinary user the right is asked of a stand-in for sudo,
 * which gives it in namespaces of the user's own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ServerProcess, startServerProcess } from '../lab/api-server/testing/server-process.ts';
import { run, until } from '../testing/lab-under-test.ts';
import { installationFor, type TestUser, testUsers } from '../testing/test-user.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const SERVICES = Array.from(
  { length: 20 },
  (_, i) => `
apiVersion: v1
kind: Service
metadata: { name: web-${i} }
spec: { type: NodePort, clusterIP: 10.254.7.${i + 1}, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`,
).join('---');
const POD = `---
apiVersion: v1
kind: Pod
metadata: { name: web-1, labels: { app: web } }
spec: { containers: [{ name: web, image: nginx, ports: [{ containerPort: 8080 }] }] }
`;
/** What was there before: a kube-proxy's rules of another cluster, and somebody else's. */
const EARLIER = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:DOCKER - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-MARK-MASQ
COMMIT
`;

/** The kubelet's chain, which is empty for IPv6. */
const EARLIER_IPV6 = `*filter
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
COMMIT
`;

describe.each(testUsers)('handed back, as $name', (user) => {
  const folder = mkdtempSync(join(tmpdir(), 'kpl-hand-back-'));
  let server: ServerProcess;
  let node: HeldNode;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await startServerProcess(join(folder, 'api'));
    const kubectl = (args: string[], input = ''): Promise<unknown> =>
      run(['kubectl', '--kubeconfig', server.kubeconfig, ...args], { input });
    await kubectl(['apply', '-f', '-'], SERVICES + POD);
    await kubectl(['wait', '--for=condition=Ready', 'pod/web-1']);
    // Whoever runs the program reads it, as the one whose cluster it is.
    writeFileSync(join(folder, 'kubeconfig'), readFileSync(server.kubeconfig), { mode: 0o644 });
  });
  afterAll(async () => {
    await server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    node = await HeldNode.make(user, folder);
    node.inside(['iptables-restore'], EARLIER);
    node.inside(['ip6tables-restore'], EARLIER_IPV6);
    // Reading may make tables that were not there.
    node.state();
  });
  afterEach(() => node[Symbol.asyncDispose]());

  function start(mode: string): ChildProcess {
    const command = join(installationFor(user), 'bin', 'kube-proxy-lab');
    const [program = '', ...args] = [
      ...user.prefix, 'env', `PATH=${node.folder}:${process.env['PATH']}`, command, 'run', '--hand-back', '--json', '--mode', mode,
      '--kubeconfig', join(folder, 'kubeconfig'), '--node', 'lab-node', '--config', join(node.folder, 'kube-proxy.json'),
      ...(user.uid === 0 ? ['--target', `netns:${node.name}`] : ['--target', 'host', '--elevate']),
    ]; // biome-ignore format: one command
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function endOf(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  test.each(['iptables', 'nftables', 'userspace'])(
    '%s mode: written, and gone when it is asked to end',
    async (mode) => {
      const before = node.state();
      const child = start(mode);
      let stderr = '';
      child.stderr?.on('data', (text) => (stderr += String(text)));
      const ready = await Promise.race([
        once(createInterface({ input: child.stdout as never }), 'line'),
        endOf(child),
      ]);
      expect(ready, stderr).toBeDefined();
      expect(node.state()).not.toBe(before);
      child.kill('SIGTERM');
      await endOf(child);
      expect(node.state()).toBe(before);
    },
  );

  // The whole of a start takes about so long here; moments after it are spread over the writes that follow.
  const MOMENTS_MS = Array.from({ length: 6 }, (_, i) => 400 + 450 * i);
  test.each([
    ...MOMENTS_MS.map(
      (ms, i) => [ms, ['iptables', 'nftables', 'userspace'][i % 3] as string, false] as const,
    ),
    ...MOMENTS_MS.map(
      (ms, i) => [ms + 200, ['nftables', 'userspace', 'iptables'][i % 3] as string, true] as const,
    ),
  ])('killed after about %i ms in %s mode, its helper with it: %s', async (ms, mode, helperToo) => {
    const before = node.state();
    const child = start(mode);
    await Promise.race([
      endOf(child),
      new Promise((resolve) => setTimeout(resolve, ms + Math.random() * 400)),
    ]);
    const helpers = helperToo ? node.processes('helper.js') : [];
    child.kill('SIGKILL');
    for (const pid of helpers) kill(pid);
    await endOf(child);
    await until(
      'the helper to have ended',
      () => node.processes('helper.js').length === 0 || undefined,
      60_000,
    );
    if (helperToo) {
      // The app is started again, and asked to end as soon as it has a helper.
      const again = start(mode);
      await Promise.race([once(createInterface({ input: again.stdout as never }), 'line'), endOf(again)]);
      again.kill('SIGTERM');
      await endOf(again);
    }
    await until('the relay to have ended', () => node.processes('relay.js').length === 0 || undefined);
    expect(node.state()).toBe(before);
    expect(node.journal()).toEqual([]);
  });
});

/** `nft list ruleset` with chains in the order of their names: nft has them in the order they were made, which means nothing. */
function inOrder(listing: string): string {
  return listing.replace(/^table .*\{\n([\s\S]*?)^\}/gm, (table, body: string) =>
    table.replace(body, `${body.trimEnd().split('\n\n').sort().join('\n\n')}\n`),
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** A node that outlives whoever works on it, and the way to its right: a name for root, a `sudo` for others. */
class HeldNode implements AsyncDisposable {
  readonly name = `kpl-back-${process.pid}`;
  readonly folder: string;
  readonly #user: TestUser;
  readonly #holder: ChildProcess;

  private constructor(user: TestUser, folder: string, holder: ChildProcess) {
    this.#user = user;
    this.folder = mkdtempSync(join(folder, 'node-'));
    chmodSync(this.folder, 0o755);
    this.#holder = holder;
    // Two of them may be there at a time, beside a real kube-proxy: nothing is to listen on a port of its own.
    const configuration = {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      healthzBindAddress: '',
      metricsBindAddress: '',
      iptables: { minSyncPeriod: '10ms' },
    };
    writeFileSync(join(this.folder, 'kube-proxy.json'), JSON.stringify(configuration));
    const enter = `nsenter --target ${holder.pid} --user --preserve-credentials --mount --net --`;
    writeFileSync(
      join(this.folder, 'sudo'),
      `#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 1\nshift 2\nexec ${enter} "$@"\n`,
      { mode: 0o755 },
    );
  }

  static async make(user: TestUser, folder: string): Promise<HeldNode> {
    const isRoot = user.uid === 0;
    // The helper's places are root's: there they are on file systems of the namespace's own.
    const places = isRoot ? '' : 'mount -t tmpfs places /run && mount -t tmpfs places /var/log && ';
    const namespaces = isRoot ? ['--net'] : ['--user', '--map-root-user', '--mount', '--net'];
    const script = `${places}ip link set lo up; echo up; exec sleep infinity`;
    const [command = '', ...args] = [...user.prefix, 'unshare', ...namespaces, 'sh', '-c', script];
    const holder = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (holder.stdout) await once(holder.stdout, 'data');
    const node = new HeldNode(user, folder, holder);
    if (isRoot) execFileSync('ip', ['netns', 'attach', node.name, String(holder.pid)]);
    return node;
  }

  inside(argv: string[], input = ''): string {
    const own = this.#user.uid === 0 ? ['--net'] : ['--user', '--preserve-credentials', '--mount', '--net'];
    const [command = '', ...args] = [
      ...this.#user.prefix,
      'nsenter',
      '--target',
      String(this.#holder.pid),
      ...own,
      '--',
      ...argv,
    ];
    return execFileSync(command, args, { input, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Rules of both families and of nft, settings, counters, listening sockets: without dates and packet counts. */
  state(): string {
    const parts = [
      ['nft', '-s', 'list', 'ruleset'], ['iptables-save'], ['ip6tables-save'], ['nfacct', 'list'], ['ss', '-Hltnu'],
      ['cat', '/proc/sys/net/ipv4/conf/all/route_localnet', '/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal'],
    ]; // biome-ignore format: a list of commands
    return parts
      .map((argv) => (argv[0] === 'nft' ? inOrder(this.inside(argv)) : this.inside(argv)))
      .join('\n')
      .replace(/^#.*\n/gm, '')
      .replace(/\[\d+:\d+\]/g, '[0:0]');
  }

  /** Programs of ours in the node's network, or on their way to it. */
  processes(program: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          if (!words.some((word) => word.endsWith(`/out/main/${program}`))) return false;
          return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.folder);
        } catch {
          return false;
        }
      });
  }

  /** What is left to be undone here; root's journal may have other nodes' entries, too. */
  journal(): string[] {
    const entries = this.inside(['sh', '-c', 'cat /run/kube-proxy-lab/journal/*.json 2>/dev/null || true']);
    const target = this.#user.uid === 0 ? `netns:${this.name}` : 'host';
    return [...entries.matchAll(/"target":"([^"]*)"/g)]
      .map(([, found = '']) => found)
      .filter((found) => found === target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#user.uid === 0) execFileSync('ip', ['netns', 'del', this.name]);
    const ended = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await ended;
  }
}
