/** Rules and elements of nftables as the interface shows them. */
import type { ChainName, RuleText, ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import type {
  NftablesElement,
  NftablesMap,
  NftablesRule,
  NftablesRuleset,
  NftablesSet,
} from '../../../app/ruleset/model.ts';
import { elementText, type KnownRule, type KnownRules } from './known-rules.ts';
import { ruleFacts } from './rule-facts.ts';

/** kube-proxy's own table; whatever is in it is its business. */
const OUR_TABLE = 'kube-proxy';

export function shownNftables(
  { family, tables }: NftablesRuleset,
  known: KnownRules | undefined,
): ShownChain[] {
  return tables.flatMap(({ name: table, chains, sets, maps }) => {
    const ours = table === OUR_TABLE;
    return [
      ...chains.map(({ name: chain, comment, base, rules }): ShownChain => {
        const name = { family, table, chain };
        return {
          ...name,
          kind: 'chain',
          ...(comment ? { comment } : {}),
          ...(base ? { base: shownBase(base) } : {}),
          ours,
          rules: rules.map((rule) => shownRule(name, rule, known)),
        };
      }),
      ...[...sets, ...maps].map((set) => shownSet({ family, table, chain: set.name }, set, known)),
    ];
  });
}

function shownBase({
  hook,
  priority,
  policy,
}: NonNullable<NftablesRuleset['tables'][number]['chains'][number]['base']>): ShownChain['base'] {
  return { hook, priority, ...(policy ? { policy } : {}) };
}

function shownSet(
  name: ChainName,
  set: NftablesSet | NftablesMap,
  known: KnownRules | undefined,
): ShownChain {
  return {
    ...name,
    kind: 'valueType' in set ? 'map' : 'set',
    ...(set.comment ? { comment: set.comment } : {}),
    ours: name.table === OUR_TABLE,
    // The kernel lists a hash table's elements in an order of its own, another after each change.
    rules: set.elements.map((element) => shownElement(name, element, known)).sort(byText),
  };
}

function byText(left: ShownRule, right: ShownRule): number {
  return left.text < right.text ? -1 : left.text > right.text ? 1 : 0;
}

/** Of a rule that counts, `counter packets 3 bytes 180` is what the kernel adds to it. */
const COUNTER = /\bcounter packets (\d+) bytes (\d+)/;

function counters(text: string): Pick<ShownRule, 'packets' | 'bytes'> {
  const [, packets, bytes] = COUNTER.exec(text) ?? [];
  return packets === undefined ? {} : { packets: Number(packets), bytes: Number(bytes) };
}

function shownRule(chain: ChainName, rule: NftablesRule, known: KnownRules | undefined): ShownRule {
  const expression = rule.expression.replace(COUNTER, 'counter');
  return {
    text: expression,
    ...(rule.comment ? { comment: rule.comment } : {}),
    ...nftablesVerdict(expression),
    ...ruleFacts(known ? (known.nftablesRule(chain, { ...rule, expression }) ?? itsService(rule)) : rule),
    ...counters(rule.expression),
  };
}

/** What the names of chains tell of rules that another kube-proxy wrote. */
function itsService({ service }: NftablesRule | NftablesElement): Partial<KnownRule> {
  return service ? { service } : {};
}

function shownElement(set: ChainName, element: NftablesElement, known: KnownRules | undefined): ShownRule {
  return {
    text: elementText(element),
    ...(element.comment ? { comment: element.comment } : {}),
    ...nftablesVerdict(element.value ?? ''),
    ...ruleFacts(known ? (known.nftablesElement(set, element) ?? itsService(element)) : element),
    ...counters(element.other ?? ''),
  };
}

/** A jump inside a verdict map's reference (`vmap @service-ips`) leads to the map. */
function nftablesVerdict(expression: string): Pick<RuleText, 'verdict' | 'jump'> {
  const [, way, chain] = /\b(jump|goto) (\S+)\s*$/.exec(expression) ?? [];
  if (way && chain) return { verdict: way, jump: chain };
  const [, map] = /\bvmap @(\S+)/.exec(expression) ?? [];
  if (map) return { verdict: 'vmap', jump: map };
  const [word] = /\b(dnat|masquerade|redirect|reject|accept|drop|return)\b/.exec(expression) ?? [];
  return { verdict: word ?? (/\bmeta mark set\b|\bmark set\b/.test(expression) ? 'mark' : '') };
}
