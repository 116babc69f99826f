/**
 * Measures how long the engine takes to bring a node to its rules: the first write of everything, and the write
 * after one endpoint has changed, as the engine does both: trackers, ruleset, difference, the kernel's tool.
 *
 *   node scripts/bench-sync.ts [--services 1000,5000,10000] [--modes iptables,nftables]
 *
 * Each run is in a network namespace of its own. Services have one port and two endpoints. Times
 * drift from machine to machine: the figures beside ours were taken on two cores, with Linux 6.18.
 */
import { parseArgs } from 'node:util';
import type { EndpointSlice, IPFamily, Service } from '../app/kubernetes/objects.ts';
import { buildRuleset } from '../app/proxy/build-ruleset.ts';
import { DEFAULT_CONFIGURATION, type ProxyMode } from '../app/proxy/configuration.ts';
import { resolveNode } from '../app/proxy/node.ts';
import { FamilyState } from '../main/engine/family-state.ts';
import { type FamilyRulesets, NodeWriter } from '../main/engine/node-writer.ts';
import { NodeUnderTest } from '../main/testing/node-under-test.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const CHANGES = 5;

/** kube-proxy 1.36: first full sync, one endpoint changes (from, to); in seconds. */
const KUBE_PROXY: Readonly<Record<string, readonly [first: string, change: string]>> = {
  'iptables 1000': ['0.44', '0.065 to 0.088'],
  'iptables 5000': ['11.0', '0.375 to 0.455'],
  'iptables 10000': ['75', '1.15 to 2.1'],
  'nftables 5000': ['7.5', '1.3 to 1.6'],
};

const { values: options } = parseArgs({
  options: {
    services: { type: 'string', default: '1000,5000,10000' },
    modes: { type: 'string', default: 'iptables,nftables' },
  },
});

function serviceOf(index: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `service-${index}`, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP: `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  };
}

function sliceOf(index: number, third: boolean): EndpointSlice {
  const numbers = third ? [2 * index, 2 * index + 1, 60_000] : [2 * index, 2 * index + 1];
  return {
    metadata: {
      name: `service-${index}-a`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': `service-${index}` },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: numbers.map((number) => ({
      addresses: [`10.244.${(number >> 8) & 255}.${number & 255}`],
      nodeName: 'lab-node',
    })),
  };
}

class BenchedEngine {
  readonly #states = FAMILIES.map((family) => new FamilyState(family, 'lab-node'));
  readonly #writer: NodeWriter;
  readonly #mode: ProxyMode;

  constructor(node: NodeUnderTest, mode: ProxyMode) {
    this.#writer = new NodeWriter(node.target, { iptables: true, ip6tables: true, nft: true });
    this.#mode = mode;
  }

  add(services: readonly Service[], slices: readonly EndpointSlice[]): void {
    for (const state of this.#states) {
      for (const service of services) state.services.update(undefined, service);
      for (const slice of slices) state.endpoints.update(slice, false);
    }
  }

  /** Seconds from the pending changes to the kernel's yes. */
  async sync(): Promise<number> {
    const startedAt = performance.now();
    const rulesets: FamilyRulesets = {};
    for (const state of this.#states) {
      state.applyChanges();
      rulesets[state.family] = buildRuleset(this.#mode, 'current', {
        family: state.family,
        services: state.servicePorts,
        endpoints: state.endpointsByPort,
        configuration: { ...DEFAULT_CONFIGURATION, clusterCIDRs: ['10.244.0.0/16'] },
        node: resolveNode({ name: 'lab-node', addresses: ['10.0.0.5', 'fd00:10::5'] }),
        capabilities: { nfacct: false },
      });
    }
    await this.#writer.write(rulesets);
    return (performance.now() - startedAt) / 1000;
  }
}

async function measure(mode: ProxyMode, count: number): Promise<{ first: number; changes: number[] }> {
  await using node = await NodeUnderTest.make();
  const engine = new BenchedEngine(node, mode);
  const indexes = Array.from({ length: count }, (_, index) => index);
  engine.add(
    indexes.map(serviceOf),
    indexes.map((index) => sliceOf(index, false)),
  );
  const first = await engine.sync();
  const changes: number[] = [];
  for (let turn = 0; turn < CHANGES; turn++) {
    engine.add([], [sliceOf(Math.floor(count / 2), turn % 2 === 0)]);
    changes.push(await engine.sync());
  }
  return { first, changes: changes.sort((a, b) => a - b) };
}

const row = (cells: readonly string[]): string => cells.map((cell) => cell.padEnd(18)).join('');
process.stdout.write(
  `${row(['mode', 'services', 'first sync', 'one endpoint', 'kube-proxy: first', 'one endpoint'])}\n`,
);
for (const mode of options.modes.split(',') as ProxyMode[]) {
  for (const count of options.services.split(',').map(Number)) {
    const measured = await measure(mode, count).catch((error: unknown) => String(error));
    if (typeof measured === 'string') {
      process.stdout.write(`${row([mode, String(count)])}not written: ${measured}\n`);
      process.exitCode = 1;
      continue;
    }
    const { first, changes } = measured;
    const [peerFirst = '–', peerChange = '–'] = KUBE_PROXY[`${mode} ${count}`] ?? [];
    const range = `${changes[0]?.toFixed(3)} to ${changes.at(-1)?.toFixed(3)} s`;
    process.stdout.write(
      `${row([mode, String(count), `${first.toFixed(2)} s`, range, `${peerFirst} s`, `${peerChange} s`])}\n`,
    );
  }
}
