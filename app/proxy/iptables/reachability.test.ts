/**
 * Where packets may end: every address of a Service leads to exactly the endpoints that its policy allows, and
 * nothing else does. Asked of the rules by walking them, every branch that chance could take.
 */
import { describe, expect, test } from 'vitest';
import type { IptablesMatch, IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import type { ProxierState } from '../build-ruleset.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import { blockContains, parseCidr } from '../ip-address.ts';
import { proxierState } from '../proxier-state.ts';
import { randomCluster } from '../random-cluster.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { categorizeEndpoints } from '../topology.ts';
import { buildIptablesRuleset } from './ruleset.ts';

interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port: number;
  /** The source is an address of the node. */
  readonly fromNode: boolean;
  /** The destination is. */
  readonly toNode: boolean;
}

/** yes, no, or (by chance, or by what happened before) perhaps. */
type Answer = boolean | undefined;

function asks(match: IptablesMatch, packet: Packet): Answer {
  const not = 'negated' in match && match.negated === true;
  switch (match.kind) {
    case 'source':
    case 'destination': {
      const block = parseCidr(match.cidr);
      const address = match.kind === 'source' ? packet.source : packet.destination;
      return (block !== undefined && blockContains(block, address)) !== not;
    }
    case 'in-interface':
      // Packets here come in from outside, over eth0.
      return not;
    case 'protocol':
      return (match.protocol === packet.protocol) !== not;
    case 'transport':
      return match.destinationPort === undefined || match.destinationPort === packet.port;
    case 'addrtype':
      return (match.side === 'source' ? packet.fromNode : packet.toNode) !== not;
    case 'comment':
    case 'nfacct':
      return true;
    case 'statistic':
      return undefined;
    case 'recent':
      return match.action === 'set' ? true : undefined;
    case 'physdev-is-in':
      return not;
    default:
      throw new Error(`the walk does not know ${match.kind}`);
  }
}

/** All destinations that a packet may be sent on to; none when it is left alone. */
function destinations(ruleset: IptablesRuleset, packet: Packet): string[] {
  const nat = ruleset.tables.find(({ name }) => name === 'nat');
  const found = new Set<string>();
  /** Whether the packet may come out at the chain's end. */
  const walk = (name: string): boolean => {
    const chain = nat?.chains.find((candidate) => candidate.name === name);
    if (chain === undefined) throw new Error(`no chain ${name}`);
    return chain.rules.every((rule) => !ends(rule));
  };
  /** Whether the packet certainly ends with a rule. */
  const ends = (rule: IptablesRule): boolean => {
    const answers = rule.matches.map((match) => asks(match, packet));
    if (answers.includes(false)) return false;
    const certain = !answers.includes(undefined);
    switch (rule.target?.kind) {
      case 'dnat':
        found.add(rule.target.destination);
        return certain;
      case 'jump':
        return !walk(rule.target.chain) && certain;
      case 'mark':
      case undefined:
        return false;
      default:
        throw new Error(`the walk does not know ${rule.target?.kind}`);
    }
  };
  walk('PREROUTING');
  return [...found].sort();
}

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

describe.each(['IPv4', 'IPv6'] as const)('%s', (family) => {
  test('packets from outside reach what the policies allow', () => {
    let asked = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const state = proxierState(randomCluster(seed), family);
      const ruleset = buildIptablesRuleset('current', state);
      for (const info of state.services.values()) {
        const { cluster, local } = categorizeEndpoints(state.endpoints.get(info.key) ?? [], info, state.node);
        const internal = hostPorts(info.internalPolicyLocal ? local : cluster);
        const external = hostPorts(info.externalPolicyLocal ? local : cluster);
        const ask = (address: string, port: number, expected: string[]): void => {
          if (isShared(state, address, { port, protocol: info.protocol })) return;
          asked += 1;
          const packet = packetTo(address, port, { info, state });
          expect(destinations(ruleset, packet), `seed ${seed}, ${info.key} at ${address}:${port}`).toEqual(
            expected,
          );
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
      const ruleset = buildIptablesRuleset('current', state);
      const reachable = (ruleset.tables.find(({ name }) => name === 'nat')?.chains ?? [])
        .filter(({ name }) => name === 'KUBE-SERVICES')
        .flatMap(({ rules }) => rules)
        .filter(({ target }) => target?.kind === 'jump' && target.chain === 'KUBE-NODEPORTS');
      for (const info of state.services.values()) {
        if (info.nodePort.value === 0) continue;
        asked += 1;
        const { cluster, local } = categorizeEndpoints(state.endpoints.get(info.key) ?? [], info, state.node);
        const packet = packetTo(state.node.ips[family], info.nodePort.value, { info, state });
        const expected = reachable.some(({ matches }) => matches.every((match) => asks(match, packet)))
          ? hostPorts(info.externalPolicyLocal ? local : cluster)
          : [];
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
    const ruleset = buildIptablesRuleset('classic', state);
    for (const info of state.services.values()) {
      const ready = hostPorts((state.endpoints.get(info.key) ?? []).filter((endpoint) => endpoint.ready));
      const expected = info.protocol === 'SCTP' ? [] : ready;
      for (const { value } of [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs]) {
        if (isShared(state, value, { port: info.port.value, protocol: info.protocol })) continue;
        const packet = packetTo(value, info.port.value, { info, state });
        expect(destinations(ruleset, packet), `seed ${seed}, ${info.key} at ${value}`).toEqual(expected);
      }
    }
  }
});
