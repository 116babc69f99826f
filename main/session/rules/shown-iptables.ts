/** Rules of iptables as the interface shows them. */
import type { ChainName, RuleText, ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import { serviceOfRule } from '../../../app/ruleset/diff.ts';
import { BUILT_IN_CHAINS, printRuleBody } from '../../../app/ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset, IptablesTarget } from '../../../app/ruleset/model.ts';
import { isOurChain, isOurJump } from '../../../app/ruleset/ownership.ts';
import type { KnownRule, KnownRules } from './known-rules.ts';
import { ruleFacts } from './rule-facts.ts';

export function shownIptables(
  { family, tables }: IptablesRuleset,
  known: KnownRules | undefined,
): ShownChain[] {
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
  if (!known) return { ...iptablesRuleText(rule, rule), ...rule.counters };
  const facts = known.iptablesRule(name, rule);
  // Another kube-proxy's, then, which writes the Service into most comments.
  const [service] = facts || !isOurChain(name.chain) ? [] : serviceOfRule(rule);
  return {
    ...iptablesRuleText(rule, facts),
    ...(service === undefined ? {} : { service }),
    ...rule.counters,
  };
}

/** A rule without its comment, which stands beside it. */
function iptablesRuleText(rule: IptablesRule, facts: KnownRule | undefined): RuleText {
  const comment = rule.matches.find((match) => match.kind === 'comment');
  const matches = comment ? rule.matches.filter((match) => match !== comment) : rule.matches;
  const { target } = rule;
  const jump = target && (target.kind === 'jump' || target.kind === 'goto') ? target.chain : undefined;
  return {
    text: printRuleBody({ ...rule, matches }),
    ...(comment ? { comment: comment.text } : {}),
    ...(jump === undefined ? {} : { jump }),
    verdict: iptablesVerdict(target),
    ...ruleFacts(facts),
  };
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
