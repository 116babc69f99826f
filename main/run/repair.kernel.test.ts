/** What people do to a node's rules by hand: named by `verify`, put right by `run`, on the real kernel in every mode. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { ToldFinding } from '../command/verify.ts';
import { verifyLive } from '../command/verify-live.ts';
import { DamagedNode } from '../testing/damaged-node.ts';
import { until } from '../testing/lab-under-test.ts';
import { ClusterUnderTest, type RunningProxy } from '../testing/proxy-beside-api.ts';
import { damageRows } from '../testing/rule-damages.ts';

const isRoot = process.getuid?.() === 0;
const MODES: readonly ProxyMode[] = ['iptables', 'nftables', 'userspace'];

/** What is not kube-proxy's, in chains of its own, in the kernel's and beside ours. */
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

const inTimeRows = damageRows.flatMap(({ name, in: damages }) =>
  MODES.flatMap((mode) => (damages[mode]?.inTime ? [{ name, mode, damage: damages[mode] }] : [])),
);

const LEGACY_TOOLS = ['iptables', 'ip6tables'].flatMap((tool) => [tool, `${tool}-save`, `${tool}-restore`]);

function foreignRules(node: DamagedNode): string[] {
  const lines = node.run(['iptables-save']).split('\n');
  return lines.filter((line) => /^(?:-A|:)/.test(line) && !/KUBE-(?!ROUTER)|ACCEPT \[/.test(line));
}

describe.runIf(isRoot)('a node that somebody changes by hand', () => {
  let cluster: ClusterUnderTest;
  const configuration = { syncPeriod: '1h', minSyncPeriod: '10ms' };

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start();
    await cluster.addServices();
  });

  afterAll(() => cluster?.close());

  const verify = async (namespace: string, mode: ProxyMode, wait?: number): Promise<ToldFinding[]> => {
    const { text } = await verifyLive({
      target: `netns:${namespace}`,
      kubeconfig: cluster.server.kubeconfig,
      node: 'lab-node',
      mode,
      dialect: 'current',
      json: true,
      ...(wait === undefined ? {} : { wait }),
    });
    return JSON.parse(text).findings;
  };

  describe.each(MODES)('%s', (mode) => {
    let node: DamagedNode;
    let proxy: RunningProxy;

    beforeAll(async () => {
      node = new DamagedNode(cluster.addNamespace(mode));
      node.run(['iptables-restore', '--noflush'], FOREIGN);
      // An hour between full syncs: what is put right is put right because the kernel told of it.
      const config = await cluster.writeConfiguration(configuration);
      proxy = await cluster.startProxy(node.namespace, { args: ['--config', config, '--mode', mode] });
      expect(await verify(node.namespace, mode)).toEqual([]);
    });

    const rows = damageRows.flatMap(({ name, in: damages }) => {
      const damage = damages[mode];
      return damage && !damage.inTime ? [{ name, damage }] : [];
    });

    test.each(rows)('$name is named, and put right at once', async ({ damage }) => {
      let foreign: string[] = [];
      proxy.child.kill('SIGSTOP');
      try {
        damage.do(node);
        foreign = foreignRules(node);
        const findings = await verify(node.namespace, mode);
        expect(findings).toContainEqual(
          expect.objectContaining({
            kind: damage.kind,
            words: expect.stringMatching(damage.words),
            ...(damage.service === undefined ? {} : { service: damage.service }),
          }),
        );
        if (damage.service === undefined) {
          const found = findings.find(({ words }) => damage.words.test(words));
          expect(found).not.toHaveProperty('service');
        }
      } finally {
        proxy.child.kill('SIGCONT');
      }
      expect(await verify(node.namespace, mode, 20)).toEqual([]);
      expect(foreignRules(node)).toEqual(foreign);
    });
  });

  test.each(MODES)('a flushed table is whole again within a second, in %s mode', async (mode) => {
    const node = new DamagedNode(cluster.addNamespace(`flushed-${mode}`));
    const config = await cluster.writeConfiguration(configuration);
    await cluster.startProxy(node.namespace, { args: ['--config', config, '--mode', mode] });
    const events: { at: number; line: string }[] = [];
    const stop = node.listen((line) => events.push({ at: performance.now(), line }));
    const transactions = (): typeof events =>
      events.filter(({ line }) => line.startsWith('# new generation'));
    try {
      let marks = 0;
      await until('an event', () => {
        node.nft('add', 'table', 'inet', `mark-${marks++}`);
        return events.length > 0 || undefined;
      });
      // Those of marks may still be on their way: one that can be told apart comes after them.
      node.nft('add', 'table', 'inet', 'last-mark');
      await until('the last mark', () => {
        const [mark, end] = events.slice(-2);
        return (mark?.line.includes('last-mark') && end?.line.startsWith('# new generation')) || undefined;
      });
      // A busy machine is slow now and then; one that never is within a second is late by design.
      const took: number[] = [];
      for (let flush = 0; flush < 3; flush++) {
        const before = transactions().length;
        if (mode === 'nftables') node.nft('flush', 'table', 'ip', 'kube-proxy');
        else node.iptables('nat', '-F');
        await until('what makes it whole', () => transactions()[before + 1]);
        expect(await verify(node.namespace, mode, 20)).toEqual([]);
        // That is the last transaction, by the kernel's own telling.
        took.push((transactions().at(-1)?.at ?? Infinity) - (transactions()[before]?.at ?? 0));
      }
      expect(Math.min(...took)).toBeLessThan(1_000);
    } finally {
      stop();
    }
  });

  test.each([
    [
      'nft has no events',
      '#!/bin/sh\n[ "$1" = monitor ] && exit 1\nPATH=$KPL_PATH exec nft "$@"\n',
      undefined,
    ],
    ['iptables is the older one, of which nft knows nothing', undefined, 'legacy'],
  ])('where %s a flushed table is found by the poll', async (_name, nft, legacy) => {
    const node = new DamagedNode(cluster.addNamespace(`polled-${legacy ?? 'mute'}`));
    const tools = join(cluster.folder, `tools-${legacy ?? 'mute'}`);
    mkdirSync(tools);
    if (nft !== undefined) writeFileSync(join(tools, 'nft'), nft, { mode: 0o755 });
    if (legacy !== undefined) {
      for (const tool of LEGACY_TOOLS) symlinkSync('/usr/sbin/xtables-legacy-multi', join(tools, tool));
    }
    const path = process.env['PATH'] ?? '';
    // An hour between full syncs: what is put right sooner is put right by the poll.
    const config = await cluster.writeConfiguration(configuration);
    await cluster.startProxy(node.namespace, {
      args: ['--config', config, '--mode', 'iptables'],
      env: { PATH: `${tools}:${path}`, KPL_PATH: path },
    });
    const suffix = legacy === undefined ? '' : '-legacy';
    const rules = (): string =>
      node.run([`iptables${suffix}-save`, '-t', 'nat']).replace(/^#.*\n|\[\d+:\d+\]/gm, '');
    const whole = rules();
    expect(whole).toContain('--to-destination 10.244.0.6:8080');
    node.run([`iptables${suffix}`, '-t', 'nat', '-F']);
    expect(rules()).not.toBe(whole);
    await until('the poll', () => rules() === whole || undefined, 30_000);
  });

  test.each(inTimeRows)('$name is named, and put right with the next full sync', async ({ mode, damage }) => {
    const node = new DamagedNode(cluster.addNamespace('in-time'));
    const config = await cluster.writeConfiguration({ syncPeriod: '3s', minSyncPeriod: '10ms' });
    const proxy = await cluster.startProxy(node.namespace, { args: ['--config', config, '--mode', mode] });
    proxy.child.kill('SIGSTOP');
    damage.do(node);
    const findings = await verify(node.namespace, mode);
    proxy.child.kill('SIGCONT');
    const { kind, words } = damage;
    expect(findings).toEqual([expect.objectContaining({ kind, words: expect.stringMatching(words) })]);
    expect(await verify(node.namespace, mode, 20)).toEqual([]);
  });
});
