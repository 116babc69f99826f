/** Asked with real packets: in every mode, each cluster's Services answer as their policies promise, and nobody else does. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Node } from '../../app/kubernetes/objects.ts';
import { addressPlan } from '../../app/lab/address-plan.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { resolveNode } from '../../app/proxy/node.ts';
import type { ClusterSnapshot } from '../../app/proxy/proxier-state.ts';
import { bringToLab, type ClusterInLab, untilWritten } from '../testing/cluster-in-lab.ts';
import { type TestCluster, testClusters } from '../testing/clusters.ts';
import { type Asker, type Question, questionsFrom } from '../testing/expected-answers.ts';
import { LabUnderTest } from '../testing/lab-under-test.ts';
import { removeInstallation, testUsers } from '../testing/test-user.ts';

const MODES: ProxyMode[] = ['iptables', 'nftables', 'userspace'];
const PATIENCE_MS = 10_000;
const [user] = testUsers.slice(-1);
const program = readFileSync(join(import.meta.dirname, '..', 'testing', 'asker.ts'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-traffic-'));
// Another user reads it.
chmodSync(folder, 0o755);

afterAll(() => {
  removeInstallation();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  answers: string[];
  failures: string[];
}

async function ask(
  lab: LabUnderTest,
  { place, mode }: { place: string; mode: ProxyMode },
  questions: readonly Question[],
): Promise<Outcome[]> {
  const asked = questions.map(({ address, port, protocol, endpoints, sticky, refused }) => ({
    address,
    port,
    protocol,
    // Two who take turns at one Service in step would each meet the same endpoint every time.
    alone: sticky || (mode === 'userspace' && endpoints.length > 0),
    refused: refused && protocol === 'TCP',
    expected: sticky ? Math.min(1, endpoints.length) : endpoints.length,
  }));
  const argv = [
    'lab', 'exec', place, '--', process.execPath, '--input-type=module-typescript',
    '--disable-warning=ExperimentalWarning', '-e', program, String(PATIENCE_MS),
  ]; // biome-ignore format: one command
  const { stdout, stderr, code } = await lab.cli(argv, { input: JSON.stringify(asked), timeoutMs: 120_000 });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Outcome[];
}

/** One line for each question that was not answered as it should be. */
function wrongAnswers(questions: readonly Question[], outcomes: readonly Outcome[]): string[] {
  return questions.flatMap((question, index) => {
    const { what, address, port, endpoints, sticky, refused } = question;
    const { answers, failures } = outcomes[index] ?? { answers: [], failures: ['not asked'] };
    const isRight =
      sticky && endpoints.length > 0
        ? answers.length === 1 && endpoints.includes(answers[0] ?? '')
        : answers.join() === endpoints.join();
    const isSilent = endpoints.length > 0 ? failures.length === 0 : true;
    const isRefused = !refused || question.protocol === 'UDP' || failures.includes('refused');
    if (isRight && isSilent && isRefused) return [];
    const said = [...answers, ...failures].join(', ');
    return [
      `${what} at ${address} port ${port}: ${said}; expected ${endpoints.join(', ') || (refused ? 'refused' : 'nobody')}`,
    ];
  });
}

/** The configuration, for the lab's pods. */
function configurationFile(cluster: TestCluster): string {
  const original = join(import.meta.dirname, '..', 'testing', 'clusters', cluster.name, 'kube-proxy.yaml');
  const text = readFileSync(original, 'utf8')
    .replace('10.244.0.0/16', addressPlan.pods.ipv4)
    .replace('fd00:10:244::/56', addressPlan.pods.ipv6);
  const file = join(folder, `${cluster.name}.yaml`);
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

async function snapshotOf(
  lab: LabUnderTest,
  cluster: TestCluster,
  objects: ClusterInLab,
): Promise<ClusterSnapshot> {
  const node = JSON.parse(await lab.kubectl(['get', 'node', 'lab-node', '-o', 'json'])) as Node;
  const { services, slices, serviceCIDRs } = objects;
  const detection = {
    clusterCIDRs:
      cluster.configuration.clusterCIDRs.length > 0 ? [addressPlan.pods.ipv4, addressPlan.pods.ipv6] : [],
  };
  return {
    services,
    slices,
    serviceCIDRs,
    configuration: { ...cluster.configuration, ...detection },
    node: resolveNode({ name: 'lab-node', node }),
    capabilities: { nfacct: true },
  };
}

async function askEverywhere(
  lab: LabUnderTest,
  mode: ProxyMode,
  snapshot: ClusterSnapshot,
  asker: ClusterInLab['asker'],
): Promise<string[]> {
  const plan = (place: { readonly ipv4: string; readonly ipv6: string }): Asker['addresses'] => ({
    IPv4: place.ipv4,
    IPv6: place.ipv6,
  });
  const askers: [string, Asker][] = [
    ['client', { place: 'client', addresses: plan(addressPlan.client) }],
    ['node', { place: 'node', addresses: plan(addressPlan.node) }],
    ['pod/asker', { place: 'pod', addresses: asker }],
  ];
  const wrong: string[] = [];
  for (const [place, from] of askers) {
    const questions = questionsFrom(from, mode, snapshot);
    wrong.push(...wrongAnswers(questions, await ask(lab, { place, mode }, questions)));
  }
  return wrong;
}

/** Clusters whose kube-proxy is configured alike share a lab. */
function byConfiguration(): [string, TestCluster[]][] {
  const groups = new Map<string, TestCluster[]>();
  for (const cluster of testClusters()) {
    const key = JSON.stringify(cluster.configuration);
    groups.set(key, [...(groups.get(key) ?? []), cluster]);
  }
  return [...groups.values()].map((clusters) => [clusters.map(({ name }) => name).join(', '), clusters]);
}

describe.each(byConfiguration())('%s', (_names, clusters) => {
  test('a client outside, the node and a pod reach what they should, and nothing else', async () => {
    const [first] = clusters;
    if (first === undefined || user === undefined) throw new Error('nothing to test');
    const lab = await LabUnderTest.start(user, { args: ['--config', configurationFile(first)] });
    try {
      const objects = await bringToLab(lab, clusters);
      const snapshot = await snapshotOf(lab, first, objects);
      const last = snapshot.services.at(-1)?.metadata;
      for (const mode of MODES) {
        const { code, stderr } = await lab.cli(['lab', 'mode', mode]);
        expect(code, stderr).toBe(0);
        await untilWritten(lab, `${last?.namespace}/${last?.name}`);
        expect(await askEverywhere(lab, mode, snapshot, objects.asker), mode).toEqual([]);
      }
    } finally {
      await lab.stop();
      lab.removeFolder();
    }
  }, 400_000);
});
