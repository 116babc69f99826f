/**
 * What differs between a node's iptables rules and the wanted ones, in terms of Services and endpoints.
 *
 * What does not matter is passed over: foreign chains and rules, counters, the order of chains that all Services
 * share, and in userspace mode the numbers of the ports that the proxy listens on, which it chooses at random.
 */
import { type ChainDifference, diffIptables, serviceOfRule } from '../ruleset/diff.ts';
import { printRuleBody } from '../ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from '../ruleset/model.ts';
import { formatOrigin } from '../ruleset/origin.ts';
import { isOurJump } from '../ruleset/ownership.ts';
import { isEarlierChain, isEarlierRule } from './earlier-versions.ts';
import { type ChainPurpose, type Finding, type FindingMatter, type FoundRule, inOrder } from './finding.ts';
import { withoutProxyPorts } from './proxy-ports.ts';
import { ServiceOfChain } from './service-of-chain.ts';

export function verifyIptables(present: IptablesRuleset, wanted: IptablesRuleset): Finding[] {
  const differences = diffIptables(withoutProxyPorts(present), withoutProxyPorts(wanted));
  const services = new ServiceOfChain([present, wanted]);
  const reader = new DifferenceReader(differences, services, withoutProxyPorts(wanted));
  return inOrder(differences.flatMap((difference) => reader.read(difference)));
}

const ENDPOINT_CHAIN = /^KUBE-SEP-/;
const SERVICE_CHAIN = /^KUBE-(?:SVC|SVL|XLB|FW|EXT)-/;

class DifferenceReader {
  readonly #services: ServiceOfChain;
  readonly #family: IptablesRuleset['family'];
  readonly #wanted: Map<string, readonly IptablesRule[]>;
  /** Whole chains that are missing or unwanted: rules that lead to them go without saying. */
  readonly #whole: Map<string, ChainDifference>;

  constructor(differences: readonly ChainDifference[], services: ServiceOfChain, wanted: IptablesRuleset) {
    this.#services = services;
    this.#family = wanted.family;
    this.#wanted = new Map(
      wanted.tables.flatMap(({ name, chains }) =>
        chains.map((chain) => [`${name} ${chain.name}`, chain.rules] as const),
      ),
    );
    this.#whole = new Map(
      differences
        .filter(({ kind }) => kind !== 'different')
        .map((each) => [`${each.table} ${each.chain}`, each]),
    );
  }

  read(difference: ChainDifference): Finding[] {
    const { chain, kind } = difference;
    if (kind === 'different') return this.#changedChain(difference);
    const family = this.#family;
    const isMissing = kind === 'missing';
    const rules = foundRules(difference);
    const service = this.#services.find(chain);
    const named = service === undefined ? {} : { service };
    const found = { kind: isMissing ? 'missing' : 'stale', family, ...named, rules } as const;
    if (ENDPOINT_CHAIN.test(chain)) {
      const endpoint = destination(isMissing ? difference.missing : difference.unwanted) ?? chain;
      const code = isMissing ? 'missing-endpoint' : 'stale-endpoint';
      return [{ ...found, code, parameters: { endpoint } }];
    }
    const parameters = { chain, ...(SERVICE_CHAIN.test(chain) ? { purpose: purpose(chain) } : {}) };
    const earlier = !isMissing && isEarlierChain(chain) ? ({ earlier: true } as const) : {};
    return [{ ...found, code: isMissing ? 'missing-chain' : 'stale-chain', parameters, ...earlier }];
  }

  #changedChain(difference: ChainDifference): Finding[] {
    const { table, chain, reordered } = difference;
    const family = this.#family;
    const unwanted = [...difference.unwanted];
    const findings: Finding[] = [];
    const consequences = this.#endpointsChange(difference);
    for (const rule of difference.missing) {
      const was = takeCounterpart(unwanted, rule) ?? takeLone(unwanted, difference.missing);
      if (was !== undefined && consequences && isShareOf(was, rule)) continue;
      if (was === undefined && this.#leadsToWhole(table, rule)) continue;
      findings.push({
        kind: was ? 'changed' : 'missing',
        family,
        ...this.#serviceOf(chain, rule),
        ...(was ? changeOf(chain, was, rule) : aboutRule('missing', chain, rule)),
        rules: [
          ...(was ? [foundRule({ table, chain }, 'present', was)] : []),
          foundRule({ table, chain }, 'wanted', rule),
        ],
      });
    }
    for (const rule of unwanted) {
      if (this.#leadsToWhole(table, rule)) continue;
      const service = this.#serviceOf(chain, rule);
      const isTwice = this.#isWanted(table, chain, rule);
      const isEarlier = isEarlierRule(chain, rule);
      const isKubeProxys = isTwice || isEarlier || isOurJump(rule) || serviceOfRule(rule).length > 0;
      const rules = [foundRule({ table, chain }, 'present', rule)];
      if (!isKubeProxys) {
        findings.push({ kind: 'foreign', family, code: 'foreign-rule', parameters: { chain }, rules });
        continue;
      }
      findings.push({
        kind: 'stale',
        family,
        ...service,
        ...(isTwice
          ? ({ code: 'doubled-rule', parameters: { chain } } as const)
          : aboutRule('stale', chain, rule)),
        ...(isEarlier ? { earlier: true } : {}),
        rules,
      });
    }
    if (reordered) {
      const service = this.#services.find(chain);
      findings.push({
        kind: 'reordered',
        family,
        ...(service ? { service } : {}),
        code: 'reordered-rules',
        parameters: { table, chain },
        rules: [],
      });
    }
    return findings;
  }

  #isWanted(table: string, chain: string, rule: IptablesRule): boolean {
    const body = printRuleBody(rule);
    return (this.#wanted.get(`${table} ${chain}`) ?? []).some((other) => printRuleBody(other) === body);
  }

  /** Whether endpoints of this chain come or go, so that the others' shares change with them. */
  #endpointsChange({ table, missing, unwanted }: ChainDifference): boolean {
    return [...missing, ...unwanted].some((rule) => this.#leadsToWhole(table, rule));
  }

  #leadsToWhole(table: string, { target }: IptablesRule): boolean {
    return (
      (target?.kind === 'jump' || target?.kind === 'goto') && this.#whole.has(`${table} ${target.chain}`)
    );
  }

  #serviceOf(chain: string, rule: IptablesRule): { service?: string } {
    const service = serviceOfRule(rule)[0] ?? this.#services.find(chain);
    return service === undefined ? {} : { service };
  }
}

function purpose(chain: string): ChainPurpose {
  if (chain.startsWith('KUBE-FW-')) return 'source-ranges';
  if (/^KUBE-(?:EXT|XLB)-/.test(chain)) return 'external';
  return 'endpoints';
}

function foundRules(difference: ChainDifference): FoundRule[] {
  return [
    ...difference.unwanted.map((rule) => foundRule(difference, 'present', rule)),
    ...difference.missing.map((rule) => foundRule(difference, 'wanted', rule)),
  ];
}

function foundRule(
  { table, chain }: { table: string; chain: string },
  side: FoundRule['side'],
  rule: IptablesRule,
): FoundRule {
  const because = side === 'wanted' ? { because: formatOrigin(rule.origin) } : {};
  return { table, chain, side, text: printRuleBody(rule), ...because };
}

function destination(rules: readonly IptablesRule[]): string | undefined {
  for (const { target } of rules) if (target?.kind === 'dnat') return target.destination;
  return undefined;
}

/** A rule is known by where it leads, where it leads to a chain. */
function aboutRule(kind: 'missing' | 'stale', chain: string, { target }: IptablesRule): FindingMatter {
  if (target?.kind !== 'jump' && target?.kind !== 'goto')
    return { code: `${kind}-rule`, parameters: { chain } };
  return { code: `${kind}-jump`, parameters: { chain, to: target.chain } };
}

/** What became of a rule: another comment changes nothing for packets. */
function changeOf(chain: string, was: IptablesRule, wanted: IptablesRule): FindingMatter {
  const parameters = { chain };
  if (isSameButForComment(was, wanted)) return { code: 'commented-rule', parameters };
  return { code: isEarlierRule(chain, was) ? 'earlier-rule' : 'changed-rule', parameters };
}

/** The rule that was this one before somebody changed it: another comment, same comment and target, or same matches. */
function takeCounterpart(rules: IptablesRule[], wanted: IptablesRule): IptablesRule | undefined {
  const only = rules.findIndex((rule) => isSameButForComment(rule, wanted));
  const index = only >= 0 ? only : rules.findIndex((rule) => isCounterpart(rule, wanted));
  return index < 0 ? undefined : rules.splice(index, 1)[0];
}

/** In a chain where one rule is missing and another is too many, of the same kind of target, the one was the other. */
function takeLone(rules: IptablesRule[], missing: readonly IptablesRule[]): IptablesRule | undefined {
  const [rule, ...others] = rules;
  if (others.length > 0 || missing.length !== 1 || rule?.target?.kind !== missing[0]?.target?.kind)
    return undefined;
  return rules.shift();
}

function isCounterpart(rule: IptablesRule, wanted: IptablesRule): boolean {
  const body = (part: Partial<IptablesRule>): string =>
    printRuleBody({ matches: [], origin: wanted.origin, ...part });
  const sameMatches = body({ matches: rule.matches }) === body({ matches: wanted.matches });
  const sameTarget =
    rule.target !== undefined &&
    wanted.target !== undefined &&
    body({ target: rule.target }) === body({ target: wanted.target });
  return (sameMatches && wanted.matches.length > 0) || (sameTarget && comment(rule) === comment(wanted));
}

function comment(rule: IptablesRule): string | undefined {
  return rule.matches.find((match) => match.kind === 'comment')?.text;
}

/** Whether two rules differ in nothing but their share of the connections. */
function isShareOf(rule: IptablesRule, wanted: IptablesRule): boolean {
  return bodyWithout('statistic', rule) === bodyWithout('statistic', wanted);
}

/** A rule without a match or a target beside its comment has nothing else to be known by. */
function isSameButForComment(rule: IptablesRule, wanted: IptablesRule): boolean {
  const body = bodyWithout('comment', wanted);
  return body !== '' && bodyWithout('comment', rule) === body;
}

function bodyWithout(kind: 'comment' | 'statistic', rule: IptablesRule): string {
  return printRuleBody({ ...rule, matches: rule.matches.filter((match) => match.kind !== kind) });
}
