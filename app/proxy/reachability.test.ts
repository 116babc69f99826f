/**
 * Where packets may end: every address of a Service leads to exactly the endpoints that its policy allows, and
 * nothing else does. Asked of the rules of each mode by walking them, every branch that chance could take.
 */
import { describe, expect, test } from 'vitest';
import type { Ruleset } from '../ruleset/model.ts';
import { buildRuleset, type ProxierState } from './build-ruleset.ts';
import type { EndpointInfo } from './endpoints-map.ts';
import { iptablesDestinations } from './iptables/walk-under-test.ts';
import { nftablesDestinations } from './nftables/walk-under-test.ts';
import { NODE_PORT_ADDRESSES_PRIMARY, nodePortAddresses } from './node-port-addresses.ts';
import type { Packet } from './packet-under-test.ts';
import { proxierState } from './proxier-state.ts';
import { randomCluster } from './random-cluster.ts';
import type { ServicePortInfo } from './service-port.ts';
import { categorizeEndpoints } from './topology.ts';

/** The modes that choose endpoints by rules, and how a test walks each's. */
const MODES: {
  mode: 'iptables' | 'nftables';
  /** All destinations that a packet may be sent on to; none when it is left alone. */
  destinations: (ruleset: Ruleset, packet: Packet) => string[];
}[] = [
  { mode: 'iptables', destinations: iptablesDestinations },
  { mode: 'nftables', destinations: nftablesDestinations },
];

function hostPorts(endpoints: readonly EndpointInfo[]): string[] {
  return endpoints.map(({ hostPort }) => hostPort).sort();
}

function packetTo(
  destination: string,
  port: number,
  { info, state }: { info: ServicePortInfo; state: ProxierState },
): Packet {
  const source = state.family === 'IPv4' ? '198.51.100.9' : '2001:db8:ffff::9';
  const toNode = state.node.addresses.includes(destination);
  return { source, destination, protocol: info.protocol.toLowerCase(), port, fromNode: false, toNode };
}

/** By how many Services an address and port is claimed; several make it anybody's. */
function isShared(
  state: ProxierState,
  address: string,
  { port, protocol }: { port: number; protocol: string },
): boolean {
  const claims = [...state.services.values()].filter(
    (info) =>
      info.protocol === protocol &&
      info.port.value === port &&
      [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs].some(({ value }) => value === address),
  );
  return claims.length > 1;
}

describe.each(MODES)('mode $mode', ({ mode, destinations }) => {
  describe.each(['IPv4', 'IPv6'] as const)('%s', (family) => {
    test('packets from outside reach what the policies allow', () => {
      let asked = 0;
      for (let seed = 1; seed <= 150; seed++) {
        const state = proxierState(randomCluster(seed), family);
        const ruleset = buildRuleset(mode, 'current', state);
        for (const info of state.services.values()) {
          const { internal, external } = allowed(info, state);
          const ask = (address: string, port: number, expected: string[]): void => {
            if (isShared(state, address, { port, protocol: info.protocol })) return;
            asked += 1;
            const packet = packetTo(address, port, { info, state });
            const found = destinations(ruleset, packet);
            expect(found, `seed ${seed}, ${info.key} at ${address}:${port}`).toEqual(expected);
          };
          ask(info.clusterIP.value, info.port.value, internal);
          ask(info.clusterIP.value, info.port.value + 5000, []);
          for (const { value } of info.externalIPs) ask(value, info.port.value, external);
          for (const { value } of info.loadBalancerVIPs) {
            ask(value, info.port.value, isLetIn(info, state) ? external : []);
          }
        }
      }
      expect(asked).toBeGreaterThan(500);
    });

    test('node ports answer where they are configured to, and nowhere else', () => {
      let asked = 0;
      for (let seed = 1; seed <= 150; seed++) {
        const state = proxierState(randomCluster(seed), family);
        const ruleset = buildRuleset(mode, 'current', state);
        for (const info of state.services.values()) {
          if (info.nodePort.value === 0) continue;
          asked += 1;
          const packet = packetTo(state.node.ips[family], info.nodePort.value, { info, state });
          const expected = answersNodePorts(mode, state) ? allowed(info, state).external : [];
          expect(destinations(ruleset, packet), `seed ${seed}, ${info.key}`).toEqual(expected);
          const elsewhere = {
            ...packet,
            destination: family === 'IPv4' ? '198.51.100.1' : '2001:db8:ffff::1',
            toNode: false,
          };
          expect(destinations(ruleset, elsewhere), `seed ${seed}, ${info.key}`).toEqual([]);
        }
      }
      expect(asked).toBeGreaterThan(100);
    });
  });
});

/** What the traffic policies of a port allow to its cluster IP, and to its other addresses. */
function allowed(info: ServicePortInfo, state: ProxierState): { internal: string[]; external: string[] } {
  const { cluster, local } = categorizeEndpoints(state.endpoints.get(info.key) ?? [], info, state.node);
  return {
    internal: hostPorts(info.internalPolicyLocal ? local : cluster),
    external: hostPorts(info.externalPolicyLocal ? local : cluster),
  };
}

/** Whether node ports answer at the node's own address. Without a word on it, nftables mode answers there alone. */
function answersNodePorts(mode: string, { configuration, family, node }: ProxierState): boolean {
  const told = configuration.nodePortAddresses;
  const effective = mode === 'nftables' && told.length === 0 ? [NODE_PORT_ADDRESSES_PRIMARY] : told;
  const { matchesAll, addresses } = nodePortAddresses(effective, family, node);
  return matchesAll || addresses.includes(node.ips[family]);
}

/** The outside address is in none of the random source ranges but those that hold every address. */
function isLetIn({ loadBalancerSourceRanges: ranges }: ServicePortInfo, state: ProxierState): boolean {
  return (
    ranges.length === 0 ||
    ranges.some(({ value }) => value.prefixLength === 0 && value.family === state.family)
  );
}

test('in the classic dialect every address leads to all ready endpoints', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const state = proxierState(randomCluster(seed), 'IPv4');
    const ruleset = buildRuleset('iptables', 'classic', state);
    for (const info of state.services.values()) {
      const ready = hostPorts((state.endpoints.get(info.key) ?? []).filter((endpoint) => endpoint.ready));
      const expected = info.protocol === 'SCTP' ? [] : ready;
      for (const { value } of [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs]) {
        if (isShared(state, value, { port: info.port.value, protocol: info.protocol })) continue;
        const packet = packetTo(value, info.port.value, { info, state });
        expect(iptablesDestinations(ruleset, packet), `seed ${seed}, ${info.key} at ${value}`).toEqual(
          expected,
        );
      }
    }
  }
});
