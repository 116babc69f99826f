/** Walks the table's rules with a packet from outside, every branch that chance could take: for tests. */
import type { NftablesRule, NftablesTable, Ruleset } from '../../ruleset/model.ts';
import { blockContains, hostBlock, parseCidr } from '../ip-address.ts';
import { type Answer, allOf, type Packet } from '../packet-under-test.ts';

/** What a rule does with a packet that it is for. */
type Effect =
  | { readonly kind: 'none' | 'drop' | 'reject' | 'accept' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'dnat'; readonly destination: string };

const NONE: Effect = { kind: 'none' };

interface Walked {
  readonly found: Set<string>;
  /** Certainly dropped or refused. */
  readonly ended: boolean;
}

/** All destinations that a packet may be sent on to; none when it is left alone, or dropped before. */
export function nftablesDestinations(ruleset: Ruleset, packet: Packet): string[] {
  const table = ruleset.kind === 'nftables' ? ruleset.tables[0] : undefined;
  if (table === undefined) throw new Error('expected an nftables ruleset');
  if (walk(table, 'filter-prerouting-pre-dnat', packet).ended) return [];
  return [...walk(table, 'nat-prerouting', packet).found].sort();
}

function walk(table: NftablesTable, base: string, packet: Packet): Walked {
  const found = new Set<string>();
  /** Whether the packet may come back from the chain. */
  const through = (name: string): boolean => {
    const chain = table.chains.find((candidate) => candidate.name === name);
    if (chain === undefined) throw new Error(`no chain ${name}`);
    let mayReturn = false;
    for (const rule of chain.rules) {
      const { answer, effects } = ask(rule, { table, packet });
      if (answer === false) continue;
      const ends = effects.map((effect) => follow(effect));
      if (ends.includes('chain')) mayReturn = true;
      if (answer === true && !ends.includes('nothing')) return mayReturn;
    }
    return true;
  };
  /** What is over for the packet after an effect: nothing, the chain, or everything. */
  const follow = (effect: Effect): 'nothing' | 'chain' | 'everything' => {
    switch (effect.kind) {
      case 'none':
        return 'nothing';
      case 'return':
        return 'chain';
      case 'jump':
        return through(effect.chain) ? 'nothing' : 'everything';
      case 'goto':
        return through(effect.chain) ? 'chain' : 'everything';
      case 'dnat':
        found.add(effect.destination);
        return 'everything';
      default:
        return 'everything';
    }
  };
  return { found, ended: !through(base) && found.size === 0 };
}

/** The questions of a rule, each at the beginning of what is left of it. */
function ask(
  { expression }: NftablesRule,
  { table, packet }: { table: NftablesTable; packet: Packet },
): { answer: Answer; effects: Effect[] } {
  const answers: Answer[] = [];
  let left = expression;
  while (left !== '') {
    const match = QUESTIONS.find(({ pattern }) => pattern.test(left));
    const words = match?.pattern.exec(left);
    if (!match || !words) {
      // From here on the rule says what becomes of the packet; one that it is not for need not be asked.
      const answer = allOf(answers);
      return { answer, effects: answer === false ? [] : effectsOf(left, { table, packet }) };
    }
    answers.push(match.answer(words, { table, packet }));
    left = left.slice(words[0].length).trimStart();
  }
  return { answer: allOf(answers), effects: [NONE] };
}

interface Question {
  readonly pattern: RegExp;
  readonly answer: (words: RegExpExecArray, given: { table: NftablesTable; packet: Packet }) => Answer;
}

const QUESTIONS: readonly Question[] = [
  { pattern: /^ct state new/, answer: () => true },
  {
    pattern: /^ip6? ([sd])addr (!= )?(@\S+|\{[^}]*\}|[0-9a-f:][0-9a-f.:/]*)/,
    answer: ([, side, not, set = ''], { table, packet }) => {
      const answer = isIn(side === 's' ? packet.source : packet.destination, set, table);
      return answer === undefined ? undefined : answer !== (not !== undefined);
    },
  },
  {
    pattern: /^fib ([sd])addr type local/,
    answer: ([, side], { packet }) => (side === 's' ? packet.fromNode : packet.toNode),
  },
  // Packets here come in from outside, over eth0.
  { pattern: /^iifname (!= )?"(?:[^"]+)"/, answer: ([, not]) => not !== undefined },
  {
    pattern: /^meta l4proto (tcp|udp|sctp)/,
    answer: ([, protocol], { packet }) => protocol === packet.protocol,
  },
  { pattern: /^meta mark set meta mark \| 0x[0-9a-f]+/, answer: () => true },
  { pattern: /^update @\S+ \{ ip6? saddr \}/, answer: () => true },
];

/** Perhaps, where rules fill the set. */
function isIn(address: string, set: string, table: NftablesTable): Answer {
  if (!set.startsWith('@')) {
    const blocks = set.replace(/^\{ | \}$/g, '').split(', ');
    return blocks.some((text) => {
      const block = parseCidr(text.includes('/') ? text : hostBlock(text));
      return block !== undefined && blockContains(block, address);
    });
  }
  const named = table.sets.find(({ name }) => name === set.slice(1));
  if (named === undefined) throw new Error(`no set ${set}`);
  return named.flags?.includes('dynamic') ? undefined : named.elements.some(({ key }) => key[0] === address);
}

function effectsOf(text: string, { table, packet }: { table: NftablesTable; packet: Packet }): Effect[] {
  const [, withAddress, map] = /^(ip6? daddr \. )?meta l4proto \. th dport vmap @(\S+)$/.exec(text) ?? [];
  if (map !== undefined) {
    const key = [...(withAddress ? [packet.destination] : []), packet.protocol, String(packet.port)];
    const found = table.maps.find(({ name }) => name === map);
    if (found === undefined) throw new Error(`no map ${map}`);
    const element = found.elements.find((candidate) => candidate.key.join() === key.join());
    return element === undefined ? [NONE] : effectsOf(element.value ?? '', { table, packet });
  }
  const [, chosen] = /^numgen random mod \d+ vmap \{ (.*) \}$/.exec(text) ?? [];
  if (chosen !== undefined) return valuesOf(chosen).flatMap((value) => effectsOf(value, { table, packet }));
  const [, destinations] = /^dnat ip6? to numgen random mod \d+ map \{ (.*) \}$/.exec(text) ?? [];
  if (destinations !== undefined) return valuesOf(destinations).map((value) => translation(value));
  const [, destination] = /^dnat to (\S+)$/.exec(text) ?? [];
  if (destination !== undefined) return [{ kind: 'dnat', destination }];
  const [, way, chain] = /^(jump|goto) (\S+)$/.exec(text) ?? [];
  if (chain !== undefined) return [{ kind: way === 'jump' ? 'jump' : 'goto', chain }];
  if (text === 'drop' || text === 'reject' || text === 'accept' || text === 'return') return [{ kind: text }];
  throw new Error(`the walk does not know "${text}"`);
}

/** `0 : A, 1 : B` has the values A and B, each as often as the other. */
function valuesOf(elements: string): string[] {
  return elements.split(', ').map((element, index) => {
    const prefix = `${index} : `;
    if (!element.startsWith(prefix)) throw new Error(`"${element}" is not number ${index}`);
    return element.slice(prefix.length);
  });
}

/** `10.244.0.1 . 8080`. */
function translation(value: string): Effect {
  const [address = '', port = ''] = value.split(' . ');
  return { kind: 'dnat', destination: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}` };
}
