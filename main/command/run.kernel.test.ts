/** The engine as a kube-proxy of its own: beside an API server, on the node that a network namespace is. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../lab/api-server/testing/server-process.ts';
import { type Output, run, until } from '../testing/lab-under-test.ts';
import { installationFor, testUsers } from '../testing/test-user.ts';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'bin', 'kube-proxy-lab');
const isRoot = process.getuid?.() === 0;

const WEB = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, clusterIP: 10.254.7.7, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30777 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, labels: { app: web } }
spec: { containers: [{ name: web, image: nginx, ports: [{ containerPort: 8080 }] }] }
`;

/** Foreign rules in the neighbourhood of ours, and in a table of their own. */
const FOREIGN = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
COMMIT
*filter
:KUBE-ROUTER-INPUT - [0:0]
-A INPUT -j KUBE-ROUTER-INPUT
-A KUBE-ROUTER-INPUT -p icmp -j ACCEPT
COMMIT
`;

interface Proxy {
  child: ChildProcess;
  ready: { target: string; node: string; mode: string; healthz: string; metrics: string };
  stderr(): string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

// Network namespaces by name are root's; as an ordinary user there is the refusal alone.
if (isRoot) {
  describe('run', () => {
    const name = `kpl-run-${process.pid}`;
    let folder = '';
    let server: ServerProcess;
    let config = '';
    const proxies: ChildProcess[] = [];

    const inside = (argv: string[], input = ''): string =>
      execFileSync('ip', ['netns', 'exec', name, ...argv], { input, encoding: 'utf8' });
    const cli = (...args: string[]): Promise<Output> => run([program, ...args]);
    const kubectl = async (args: string[], input = ''): Promise<string> => {
      const output = await run(['kubectl', '--kubeconfig', server.kubeconfig, ...args], { input });
      if (output.code !== 0) throw new Error(output.stderr);
      return output.stdout;
    };
    /** Everything but counters and dates. */
    const rules = (): string =>
      [inside(['iptables-save']), inside(['ip6tables-save']), inside(['nft', '-s', 'list', 'tables'])]
        .join('\n')
        .replace(/^#.*\n/gm, '')
        .replace(/\[\d+:\d+\]/g, '[0:0]');

    async function startProxy(...args: string[]): Promise<Proxy> {
      const child = spawn(
      program,
      [
        'run', '--json', '--kubeconfig', server.kubeconfig, '--node', 'lab-node', '--target', `netns:${name}`,
        '--config', config, ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    ); // biome-ignore format: option and value side by side
      proxies.push(child);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const [line] = (await Promise.race([
        once(createInterface({ input: child.stdout }), 'line'),
        once(child, 'exit'),
      ])) as [unknown];
      if (typeof line !== 'string') throw new Error(`run ended: ${stderr}`);
      return { child, ready: JSON.parse(line), stderr: () => stderr };
    }

    async function stop({ child }: Proxy, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
      const end = once(child, 'exit');
      child.kill(signal);
      await end;
      return child.exitCode;
    }

    async function get(address: string, path: string): Promise<{ code: number; text: string }> {
      const response = await fetch(`http://${address}${path}`);
      return { code: response.status, text: await response.text() };
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kpl-run-'));
      config = join(folder, 'kube-proxy.json');
      const text = JSON.stringify({
        apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
        kind: 'KubeProxyConfiguration',
        healthzBindAddress: `127.0.0.1:${await freePort()}`,
        metricsBindAddress: `127.0.0.1:${await freePort()}`,
        iptables: { minSyncPeriod: '10ms' },
        nftables: { minSyncPeriod: '10ms' },
      });
      execFileSync('tee', [config], { input: text, stdio: ['pipe', 'ignore', 'inherit'] });
      server = await startServerProcess(join(folder, 'api'));
      await kubectl(['apply', '-f', '-'], WEB);
      await kubectl(['wait', '--for=condition=Ready', 'pod/web-1']);
    });

    afterAll(async () => {
      await server?.kill();
      rmSync(folder, { recursive: true, force: true });
    });

    beforeEach(() => {
      execFileSync('ip', ['netns', 'add', name]);
      inside(['iptables-restore', '--noflush'], FOREIGN);
      inside(
        ['nft', '-f', '-'],
        'table inet foreign { chain input { type filter hook input priority 0; }; }\n',
      );
    });

    afterEach(async () => {
      for (const child of proxies.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
      execFileSync('ip', ['netns', 'del', name]);
    });

    const written = { iptables: /KUBE-SVC-\w+/, nftables: /table ip kube-proxy/ };

    test.each(['iptables', 'nftables'] as const)(
      'writes the node, follows the cluster, leaves its rules, and cleanup takes them and nothing else: %s',
      async (mode) => {
        inside(['ip6tables-save']);
        const before = rules();
        const proxy = await startProxy('--mode', mode);
        expect(proxy.ready).toMatchObject({ target: `netns:${name}`, node: 'lab-node', mode });
        expect(rules()).toMatch(written[mode]);

        await kubectl(['patch', 'service', 'web', '-p', '{"spec":{"ports":[{"port":80,"nodePort":30778}]}}']);
        const listing =
          mode === 'iptables' ? ['iptables-save'] : ['nft', 'list', 'table', 'ip', 'kube-proxy'];
        await until('the changed node port', () => inside(listing).includes('30778') || undefined);
        await kubectl(['patch', 'service', 'web', '-p', '{"spec":{"ports":[{"port":80,"nodePort":30777}]}}']);
        await until('the node port of before', () => !inside(listing).includes('30778') || undefined);

        expect(await stop(proxy)).toBe(0);
        expect(rules()).toMatch(written[mode]);
        const { code } = await cli('cleanup', '--target', `netns:${name}`);
        expect(code).toBe(0);
        const emptied = rules().replace(/\*mangle\n(?::.*\n)*COMMIT\n/g, '');
        for (const line of before.split('\n')) expect(emptied.split('\n')).toContain(line);
        expect(emptied).not.toMatch(/KUBE-(?!ROUTER)|kube-proxy/);
      },
    );

    test.each<[mode: string, damage: [tool: string, ...argv: string[]], why: RegExp]>([
      ['iptables', ['iptables', '-t', 'nat', '-F', 'KUBE-SERVICES'], /default\/web/],
      ['iptables', ['iptables', '-t', 'nat', '-D', 'PREROUTING', '1'], /PREROUTING|KUBE-SERVICES/],
      ['iptables', ['iptables', '-t', 'nat', '-I', 'KUBE-SERVICES', '-j', 'RETURN'], /foreign/],
      ['nftables', ['nft', 'flush', 'chain', 'ip', 'kube-proxy', 'services'], /services/],
      ['nftables', ['nft', 'delete', 'table', 'ip', 'kube-proxy'], /missing table/],
    ])('%s: verify finds the node right, and names what %j did', async (mode, damage, why) => {
      const proxy = await startProxy('--mode', mode);
      const at = ['--target', `netns:${name}`, '--kubeconfig', server.kubeconfig, '--node', 'lab-node'];
      const given = [...at, '--config', config, '--mode', mode];
      const right = await cli('verify', ...given);
      expect([right.code, right.stdout + right.stderr]).toEqual([0, expect.any(String)]);
      await stop(proxy);
      inside(damage);
      const wrong = await cli('verify', ...given, '--json');
      expect(wrong.code).toBe(1);
      expect(wrong.stdout).toMatch(why);
      const next = await startProxy('--mode', mode);
      expect((await cli('verify', ...given, '--wait', '20')).code).toBe(0);
      await stop(next);
    });

    test('says how it fares under the names of a kube-proxy', async () => {
      const { ready } = await startProxy('--mode', 'iptables');
      const healthz = await get(ready.healthz, '/healthz');
      expect(healthz.code).toBe(200);
      expect(Object.keys(JSON.parse(healthz.text))).toEqual(['lastUpdated', 'currentTime', 'nodeEligible']);
      expect((await get(ready.healthz, '/livez')).code).toBe(200);
      expect((await get(ready.healthz, '/nope')).code).toBe(404);
      const { text } = await get(ready.metrics, '/metrics');
      for (const metric of [
        'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
        'kubeproxy_network_programming_duration_seconds',
        'kubeproxy_sync_proxy_rules_iptables_total{ip_family="IPv4",table="nat"}',
        'kubeproxy_sync_proxy_rules_service_changes_total',
        'kubeproxy_proxy_healthz_total{code="200"} 1',
      ]) {
        expect(text).toContain(metric);
      }
      expect((await get(ready.metrics, '/proxyMode')).text).toBe('iptables');
      const events = await until('the event', async () => {
        const all = await kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
        return all.includes('Starting') ? all : undefined;
      });
      expect(events).toContain('Starting');

      await kubectl(['taint', 'node', 'lab-node', 'ToBeDeletedByClusterAutoscaler=1:NoSchedule']);
      await until('the node to be leaving', async () => {
        return (await get(ready.healthz, '/healthz')).code === 503 || undefined;
      });
      expect((await get(ready.healthz, '/livez')).code).toBe(200);
      await kubectl(['taint', 'node', 'lab-node', 'ToBeDeletedByClusterAutoscaler-']);
    });

    test.each([
      ['a namespace that is not there', ['--target', 'netns:nobody'], 'ip netns list'],
      ['a target that is none', ['--target', 'nowhere'], 'no such target'],
      ['a kubeconfig that is not there', ['--kubeconfig', '/nowhere'], '/nowhere'],
    ])('refuses %s', async (_name, args, why) => {
      const given = ['--kubeconfig', server.kubeconfig, '--target', `netns:${name}`];
      const { code, stderr } = await cli('run', ...given, ...args);
      expect(code).toBe(2);
      expect(stderr).toContain(why);
      expect(rules()).not.toContain('KUBE-SERVICES');
    });
  });
}

test.each(testUsers.filter(({ uid }) => uid !== 0))('$name is told to be root', async (user) => {
  const command = join(installationFor(user), 'bin', 'kube-proxy-lab');
  const { code, stderr } = await run([...user.prefix, command, 'cleanup', '--target', 'host']);
  expect(code).toBe(2);
  expect(stderr).toContain('sudo');
});
