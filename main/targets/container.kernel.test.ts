/** Nodes that are containers, through a stand-in for their runtimes: real networks, real rules, every runtime's words. */
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findNodeContainers } from './node-containers.ts';
import { type OpenTarget, openTarget } from './open-target.ts';
import { ContainerEngine, type Trouble } from './stand-in/container-engine.ts';
import type { ContainerRuntime } from './target-spec.ts';

const NODE = 'kind-control-plane';
const isRoot = process.getuid?.() === 0;
const KIND = { 'io.x-k8s.kind.cluster': 'kind', 'io.x-k8s.kind.role': 'control-plane' };
const TRACKING =
  '*filter\n:KUBE-FORWARD - [0:0]\n-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n-I OUTPUT 1 -j KUBE-FORWARD\nCOMMIT\n';
const OURS =
  '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -j RETURN\nCOMMIT\n';

// Every command is a process of Node's more than it would be: a busy computer takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describe.each<ContainerRuntime>(['docker', 'podman', 'nerdctl'])('a container of %s', (runtime) => {
  const path = process.env['PATH'];
  const open: OpenTarget[] = [];
  let engine: ContainerEngine;
  let pid: number;
  let id: string;

  beforeEach(async () => {
    engine = new ContainerEngine([runtime]);
    process.env['PATH'] = `${engine.folder}:${path}`;
    ({ pid, id } = await engine.run(NODE, { labels: KIND }));
  });

  afterEach(async () => {
    for (const target of open.splice(0)) await target.close();
    process.env['PATH'] = path;
    await engine[Symbol.asyncDispose]();
  });

  async function openNode(): Promise<OpenTarget> {
    const target = await openTarget({ kind: 'container', name: NODE, runtime });
    open.push(target);
    return target;
  }
  const inside = (...argv: string[]): string => {
    const enter = [
      '--target',
      String(pid),
      ...(isRoot ? [] : ['--user', '--preserve-credentials']),
      '--net',
      '--',
    ];
    return execFileSync('nsenter', [...enter, ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  test('is a node: rules, sets, settings, counters, connection tracking', async () => {
    const { verbs } = await openNode();
    const { iptables, nft, conntrack } = await verbs.capabilities({});
    expect([iptables, nft, conntrack]).toMatchObject([
      { available: true },
      { available: true },
      { available: true },
    ]);
    await verbs.writeIptables({ family: 'IPv4', input: OURS });
    expect(inside('iptables-save')).toContain('default/web:http cluster IP');
    expect(await verbs.readIptables({ family: 'IPv4', counters: true })).toContain('[0:0] -A KUBE-SERVICES');
    expect(await verbs.readNftables({ family: 'IPv6' })).toBe('');
    await verbs.writeNftables({ input: 'add table ip6 kube-proxy\n' });
    expect(await verbs.readNftables({ family: 'IPv6' })).toContain('table ip6 kube-proxy');
    await verbs.writeSysctl({ name: 'net/ipv4/conf/all/route_localnet', value: '1' });
    expect(inside('cat', '/proc/sys/net/ipv4/conf/all/route_localnet').trim()).toBe('1');
    expect(await verbs.readSysctl({ name: 'net/ipv4/conf/all/route_localnet' })).toBe('1');
    await verbs.createCounters({ names: ['ct_state_invalid_dropped_pkts'] });
    await verbs.createCounters({ names: ['ct_state_invalid_dropped_pkts'] });
    expect(inside('nfacct', 'list')).toContain('ct_state_invalid_dropped_pkts');
    // Connections are tracked once a rule asks about them.
    await verbs.writeIptables({ family: 'IPv4', input: TRACKING });
    inside('bash', '-c', 'echo > /dev/udp/127.0.0.1/53');
    const [flow] = await verbs.listConntrack({ family: 'IPv4', protocol: 'udp' });
    expect(flow).toMatchObject({ source: '127.0.0.1', destinationPort: 53, replySource: '127.0.0.1' });
    if (flow) await verbs.deleteConntrack({ flows: [flow, flow] });
    expect(await verbs.listConntrack({ family: 'IPv4', protocol: 'udp' })).toEqual([]);
  });

  test('is asked by its id, without a terminal, and nothing of an input becomes an argument', async () => {
    const { verbs } = await openNode();
    await verbs.writeIptables({ family: 'IPv4', input: OURS });
    const calls = engine.asked();
    expect(calls.filter(([, verb]) => verb === 'exec')).not.toEqual([]);
    for (const [, verb, ...words] of calls) {
      if (verb === 'exec') expect(words.slice(0, 4)).toEqual(['-i', '--user', '0', id]);
    }
    expect(JSON.stringify(calls)).not.toContain('default/web');
  });

  test('that is another by the same name is not taken for it', async () => {
    const { verbs } = await openNode();
    await engine.remove(NODE);
    await engine.run(NODE);
    await expect(verbs.readIptables({ family: 'IPv4' })).rejects.toMatchObject({ code: 'gone' });
  });

  test("a tool's own failure is told as the tool's", async () => {
    const { verbs } = await openNode();
    const wrong = '*nat\n-A KUBE-NOT-THERE -j RETURN\nCOMMIT\n';
    await expect(verbs.writeIptables({ family: 'IPv4', input: wrong })).rejects.toMatchObject({
      name: 'CommandError',
      argv: ['iptables-restore', '--noflush', '--wait', '5'],
      exitCode: expect.toSatisfy((code: number) => code === 1 || code === 2),
    });
  });

  test('what its image lacks is a capability it has not, with the reason', async () => {
    await engine.run('slim', { lacks: ['nft', 'nfacct'] });
    const target = await openTarget({ kind: 'container', name: 'slim', runtime });
    open.push(target);
    const { iptables, nft, nfacct } = await target.verbs.capabilities({});
    expect(iptables.available).toBe(true);
    for (const tool of [nft, nfacct]) {
      expect(tool).toMatchObject({
        available: false,
        reason: expect.stringContaining('not installed in container slim'),
      });
    }
  });

  test.each<[name: string, state: 'paused' | 'exited', code: string, remedy: string]>([
    ['is stopped', 'exited', 'not-running', 'start'],
    ['is paused', 'paused', 'paused', 'unpause'],
  ])('that %s is refused with what to do', async (_name, state, code, remedy) => {
    await engine.run('other', { state });
    const opening = openTarget({ kind: 'container', name: 'other', runtime });
    await expect(opening).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${runtime} ${remedy} other`),
    });
  });

  test.each<[name: string, trouble: Trouble, code: string]>([
    ['whose daemon does not run', { how: 'no-daemon' }, 'not-reachable'],
    ['that this user may not ask for', { how: 'no-permission' }, 'no-permission'],
  ])('%s is told so, when it is opened and afterwards', async (_name, trouble, code) => {
    const { verbs } = await openNode();
    engine.trouble(trouble);
    await expect(openTarget({ kind: 'container', name: NODE, runtime })).rejects.toMatchObject({ code });
    await expect(verbs.readIptables({ family: 'IPv4' })).rejects.toMatchObject({ code });
    engine.trouble(null);
    await expect(verbs.readIptables({ family: 'IPv4' })).resolves.toEqual(expect.any(String));
  });

  test('that nobody knows is told so', async () => {
    await expect(openTarget({ kind: 'container', name: 'nobody', runtime })).rejects.toMatchObject({
      code: 'gone',
    });
  });

  test('stopped in the middle of a command: the command failed, because the container has ended', async () => {
    const { verbs } = await openNode();
    engine.trouble({ how: 'killed', program: 'iptables-restore' });
    await engine.stop(NODE);
    await expect(verbs.writeIptables({ family: 'IPv4', input: OURS })).rejects.toMatchObject({
      code: 'not-running',
    });
  });

  test.each<[name: string, how: 'cut-off' | 'silent-cut-off']>([
    ['ends with an error', 'cut-off'],
    ['ends as if all were well', 'silent-cut-off'],
  ])('rules cut off in the middle are not taken for all there are, when it %s', async (_name, how) => {
    const { verbs } = await openNode();
    await verbs.writeIptables({ family: 'IPv4', input: OURS });
    engine.trouble({ how, program: 'iptables-save' });
    await expect(verbs.readIptables({ family: 'IPv4' })).rejects.toMatchObject({ name: 'CommandError' });
  });

  test('that is slow to answer is waited for', async () => {
    engine.trouble({ how: 'slow', milliseconds: 1500 });
    const { verbs } = await openNode();
    await expect(verbs.readNftables({ family: 'IPv4' })).resolves.toBe('');
  });

  // What follows has nothing to do with a runtime's words.
  if (runtime !== 'docker') return;

  const state = {
    udpIdleTimeoutMs: 250,
    servicePorts: [{ key: 'default/web:', protocol: 'TCP' as const, family: 'IPv4' as const, endpoints: [] }],
  };
  if (isRoot) {
    test('userspace mode listens inside its network, and nowhere else', async () => {
      const { userspace, close } = await openNode();
      const { ports } = await userspace.serve(state);
      const [{ proxyPort } = { proxyPort: 0 }] = ports;
      expect(inside('ss', '-Hltn')).toContain(`:${proxyPort}`);
      await close();
      open.pop();
      expect(inside('ss', '-Hltn')).toBe('');
    });

    test('a process id of another machine is not entered', async () => {
      const here = readlinkSync('/proc/self/ns/net');
      await engine.claimProcess(NODE, process.pid);
      const { userspace } = await openNode();
      await expect(userspace.serve(state)).rejects.toThrow('this very machine');
      expect(readlinkSync('/proc/thread-self/ns/net')).toBe(here);
    });
  } else {
    test('userspace mode is refused with the reason', async () => {
      const { userspace } = await openNode();
      await expect(userspace.serve(state)).rejects.toThrow('only root');
    });
  }

  test('undoes what it wrote when it is let go of, where it was told to', async () => {
    const before = inside('nft', 'list', 'ruleset');
    const target = await openTarget({ kind: 'container', name: NODE, runtime }, { undo: true });
    await target.verbs.writeIptables({ family: 'IPv4', input: OURS });
    expect(inside('iptables-save')).toContain('default/web');
    await target.close();
    expect(inside('nft', 'list', 'ruleset')).toBe(before);
  });

  test('kind, k3d and minikube are known by their labels, and their helpers left out', async () => {
    const ports = {
      '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '40123' }],
      '30080/tcp': [{ HostIp: '', HostPort: '8080' }],
    };
    await engine.run('k3d-demo-server-0', {
      labels: { app: 'k3d', 'k3d.cluster': 'demo', 'k3d.role': 'server' },
      ports,
    });
    await engine.run('k3d-demo-serverlb', {
      labels: { app: 'k3d', 'k3d.cluster': 'demo', 'k3d.role': 'loadbalancer' },
    });
    const minikube = { 'created_by.minikube.sigs.k8s.io': 'true', 'name.minikube.sigs.k8s.io': 'two' };
    await engine.run('two', { labels: { ...minikube, 'role.minikube.sigs.k8s.io': '' } });
    await engine.run('two-m02', {
      labels: { ...minikube, 'role.minikube.sigs.k8s.io': '' },
      state: 'exited',
    });
    await engine.run('two-preload-sidecar', { labels: minikube });
    await engine.run('kind-external-load-balancer', {
      labels: { ...KIND, 'io.x-k8s.kind.role': 'external-load-balancer' },
    });
    await engine.run('postgres');
    const { nodes, failures } = await findNodeContainers();
    expect(failures.filter((failure) => failure.runtime === runtime)).toEqual([]);
    const own = nodes.filter((node) => node.runtime === runtime);
    expect(own.map(({ context, node, role, state: how }) => [context, node, role, how])).toEqual([
      ['kind-kind', NODE, 'control-plane', 'running'],
      ['k3d-demo', 'k3d-demo-server-0', 'control-plane', 'running'],
      ['two', 'two', 'control-plane', 'running'],
      ['two', 'two-m02', 'worker', 'stopped'],
    ]);
    expect(own[1]).toMatchObject({
      addresses: ['172.18.0.2'],
      ports: [
        { containerPort: 6443, hostAddress: '127.0.0.1', hostPort: 40123 },
        { containerPort: 30080, hostAddress: '0.0.0.0', hostPort: 8080 },
      ],
    });
  });
});
