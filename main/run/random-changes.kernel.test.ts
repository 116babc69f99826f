/**
 * `run` over a cluster that changes at random: whatever it did from change to change, at rest the node is what a
 * listing of the cluster alone makes of it. `KPL_SEED` runs one seed again.
 */

import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { Dice } from '../../app/proxy/random-cluster.ts';
import type { ToldFinding } from '../command/verify.ts';
import { type OpenVerification, openVerification } from '../command/verify-live.ts';
import { ChangingCluster } from '../testing/changing-cluster.ts';
import { ClusterUnderTest, type RunningProxy } from '../testing/proxy-beside-api.ts';

const CHANGES = 300;
/** Each look at a node is a dozen processes: one that comes too soon is for nothing. */
const BETWEEN_LOOKS_MS = 100;
const PATIENCE_MS = 20_000;
const seed = Number(process.env['KPL_SEED'] ?? Date.now() % 1_000_000);
/** The modes that each node is in, one after the other: each kind of switch is among them. */
const ROUNDS: readonly (readonly ProxyMode[])[] = [
  ['iptables', 'nftables'],
  ['nftables', 'iptables'],
  ['userspace', 'nftables'],
  ['iptables', 'userspace'],
];
/** Rests are between so many changes: seldom one alone, often some that are one write. */
const MOST_TOGETHER = 12;

describe.runIf(process.getuid?.() === 0)(`random changes, seed ${seed}`, () => {
  let cluster: ClusterUnderTest;
  let changing: ChangingCluster;
  const nodes: string[] = [];
  const proxies: RunningProxy[] = [];

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start();
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(cluster.server.kubeconfig);
    changing = new ChangingCluster(kubeConfig, seed);
    for (const number of [1, 2]) nodes.push(cluster.addNamespace(`random-${number}`));
  });

  afterAll(() => cluster?.close());

  /** The node as it should be, or what differs after the last changes. */
  async function atRest(verification: OpenVerification, mode: ProxyMode, since: number): Promise<void> {
    let findings: ToldFinding[] = [];
    const end = Date.now() + PATIENCE_MS;
    do {
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
      const result = await verification.look();
      if (result.same) return;
      findings = JSON.parse(result.text).findings;
    } while (Date.now() < end);
    const changes = changing.history.slice(since).join('\n');
    expect.fail(
      `seed ${seed}, ${mode} mode, change ${changing.history.length}:\n${changes}\n${JSON.stringify(findings, null, 1)}`,
    );
  }

  async function switchTo(node: string, mode: ProxyMode, number: number): Promise<OpenVerification> {
    await proxies[number]?.stop();
    const config = await cluster.writeConfiguration({ syncPeriod: '1h', minSyncPeriod: '10ms' });
    const args = ['--config', config, '--mode', mode];
    proxies[number] = await cluster.startProxy(node, { args });
    const { kubeconfig } = cluster.server;
    return openVerification({
      target: `netns:${node}`,
      kubeconfig,
      node: 'lab-node',
      config,
      mode,
      dialect: 'current',
      json: true,
    });
  }

  test.each(ROUNDS)('%s and %s mode', { timeout: 180_000 }, async (...modes) => {
    const dice = new Dice(seed + changing.history.length);
    const verifications = await Promise.all(
      modes.map((mode, number) => switchTo(nodes[number] ?? '', mode, number)),
    );
    const end = changing.history.length + CHANGES / ROUNDS.length;
    try {
      for (let since = changing.history.length; since < end; since = changing.history.length) {
        const count = Math.min(dice.between(1, MOST_TOGETHER), end - since);
        for (let made = 0; made < count; made++) await changing.change();
        await Promise.all(
          verifications.map((verification, number) =>
            atRest(verification, modes[number] ?? 'iptables', since),
          ),
        );
      }
    } finally {
      for (const verification of verifications) await verification.close();
    }
  });

  test('were taken by the server, most of them', () => {
    expect(changing.history).toHaveLength(CHANGES);
    expect(changing.refused).toBeLessThan(CHANGES);
  });
});
