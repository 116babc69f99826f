/**
 * Prints iptables rulesets in the syntax that iptables-save writes and iptables-restore reads.
 *
 * Rules come out letter for letter as iptables-save (1.8, nf_tables) prints them, so that a printed rule and
 * the same rule read back from the kernel are equal strings.
 */
import type {
  IptablesChain,
  IptablesMatch,
  IptablesRule,
  IptablesRuleset,
  IptablesTable,
  IptablesTarget,
} from './model.ts';
import { inPieces, joined } from './text-pieces.ts';

/**
 * A complete input for `iptables-restore` (`ip6tables-restore` for IPv6): loads as it stands into a node that
 * has none of these chains. Built-in chains are not declared, so that their policies stay as they are.
 */
export function printIptablesRestore(ruleset: IptablesRuleset): string {
  return joined(iptablesRestorePieces(ruleset));
}

/** The same, piece by piece. */
export function iptablesRestorePieces({ tables }: IptablesRuleset): Iterable<string> {
  return inPieces(restoreLines(tables));
}

function* restoreLines(tables: readonly IptablesTable[]): Generator<string> {
  for (const { name, chains } of tables) {
    const declared = chains.filter(({ policy }) => policy === undefined);
    yield* tableLines({ name, declared, chains });
  }
}

/** The ruleset as `iptables-save` prints it: built-in chains in hook order, user chains by name. */
export function printIptablesSave(ruleset: IptablesRuleset): string {
  return joined(iptablesSavePieces(ruleset));
}

/** The same, piece by piece. */
export function iptablesSavePieces({ tables }: IptablesRuleset): Iterable<string> {
  return inPieces(saveLines(tables));
}

function* saveLines(tables: readonly IptablesTable[]): Generator<string> {
  for (const table of tables) {
    const chains = chainsAsSaved(table);
    yield* tableLines({ name: table.name, declared: chains, chains });
  }
}

function* tableLines({
  name,
  declared,
  chains,
}: {
  name: string;
  declared: readonly IptablesChain[];
  chains: readonly IptablesChain[];
}): Generator<string> {
  yield `*${name}`;
  for (const chain of declared) yield chainLine(chain);
  for (const chain of chains) {
    for (const rule of chain.rules) yield printRule(chain.name, rule);
  }
  yield 'COMMIT';
}

/** `-A CHAIN matches -j target`. */
export function printRule(chain: string, rule: IptablesRule): string {
  const body = printRuleBody(rule);
  return body === '' ? `-A ${chain}` : `-A ${chain} ${body}`;
}

/** The rule without `-A CHAIN`; what two equal rules have in common. */
export function printRuleBody(rule: IptablesRule): string {
  let text = '';
  for (const match of rule.matches) text = text === '' ? printMatch(match) : `${text} ${printMatch(match)}`;
  if (rule.target === undefined) return text;
  return text === '' ? printTarget(rule.target) : `${text} ${printTarget(rule.target)}`;
}

/** The built-in chains of each table, in the order packets meet them and iptables-save prints them. */
export const BUILT_IN_CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

function chainsAsSaved(table: IptablesTable): IptablesChain[] {
  const known = new Map(table.chains.map((chain) => [chain.name, chain]));
  const builtIn = BUILT_IN_CHAINS[table.name] ?? [];
  const user = table.chains.filter((chain) => !builtIn.includes(chain.name));
  user.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...builtIn.map((name) => known.get(name) ?? { name, policy: 'ACCEPT', rules: [] }), ...user];
}

function chainLine(chain: IptablesChain): string {
  const { packets, bytes } = chain.counters ?? { packets: 0, bytes: 0 };
  return `:${chain.name} ${chain.policy ?? '-'} [${packets}:${bytes}]`;
}

function printMatch(match: IptablesMatch): string {
  const not = 'negated' in match && match.negated ? '! ' : '';
  switch (match.kind) {
    case 'source':
      return `${not}-s ${match.cidr}`;
    case 'destination':
      return `${not}-d ${match.cidr}`;
    case 'in-interface':
      return `${not}-i ${match.name}`;
    case 'out-interface':
      return `${not}-o ${match.name}`;
    case 'protocol':
      return `${not}-p ${match.protocol}`;
    case 'comment':
      return `-m comment --comment ${quote(match.text)}`;
    case 'transport':
      return match.destinationPort === undefined
        ? `-m ${match.protocol}`
        : `-m ${match.protocol} --dport ${match.destinationPort}`;
    case 'mark':
      return `-m mark ${not}--mark ${markAndMask(match)}`;
    case 'state':
      return `-m state ${not}--state ${match.states.join(',')}`;
    case 'conntrack':
      return `-m conntrack ${not}--ctstate ${match.states.join(',')}`;
    case 'addrtype':
      return `-m addrtype ${not}--${match.side === 'source' ? 'src' : 'dst'}-type ${match.type}`;
    case 'statistic':
      return `-m statistic --mode random --probability ${match.probability}`;
    case 'recent':
      return printRecent(match);
    case 'nfacct':
      // Two blanks: iptables-save prints it so.
      return `-m nfacct --nfacct-name  ${match.counter}`;
    case 'physdev-is-in':
      return `-m physdev ${not}--physdev-is-in`;
    case 'other':
      return match.text;
  }
}

function printRecent(match: IptablesMatch & { kind: 'recent' }): string {
  const seconds = match.seconds === undefined ? '' : ` --seconds ${match.seconds}`;
  const reap = match.reap ? ' --reap' : '';
  return `-m recent --${match.action}${seconds}${reap} --name ${match.list} --mask ${match.mask} --rsource`;
}

function printTarget(target: IptablesTarget): string {
  switch (target.kind) {
    case 'accept':
      return '-j ACCEPT';
    case 'drop':
      return '-j DROP';
    case 'return':
      return '-j RETURN';
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'mark':
      return `-j MARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`;
    case 'masquerade':
      return target.randomFully ? '-j MASQUERADE --random-fully' : '-j MASQUERADE';
    case 'dnat':
      return `-j DNAT --to-destination ${target.destination}`;
    case 'redirect':
      return `-j REDIRECT --to-ports ${target.port}`;
    case 'reject':
      return `-j REJECT --reject-with ${target.with}`;
    case 'other':
      return target.text;
  }
}

/** iptables-save leaves the mask out when it covers the whole mark. */
function markAndMask({ value, mask }: { value: number; mask: number }): string {
  return mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Quotes as libxtables does: only words of letters, digits, `_` and `-` stay bare. */
function quote(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}
