/** Rules of a node as the interface shows them: a line each, with the Service and field they come from. */
import type { ChainName, RuleText, ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import { BUILT_IN_CHAINS, printRuleBody } from '../../../app/ruleset/iptables-print.ts';
import type {
  IptablesRule,
  IptablesRuleset,
  IptablesTarget,
  NftablesElement,
  NftablesRule,
  NftablesRuleset,
  Ruleset,
  ServicePortName,
} from '../../../app/ruleset/model.ts';
import type { Origin } from '../../../app/ruleset/origin.ts';
import { isOurChain, isOurJump } from '../../../app/ruleset/ownership.ts';

/** What the engine knows of a rule it wrote, beyond what the node tells. */
interface Known {
  origin: Origin;
  service?: ServicePortName;
}

/** The rules written, by chain and text: a rule read from the node is one of these, or not ours. */
export class KnownRules {
  readonly #known = new Map<string, Known>();

  constructor(rulesets: readonly Ruleset[]) {
    for (const ruleset of rulesets) {
      if (ruleset.kind === 'iptables') this.#addIptables(ruleset);
    }
  }

  find(name: ChainName, body: string): Known | undefined {
    return this.#known.get(keyOf(name, body));
  }

  #addIptables({ family, tables }: IptablesRuleset): void {
    for (const { name: table, chains } of tables) {
      for (const chain of chains) {
        const name = { family, table, chain: chain.name };
        for (const rule of chain.rules) this.#known.set(keyOf(name, printRuleBody(rule)), rule);
      }
    }
  }
}

function keyOf({ family, table, chain }: ChainName, body: string): string {
  return `${family} ${table} ${chain} ${body}`;
}

/** The chains of a ruleset in the order their tool lists them. */
export function shownChains(ruleset: Ruleset, known?: KnownRules): ShownChain[] {
  return ruleset.kind === 'iptables' ? iptablesChains(ruleset, known) : nftablesChains(ruleset);
}

function iptablesChains({ family, tables }: IptablesRuleset, known: KnownRules | undefined): ShownChain[] {
  return tables.flatMap(({ name: table, chains }) => {
    const builtIn = BUILT_IN_CHAINS[table] ?? [];
    return chains.map((chain): ShownChain => {
      const name = { family, table, chain: chain.name };
      const hooked = builtIn.includes(chain.name);
      return {
        ...name,
        kind: 'chain',
        ...(hooked ? { base: { hook: chain.name, ...(chain.policy ? { policy: chain.policy } : {}) } } : {}),
        ours: isOurChain(chain.name) || (hooked && chain.rules.some(isOurJump)),
        rules: chain.rules.map((rule) => shownIptablesRule(name, rule, known)),
      };
    });
  });
}

function shownIptablesRule(name: ChainName, rule: IptablesRule, known: KnownRules | undefined): ShownRule {
  const facts = known ? known.find(name, printRuleBody(rule)) : rule;
  return { ...iptablesRuleText(rule, facts), ...rule.counters };
}

/** A rule without its comment, which stands beside it. */
export function iptablesRuleText(rule: IptablesRule, facts: Known | undefined = rule): RuleText {
  const comment = rule.matches.find((match) => match.kind === 'comment');
  const matches = comment ? rule.matches.filter((match) => match !== comment) : rule.matches;
  const { target } = rule;
  const jump = target && (target.kind === 'jump' || target.kind === 'goto') ? target.chain : undefined;
  return {
    text: printRuleBody({ ...rule, matches }),
    ...(comment ? { comment: comment.text } : {}),
    ...(jump === undefined ? {} : { jump }),
    verdict: iptablesVerdict(target),
    ...knownFacts(facts),
  };
}

function knownFacts(facts: Known | undefined): Pick<RuleText, 'origin' | 'service' | 'servicePort'> {
  if (!facts) return {};
  const { origin, service } = facts;
  return {
    origin,
    ...(service
      ? { service: `${service.namespace}/${service.name}`, servicePort: servicePortText(service) }
      : {}),
  };
}

/** `default/web:http/TCP` */
export function servicePortText({ namespace, name, port, protocol }: ServicePortName): string {
  return `${namespace}/${name}:${port}/${protocol}`;
}

const VERDICTS: Readonly<Record<Exclude<IptablesTarget['kind'], 'other'>, string>> = {
  accept: 'ACCEPT',
  drop: 'DROP',
  return: 'RETURN',
  jump: 'jump',
  goto: 'goto',
  mark: 'MARK',
  masquerade: 'MASQUERADE',
  dnat: 'DNAT',
  redirect: 'REDIRECT',
  reject: 'REJECT',
};

function iptablesVerdict(target: IptablesTarget | undefined): string {
  if (!target) return '';
  if (target.kind !== 'other') return VERDICTS[target.kind];
  return /^-[jg] (\S+)/.exec(target.text)?.[1] ?? '';
}

function nftablesChains({ family, tables }: NftablesRuleset): ShownChain[] {
  return tables.flatMap(({ name: table, chains, sets, maps }) => [
    ...chains.map(
      ({ name: chain, comment, base, rules }): ShownChain => ({
        family,
        table,
        chain,
        kind: 'chain',
        ...(comment ? { comment } : {}),
        ...(base
          ? {
              base: {
                hook: base.hook,
                priority: base.priority,
                ...(base.policy ? { policy: base.policy } : {}),
              },
            }
          : {}),
        ours: table === 'kube-proxy',
        rules: rules.map(nftablesRuleText),
      }),
    ),
    ...[...sets, ...maps].map(
      (set): ShownChain => ({
        family,
        table,
        chain: set.name,
        kind: 'valueType' in set ? 'map' : 'set',
        ...(set.comment ? { comment: set.comment } : {}),
        ours: table === 'kube-proxy',
        rules: set.elements.map(nftablesElementText),
      }),
    ),
  ]);
}

function nftablesRuleText(rule: NftablesRule): RuleText {
  return {
    text: rule.expression,
    ...(rule.comment ? { comment: rule.comment } : {}),
    ...nftablesVerdict(rule.expression),
    ...knownFacts(rule),
  };
}

function nftablesElementText(element: NftablesElement): RuleText {
  const key = element.key.join(' . ');
  return {
    text: element.value === undefined ? key : `${key} : ${element.value}`,
    ...(element.comment ? { comment: element.comment } : {}),
    ...nftablesVerdict(element.value ?? ''),
    ...knownFacts(element),
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
