/** A node of another cluster, attached: observed without a trace, taken over where nobody else writes, handed back. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AttachmentState } from '../../../app/contract/attachment.ts';
import { DEFAULT_CONFIGURATION } from '../../../app/proxy/configuration.ts';
import { RemoteConnection } from '../../cluster/cluster-connection.ts';
import { DamagedNode } from '../../testing/damaged-node.ts';
import { until } from '../../testing/lab-under-test.ts';
import { ClusterUnderTest, type RunningProxy } from '../../testing/proxy-beside-api.ts';
import { Session } from '../session.ts';

const NODE = 'lab-node';

describe.runIf(process.getuid?.() === 0)('the node of another cluster', () => {
  let cluster: ClusterUnderTest;
  let namespace: string;
  let config: string;
  let session: Session;
  const proxies: RunningProxy[] = [];

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start();
    await cluster.addServices();
    config = await cluster.writeConfiguration({ syncPeriod: '1h', minSyncPeriod: '10ms' });
  });
  afterAll(() => cluster?.close());

  let count = 0;
  beforeEach(async () => {
    count += 1;
    namespace = cluster.addNamespace(`attach-${count}`);
    inside('ip', 'link', 'set', 'lo', 'up');
    session = await openSession();
  });
  afterEach(async () => {
    await session.close();
    for (const proxy of proxies.splice(0)) await proxy.stop();
  });

  async function openSession(): Promise<Session> {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(cluster.server.kubeconfig);
    const connection = new RemoteConnection(kubeConfig);
    await connection.listed;
    return new Session({
      connection,
      kubeconfigPath: cluster.server.kubeconfig,
      context: { name: 'other', kind: 'other' },
      node: null,
      lab: null,
      configuration: DEFAULT_CONFIGURATION,
      dataDir: cluster.folder,
      version: '0',
      log: () => {},
    });
  }

  function inside(...argv: string[]): string {
    return execFileSync('ip', ['netns', 'exec', namespace, ...argv], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** All that a kube-proxy may change on the node, without dates, counters and the order of chains and tables. */
  function rules(): string {
    return [
      ...inside('nft', 'list', 'tables').split('\n').sort(),
      inside('nft', '-s', 'list', 'ruleset').includes('kube-proxy')
        ? inside('nft', '-s', 'list', 'table', 'ip', 'kube-proxy')
        : '',
      ...['iptables-save', 'ip6tables-save'].flatMap((tool) => sortedTables(inside(tool))),
      inside('sysctl', 'net.ipv4.conf.all.route_localnet'),
    ].join('\n');
  }

  const listeners = (): string => inside('ss', '-Hltn');

  /** Makes a change of our own, and gives the number of the ruleset that it made: the kernel counts every one. */
  async function nextGeneration(node: DamagedNode, events: readonly string[]): Promise<number> {
    const mark = `mark-${events.length}`;
    node.nft('add', 'table', 'inet', mark);
    return until('the event', () => {
      const at = events.findIndex((line) => line.includes(mark));
      const line = at < 0 ? undefined : events.slice(at).find((each) => each.startsWith('# new generation'));
      return line === undefined ? undefined : Number(/\d+/.exec(line)?.[0]);
    });
  }

  const attach = (): Promise<void> => session.attachment.attach({ target: `netns:${namespace}`, node: NODE });
  const attached = (): Extract<AttachmentState, { state: 'attached' }> => {
    const { state } = session.attachment;
    if (state.state !== 'attached') throw new Error(`it is ${JSON.stringify(state)}`);
    return state;
  };
  const takeOver = (mode: 'iptables' | 'nftables' | 'userspace', accept = false): Promise<void> =>
    session.attachment.takeOver({ mode, dialect: 'current', accept });
  async function startProxy(mode: string): Promise<RunningProxy> {
    const proxy = await cluster.startProxy(namespace, { args: ['--config', config, '--mode', mode] });
    proxies.push(proxy);
    return proxy;
  }

  test('is offered among the places, and nothing else than a place is taken', async () => {
    const places = await session.places.subscribe();
    const { value } = await places.next();
    await places.return?.();
    expect(value?.kind === 'snapshot' && value.state.places).toContainEqual(
      expect.objectContaining({
        target: `netns:${namespace}`,
        kind: 'netns',
        needsElevation: false,
        problem: null,
      }),
    );
    for (const target of ['lab', 'netns:../../proc/1/ns/net', 'container:--privileged', '/run/netns/x', '']) {
      await expect(session.attachment.attach({ target, node: NODE })).rejects.toMatchObject({
        code: 'REFUSED',
      });
    }
    await expect(
      session.attachment.attach({ target: `netns:${namespace}`, node: 'another' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(session.attachment.state).toEqual({ state: 'none' });
  });

  test('that is not there is told so, and a failure can be forgotten', async () => {
    const target = 'netns:kpl-there-is-none';
    await expect(session.attachment.attach({ target, node: NODE })).rejects.toMatchObject({ code: 'FAILED' });
    expect(session.attachment.state).toMatchObject({ state: 'failed', target, problem: { code: 'gone' } });
    await session.attachment.detach();
    expect(session.attachment.state).toEqual({ state: 'none' });
  });

  test.each(['iptables', 'nftables'] as const)(
    'observed in %s mode: its rules and what differs, and the ruleset is never another',
    async (mode) => {
      await startProxy(mode);
      const node = new DamagedNode(namespace);
      const events: string[] = [];
      const stop = node.listen((line) => events.push(line));
      await until('the monitor', () => {
        node.nft('add', 'table', 'inet', 'ready');
        node.nft('delete', 'table', 'inet', 'ready');
        return events.length > 0 || undefined;
      });
      const first = await nextGeneration(node, events);
      await attach();
      expect(attached()).toMatchObject({ way: 'observe', elevated: false });
      expect(session.state.unavailable).toEqual({
        pods: 'lab-only', loadBalancer: 'lab-only', forwarders: 'lab-only', write: 'observing',
      }); // biome-ignore format: one map
      expect(session.engine.state.mode).toBe(mode);
      const verification = session.verification.subscribe();
      await until('a comparison', () => session.verification.state.checkedAt !== null || undefined);
      expect(session.verification.state).toMatchObject({ same: true, mode, findings: [], error: null });
      await verification.return?.();
      const shown = await session.rules.subscribe(1000);
      const { value } = await shown.next();
      await shown.return?.();
      if (value?.kind !== 'snapshot') throw new Error('no snapshot');
      expect(value.state.chains.flatMap((chain) => chain.rules).map(({ service }) => service)).toContain(
        'default/web',
      );
      for (const write of [
        () => session.engine.resync(),
        () => session.engine.setMode('iptables', 'current'),
      ]) {
        await expect(write()).rejects.toMatchObject({ code: 'UNSUPPORTED', data: { cause: 'observing' } });
      }
      await session.attachment.detach();
      expect(await nextGeneration(node, events)).toBe(first + 1);
      stop();
    },
  );

  test('whose addresses are others is doubted until a person says that it is the one', async () => {
    await attach();
    expect(attached().doubts).toMatchObject([{ expected: expect.arrayContaining(['10.0.0.5']) }]);
    await expect(takeOver('iptables')).rejects.toMatchObject({ code: 'REFUSED' });
    session.attachment.trustPlace();
    await takeOver('iptables');
    await session.attachment.detach();
    inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
    await attach();
    expect(attached().doubts).toEqual([]);
  });

  test('is not taken over while a kube-proxy writes, whichever way it is known', async () => {
    inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
    const proxy = await startProxy('iptables');
    const before = rules();
    await attach();
    expect(attached().rivals).toMatchObject([{ kind: 'lab', pid: proxy.child.pid }]);
    await expect(takeOver('nftables', true)).rejects.toThrow(/Kube Proxy Lab \(process \d+\)/);
    await proxy.stop();
    // A program of that name, in the node's network.
    const process_ = spawn(
      'ip',
      ['netns', 'exec', namespace, 'bash', '-c', 'echo kube-proxy > /proc/self/comm; echo there; read -r'],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    await once(process_.stdout, 'data');
    await expect(takeOver('nftables', true)).rejects.toThrow(/kube-proxy \(process \d+\)/);
    process_.kill();
    await once(process_, 'exit');
    // A pod of the cluster.
    await cluster.kubectl(['apply', '-f', '-'], POD);
    const ready = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await cluster.kubectl([
      '-n',
      'kube-system',
      'patch',
      'pod',
      'kube-proxy-x',
      '--subresource',
      'status',
      '-p',
      ready,
    ]);
    await until('the pod', () => attached().rivals.some(({ kind }) => kind === 'pod') || undefined);
    expect(attached().rivals.find(({ kind }) => kind === 'pod')).toMatchObject({
      name: 'kube-system/kube-proxy-x',
      owner: 'DaemonSet kube-system/kube-proxy',
      remedy: {
        away: expect.stringContaining('kubectl --context other -n kube-system patch daemonset kube-proxy'),
      },
    });
    await expect(takeOver('nftables', true)).rejects.toThrow(/kube-system\/kube-proxy-x/);
    expect(rules()).toBe(before);
    await cluster.kubectl([
      '-n',
      'kube-system',
      'delete',
      'pod',
      'kube-proxy-x',
      '--force',
      '--grace-period=0',
    ]);
    await until('the pod’s end', () => attached().rivals.length === 0 || undefined);
    await takeOver('nftables');
  });

  test.each(['iptables', 'nftables', 'userspace'] as const)(
    'taken over in %s mode has our rules, and those of before when it is handed back, again and again',
    async (mode) => {
      inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
      const proxy = await startProxy('iptables');
      await proxy.stop();
      const before = rules();
      await attach();
      for (let round = 0; round < 2; round++) {
        const { change } = await session.attachment.previewTakeOver({ mode, dialect: 'current' });
        await takeOver(mode);
        expect(attached()).toMatchObject({ way: 'take-over', changing: null });
        expect(session.state.unavailable.write).toBeUndefined();
        if (mode === 'iptables') {
          expect(change).toMatchObject({ supported: true, added: 0, removed: 0 });
          expect(rules()).toBe(before);
        } else expect(rules()).not.toBe(before);
        await session.engine.setMode('nftables', 'current');
        expect(inside('nft', 'list', 'table', 'ip', 'kube-proxy')).toContain('default/web');
        await session.attachment.handBack();
        expect(rules()).toBe(before);
        await until('the listeners to be closed', () => listeners() === '' || undefined);
        expect(attached()).toMatchObject({ way: 'observe', changing: null });
        expect(attached().rivals).toEqual([]);
        expect(session.engine.state.mode).toBe('iptables');
      }
    },
  );

  test('taken over is handed back when another cluster is chosen, and nothing is kept', async () => {
    inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
    const before = rules();
    await attach();
    await takeOver('userspace');
    expect(rules()).not.toBe(before);
    await session.close();
    expect(rules()).toBe(before);
    expect(helpersOf(process.pid)).toEqual([]);
    session = await openSession();
  });

  test('says at once that a kube-proxy has begun to write beside it', async () => {
    inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
    await attach();
    await takeOver('iptables');
    const proxy = await startProxy('iptables');
    inside('iptables', '-t', 'nat', '-D', 'KUBE-SERVICES', '1');
    await until('the other', () => attached().rivals.length > 0 || undefined);
    await proxy.stop();
  });

  test('is told lost when its helper is killed, and put right by the next', async () => {
    inside('ip', 'addr', 'add', '10.0.0.5/24', 'dev', 'lo');
    const before = rules();
    await attach();
    await takeOver('iptables');
    const [helper = 0] = helpersOf(process.pid);
    process.kill(helper, 'SIGKILL');
    await until('the loss', () => session.attachment.state.state === 'failed' || undefined);
    expect(session.attachment.state).toMatchObject({ problem: { code: 'lost' } });
    await attach();
    expect(rules()).toBe(before);
  });

  test('can be given up while the cluster does not answer, and leaves nothing', async () => {
    const held = new KubeConfig();
    held.loadFromFile(cluster.server.kubeconfig);
    for (const one of held.clusters) Object.assign(one, { server: 'https://127.0.0.1:1' });
    await session.close();
    session = new Session({
      connection: new RemoteConnection(held),
      kubeconfigPath: '',
      context: { name: 'other', kind: 'other' },
      node: null,
      lab: null,
      configuration: DEFAULT_CONFIGURATION,
      dataDir: cluster.folder,
      version: '0',
      log: () => {},
    });
    const attaching = attach();
    await until('the waiting for the cluster', () => {
      const { state } = session.attachment;
      return (state.state === 'attaching' && state.step === 'list') || undefined;
    });
    await session.attachment.detach();
    await attaching;
    expect(session.attachment.state).toEqual({ state: 'none' });
    expect(helpersOf(process.pid)).toEqual([]);
  });
});

/** Each table's lines, chains by name, the rules of a chain in their order. */
function sortedTables(saved: string): string[] {
  return saved
    .replace(/^#.*\n/gm, '')
    .replace(/\[\d+:\d+\]/g, '[0:0]')
    .split('COMMIT\n')
    .map((table) =>
      table
        .split('\n')
        .map((line, index) => ({ line, index, chain: /^-A (\S+)/.exec(line)?.[1] ?? '' }))
        .sort((a, b) =>
          a.chain === b.chain
            ? a.chain
              ? a.index - b.index
              : a.line < b.line
                ? -1
                : 1
            : a.chain < b.chain
              ? -1
              : 1,
        )
        .map(({ line }) => line)
        .join('\n'),
    )
    .sort();
}

const POD = `
apiVersion: v1
kind: Pod
metadata:
  name: kube-proxy-x
  namespace: kube-system
  labels: { k8s-app: kube-proxy }
  ownerReferences: [{ apiVersion: apps/v1, kind: DaemonSet, name: kube-proxy, uid: x, controller: true }]
spec: { nodeName: lab-node, containers: [{ name: kube-proxy, image: kube-proxy }] }
`;

/** The helper processes of a process. */
function helpersOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid), '-f', 'helper.js'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

if (process.getuid?.() !== 0) {
  // Said where tests are counted, rather than left out in silence.
  test.skip('attaching network namespaces by name, which only root may enter', () => {});
}
