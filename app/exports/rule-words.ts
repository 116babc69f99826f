/** What a rule does, in a sentence: for hand-outs. */
import type {
  IptablesMatch,
  IptablesRule,
  IptablesTarget,
  NftablesElement,
  NftablesRule,
} from '../ruleset/model.ts';

/** `Packets to 10.254.0.10, TCP port 80, go on in KUBE-SVC-…, which chooses an endpoint.` */
export function iptablesWords({ matches, target }: IptablesRule): string {
  const protocol = matches.find((match) => match.kind === 'protocol')?.protocol.toUpperCase();
  const port = matches.find((match) => match.kind === 'transport')?.destinationPort;
  const conditions = [
    ...matches.flatMap(matchWords),
    ...(port === undefined ? [] : [`to ${protocol ?? ''} port ${port}`.replace('  ', ' ')]),
  ];
  const which = conditions.length === 0 ? 'All packets that come here' : `Packets ${conditions.join(', ')},`;
  return `${which} ${target ? targetWords(target) : 'are only counted'}.`;
}

function matchWords(match: IptablesMatch): string[] {
  const not = 'negated' in match && match.negated ? 'not ' : '';
  switch (match.kind) {
    case 'source':
      return [`${not}from ${withoutHostMask(match.cidr)}`];
    case 'destination':
      return [`${not}to ${withoutHostMask(match.cidr)}`];
    case 'in-interface':
      return [`${not}in by interface ${match.name}`];
    case 'out-interface':
      return [`${not}out by interface ${match.name}`];
    case 'addrtype': {
      const side = match.side === 'source' ? 'from' : 'to';
      return [`${not}${side} ${match.type === 'LOCAL' ? "one of the node's own addresses" : match.type}`];
    }
    case 'conntrack':
    case 'state':
      return [`of connections that are ${not}${match.states.join(' or ').toLowerCase()}`];
    case 'mark':
      return [match.negated ? 'without the mark for masquerading' : 'with the mark for masquerading'];
    case 'statistic':
      return [`${percent(match.probability)} of them at random`];
    case 'recent':
      return match.action === 'rcheck'
        ? [`from a client seen here in the last ${match.seconds ?? 0} seconds`]
        : ['whose client is noted'];
    case 'physdev-is-in':
      return [`${not}in over a bridge`];
    case 'other':
      return [match.text];
    default:
      return [];
  }
}

function targetWords(target: IptablesTarget): string {
  switch (target.kind) {
    case 'accept':
      return 'are let through';
    case 'drop':
      return 'are dropped without an answer';
    case 'return':
      return 'go back to where they came from';
    case 'jump':
    case 'goto':
      return chainWords(target.chain);
    case 'mark':
      return target.mask === 0 ? 'lose the mark again' : "are marked, to leave with the node's address";
    case 'masquerade':
      return "leave with the node's address, so that the answer comes back here";
    case 'dnat':
      return `get the destination ${target.destination}`;
    case 'redirect':
      return `go to port ${target.port} of this node, where the proxy listens`;
    case 'reject':
      return 'are refused, as by a closed port';
    case 'other':
      return `meet ${target.text}`;
  }
}

function chainWords(chain: string): string {
  if (chain === 'KUBE-MARK-MASQ') return "are marked, to leave with the node's address";
  if (chain.startsWith('KUBE-SEP-')) return `go to the endpoint of ${chain}`;
  if (/^KUBE-SV[CL]-/.test(chain)) return `go on in ${chain}, which chooses an endpoint`;
  if (chain.startsWith('KUBE-EXT-')) return `go on in ${chain}, as traffic from outside`;
  if (chain.startsWith('KUBE-FW-')) return `go on in ${chain}, which looks at their source`;
  return `go on in ${chain}`;
}

function withoutHostMask(cidr: string): string {
  return cidr.replace(/\/(?:32|128)$/, '');
}

function percent(probability: string): string {
  return `${Math.round(Number(probability) * 1000) / 10} %`;
}

// --- nftables -------------------------------------------------------------------------------------------------

export function nftablesWords({ expression }: NftablesRule): string {
  const endpoints = [...expression.matchAll(/: ([0-9a-f.:]+) \. (\d+)/g)].map(
    ([, address, port]) => `${address} port ${port}`,
  );
  if (endpoints.length > 0) {
    const list = endpoints.join(', ');
    return endpoints.length === 1
      ? `Each connection gets the destination ${list}.`
      : `Each connection gets one of ${endpoints.length} destinations at random: ${list}.`;
  }
  for (const [pattern, words] of EXPRESSIONS) {
    const found = pattern.exec(expression);
    if (found) return `${words(found)}.`;
  }
  return `${expression}.`;
}

const MARKED = "are marked, to leave with the node's address";

const EXPRESSIONS: readonly [pattern: RegExp, words: (found: RegExpExecArray) => string][] = [
  [
    /@hairpin-connections masquerade/,
    () =>
      "Packets of an endpoint to itself leave with the node's address, so that the answer comes back here",
  ],
  [
    /\bmasquerade\b/,
    () =>
      "Marked packets lose the mark and leave with the node's address, so that the answer comes back here",
  ],
  [/\bdnat to (\S+)$/, ([, to]) => `Packets get the destination ${to}`],
  [/^update @\S+ \{ .* \}$/, () => 'The client is noted, so that it comes here again'],
  [/saddr @(\S+) goto (\S+)$/, ([, , to]) => `Packets of a client noted before go to ${to}`],
  [/saddr != \{ (.*) \} drop$/, ([, from]) => `Packets that are not from ${from} are dropped`],
  [/saddr != (\S+) drop$/, ([, from]) => `Packets that are not from ${from} are dropped`],
  [/^fib saddr type local (goto|jump) (\S+)$/, ([, , to]) => `Packets of the node itself go on in ${to}`],
  [/^fib saddr type local .*mark set/, () => `Packets of the node itself ${MARKED}`],
  [/^meta mark set/, () => `All packets that come here ${MARKED}`],
  [/^(.+) meta mark set/, ([, which]) => `Packets with ${which} ${MARKED}`],
  [/\bvmap @(\S+)$/, ([, map]) => `Packets are looked up in the map ${map}`],
  [/\bvmap \{ (.*) \}$/, () => 'Each connection goes to one of the endpoints at random'],
  [/^(goto|jump) (\S+)$/, ([, , to]) => `All packets that come here go on in ${to}`],
  [/^(.+) (goto|jump) (\S+)$/, ([, which, , to]) => `Packets with ${which} go on in ${to}`],
  [
    /^(?:(.+) )?(reject|drop)$/,
    ([, which, verb]) =>
      `Packets ${which ? `with ${which} ` : ''}are ${verb === 'drop' ? 'dropped' : 'refused'}`,
  ],
];

export function elementWords(set: string, { key, value }: NftablesElement): string {
  const where =
    key.length === 3 ? `to ${key[0]}, ${key[1]?.toUpperCase()} port ${key[2]},` : `with ${key.join(', ')}`;
  if (set === 'hairpin-connections') return `The endpoint ${key[0]}, port ${key[3]}, may be sent to itself.`;
  if (value === undefined) return `${key.join(', ')} is in the set ${set}.`;
  const [, chain] = /^(?:goto|jump) (\S+)$/.exec(value) ?? [];
  if (chain === 'reject-chain') return `Packets ${where} are refused: there is no endpoint.`;
  return chain === undefined ? `Packets ${where} are dropped.` : `Packets ${where} go on in ${chain}.`;
}
