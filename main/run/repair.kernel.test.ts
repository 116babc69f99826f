/** What people do to a node's rules by hand: named by `verify`, put right by `run`, on the real kernel in every mode. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { ToldFinding } from '../command/verify.ts';
import { verifyLive } from '../command/verify-live.ts';
import { DamagedNode } from '../testing/damaged-node.ts';
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
