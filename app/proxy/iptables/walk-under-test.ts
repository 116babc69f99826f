/** Walks the nat table's rules with a packet from outside, every branch that chance could take: for tests. */
import type { IptablesMatch, IptablesRule, Ruleset } from '../../ruleset/model.ts';
import { blockContains, parseCidr } from '../ip-address.ts';
import { type Answer, allOf, type Packet } from '../packet-under-test.ts';

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
export function iptablesDestinations(ruleset: Ruleset, packet: Packet): string[] {
  if (ruleset.kind !== 'iptables') throw new Error('expected an iptables ruleset');
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
    const answer = allOf(rule.matches.map((match) => asks(match, packet)));
    if (answer === false) return false;
    const certain = answer === true;
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
