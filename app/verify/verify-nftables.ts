/**
 * What differs between a node's kube-proxy table and the wanted one, in terms of Services and endpoints.
 *
 * What does not matter is passed over: other tables, the order of elements, comments of chains and tables (JSON
 * does not tell them), and the clients that sets for session affinity hold at the moment.
 */
import type { IPFamily } from '../kubernetes/objects.ts';
import { isDormant } from '../ruleset/dormant.ts';
import type {
  NftablesChain,
  NftablesElement,
  NftablesRule,
  NftablesRuleset,
  NftablesSet,
  NftablesTable,
  ServicePortName,
} from '../ruleset/model.ts';
import { canonicalRule } from '../ruleset/nft-canonical.ts';
import { printElement, printRuleText } from '../ruleset/nft-commands.ts';
import { serviceOfChain, serviceOfElement } from '../ruleset/nft-service-names.ts';
import { formatOrigin } from '../ruleset/origin.ts';
import {
  isEarlierNftablesChain,
  isEarlierNftablesRule,
  isKubeProxysNftablesRule,
} from './earlier-versions.ts';
import { type Finding, type FindingMatter, type FoundRule, inOrder } from './finding.ts';
import { destinationsOf, endpointChanges, WantedEndpoints } from './nftables-endpoints.ts';

export function verifyNftables(present: NftablesRuleset, wanted: NftablesRuleset): Finding[] {
  const findings = wanted.tables.flatMap((table) => {
    const found = present.tables.find(({ family, name }) => family === table.family && name === table.name);
    return verifyTable(wanted.family, found, table);
  });
  return inOrder(findings);
}

function verifyTable(family: IPFamily, present: NftablesTable | undefined, wanted: NftablesTable): Finding[] {
  const parameters = { table: `${wanted.family} ${wanted.name}` };
  if (present === undefined)
    return [{ kind: 'missing', family, code: 'missing-table', parameters, rules: [] }];
  const place = { family, table: wanted.name };
  const dormant: Finding = { kind: 'changed', family, code: 'dormant-table', parameters, rules: [] };
  return [
    ...(isDormant(present) ? [dormant] : []),
    ...verifyChains(place, present, wanted),
    ...verifySets(place, [...present.sets, ...present.maps], [...wanted.sets, ...wanted.maps]),
  ];
}

interface Place {
  readonly family: IPFamily;
  readonly table: string;
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

function named(service: ServicePortName | undefined): { service?: string } {
  return service === undefined ? {} : { service: `${service.namespace}/${service.name}` };
}

// --- Chains ---------------------------------------------------------------------------------------------------

function verifyChains(place: Place, present: NftablesTable, wanted: NftablesTable): Finding[] {
  const chains = byName(present.chains);
  const wantedChains = byName(wanted.chains);
  const findings: Finding[] = [];
  for (const chain of wanted.chains) {
    const found = chains.get(chain.name);
    const service = named(serviceOfChain(chain.name));
    if (found === undefined) {
      const rules = chain.rules.map((rule) => wantedRule(place, chain.name, rule));
      const about = { code: 'missing-chain', parameters: { chain: chain.name } } as const;
      findings.push({ kind: 'missing', family: place.family, ...service, ...about, rules });
      continue;
    }
    findings.push(...verifyHook(place, found, chain));
    findings.push(...verifyRules({ ...place, chain: chain.name }, found.rules, chain.rules));
  }
  const endpoints = new WantedEndpoints(wanted);
  for (const chain of present.chains) {
    if (wantedChains.has(chain.name)) continue;
    const service = serviceOfChain(chain.name);
    findings.push({
      kind: service || isEarlierNftablesChain(chain.name) ? 'stale' : 'foreign',
      family: place.family,
      ...named(service),
      ...unwantedChain(chain, endpoints),
      rules: chain.rules.map((rule) => presentRule(place, chain.name, rule)),
    });
  }
  return findings;
}

/** Each endpoint had a chain once: whether it should be there at all, the rules of its Service port's other chains tell. */
function unwantedChain(
  { name, rules }: NftablesChain,
  wanted: WantedEndpoints,
): FindingMatter & Pick<Finding, 'earlier'> {
  const service = serviceOfChain(name);
  const parameters = { chain: name };
  const isEarlier = isEarlierNftablesChain(name);
  if (!service && !isEarlier) return { code: 'foreign-chain', parameters };
  const [endpoint] = service && name.startsWith('endpoint-') ? destinationsOf(rules) : [];
  if (endpoint !== undefined && service && !wanted.has(service, endpoint)) {
    return { code: 'stale-endpoint', parameters: { endpoint } };
  }
  const version = isEarlier || endpoint !== undefined ? ({ earlier: true } as const) : {};
  return { code: 'stale-chain', parameters, ...version };
}

/** Where the kernel calls a chain, and what it does with what no rule decided. */
function verifyHook({ family, table }: Place, present: NftablesChain, wanted: NftablesChain): Finding[] {
  const found = (matter: FindingMatter): Finding => ({ kind: 'changed', family, ...matter, rules: [] });
  const place = { table, chain: wanted.name };
  const [is, was] = [present.base, wanted.base];
  if (is === undefined && was === undefined) return [];
  if (is === undefined) return [found({ code: 'unhooked-chain', parameters: place })];
  if (was === undefined) return [found({ code: 'hooked-chain', parameters: { ...place, hook: is.hook } })];
  const findings: Finding[] = [];
  if (is.type !== was.type || is.hook !== was.hook || is.priority !== was.priority) {
    const [priority, before] = [String(is.priority), String(was.priority)];
    findings.push(
      found({ code: 'moved-hook', parameters: { ...place, hook: is.hook, priority, wanted: before } }),
    );
  }
  const [policy, wantedPolicy] = [is.policy ?? 'accept', was.policy ?? 'accept'];
  if (policy !== wantedPolicy) {
    findings.push(found({ code: 'changed-policy', parameters: { ...place, policy, wanted: wantedPolicy } }));
  }
  return findings;
}

function verifyRules(
  place: Place & { chain: string },
  present: readonly NftablesRule[],
  wanted: readonly NftablesRule[],
): Finding[] {
  const { family, table, chain } = place;
  const missing = without(wanted, present);
  const unwanted = without(present, wanted);
  const service = serviceOfChain(chain);
  const findings: Finding[] = [];
  for (const rule of missing) {
    const found = unwanted.findIndex((other) => isCounterpart(other, rule));
    // One missing and one too many, in a chain that is otherwise right: the one was the other.
    const isLone = missing.length === 1 && unwanted.length === 1 && sharesAWord(unwanted[0], rule);
    const index = found < 0 && isLone ? 0 : found;
    const [was] = index < 0 ? [] : unwanted.splice(index, 1);
    const rules = [...(was ? [presentRule(place, chain, was)] : []), wantedRule(place, chain, rule)];
    const endpoints = was ? endpointChanges(was, rule) : [];
    for (const { kind, endpoint } of endpoints) {
      const about = { code: `${kind}-endpoint`, parameters: { endpoint } } as const;
      findings.push({ kind, family, ...named(service ?? rule.service), ...about, rules });
    }
    if (endpoints.length > 0) continue;
    findings.push({
      kind: was ? 'changed' : 'missing',
      family,
      ...named(service ?? rule.service),
      code: was ? changeOf(chain, was) : 'missing-rule',
      parameters: { chain },
      rules,
    });
  }
  for (const rule of unwanted) {
    const isTwice = wanted.some((other) => canonicalRule(other) === canonicalRule(rule));
    const isKubeProxys = isTwice || isKubeProxysNftablesRule(chain, rule);
    const isEarlier = isKubeProxys && isEarlierNftablesRule(chain, rule);
    findings.push({
      kind: isKubeProxys ? 'stale' : 'foreign',
      family,
      ...(isKubeProxys ? named(service) : {}),
      code: isTwice ? 'doubled-rule' : isKubeProxys ? 'stale-rule' : 'foreign-rule',
      parameters: { chain },
      ...(isEarlier ? { earlier: true } : {}),
      rules: [presentRule(place, chain, rule)],
    });
  }
  if (findings.length > 0 || present.length !== wanted.length) return findings;
  const isReordered = wanted.some((rule, index) => {
    const other = present[index];
    return other === undefined || canonicalRule(other) !== canonicalRule(rule);
  });
  if (!isReordered) return findings;
  const about = { code: 'reordered-rules', parameters: { table, chain } } as const;
  return [{ kind: 'reordered', family, ...named(service), ...about, rules: [] }];
}

function changeOf(chain: string, was: NftablesRule): 'earlier-rule' | 'changed-rule' {
  return isEarlierNftablesRule(chain, was) ? 'earlier-rule' : 'changed-rule';
}

function without(rules: readonly NftablesRule[], others: readonly NftablesRule[]): NftablesRule[] {
  const left = others.map(canonicalRule);
  return rules.filter((rule) => {
    const index = left.indexOf(canonicalRule(rule));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** The same comment, or the same beginning: what a rule looks at, before what it does. */
function isCounterpart(rule: NftablesRule, wanted: NftablesRule): boolean {
  if (wanted.comment !== undefined) return rule.comment === wanted.comment;
  const head = (text: string): string => text.split(' ').slice(0, 3).join(' ');
  return rule.comment === undefined && head(rule.expression) === head(wanted.expression);
}

const ACTIONS = /\b(?:dnat|masquerade|jump|goto|vmap|drop|reject|mark set)\b/g;

/** Whether both do something of the same kind: a foreign rule beside a deleted one is not taken for it. */
function sharesAWord(rule: NftablesRule | undefined, wanted: NftablesRule): boolean {
  const does = new Set(wanted.expression.match(ACTIONS) ?? []);
  return (rule?.expression.match(ACTIONS) ?? []).some((action) => does.has(action));
}

function wantedRule({ table }: Place, chain: string, rule: NftablesRule): FoundRule {
  return { table, chain, side: 'wanted', text: printRuleText(rule), because: formatOrigin(rule.origin) };
}

function presentRule({ table }: Place, chain: string, rule: NftablesRule): FoundRule {
  return { table, chain, side: 'present', text: printRuleText(rule) };
}

// --- Sets and maps --------------------------------------------------------------------------------------------

function verifySets(
  place: Place,
  present: readonly NftablesSet[],
  wanted: readonly NftablesSet[],
): Finding[] {
  const { family, table } = place;
  const found = byName(present);
  const known = byName(wanted);
  const findings: Finding[] = [];
  for (const set of wanted) {
    const other = found.get(set.name);
    if (other === undefined) {
      const about = { code: 'missing-set', parameters: { set: set.name } } as const;
      findings.push({ kind: 'missing', family, ...named(serviceOfChain(set.name)), ...about, rules: [] });
    } else if (!isAffinitySet(set)) findings.push(...verifyElements(place, other, set));
  }
  for (const set of present) {
    if (known.has(set.name)) continue;
    const service = serviceOfChain(set.name);
    const kind = service ? 'stale' : 'foreign';
    const rules = set.elements.map((element) => foundElement(table, set.name, 'present', element));
    const about = { code: `${kind}-set`, parameters: { set: set.name } } as const;
    findings.push({ kind, family, ...named(service), ...about, rules });
  }
  return findings;
}

/** Clients come and go in it. */
function isAffinitySet({ flags = [], timeout }: NftablesSet): boolean {
  return flags.includes('dynamic') || timeout !== undefined;
}

function verifyElements({ family, table }: Place, present: NftablesSet, wanted: NftablesSet): Finding[] {
  const set = wanted.name;
  const keyOf = ({ key }: NftablesElement): string => key.join(' . ');
  const found = new Map(present.elements.map((element) => [keyOf(element), element]));
  const known = new Set(wanted.elements.map(keyOf));
  const findings: Finding[] = [];
  for (const element of wanted.elements) {
    const other = found.get(keyOf(element));
    if (other?.value === element.value && other !== undefined) continue;
    findings.push({
      kind: other ? 'changed' : 'missing',
      family,
      ...named(element.service ?? serviceOfElement(element)),
      code: other ? 'changed-element' : 'missing-element',
      parameters: { set, element: keyOf(element) },
      rules: [
        ...(other ? [foundElement(table, set, 'present', other)] : []),
        foundElement(table, set, 'wanted', element),
      ],
    });
  }
  for (const element of present.elements) {
    if (known.has(keyOf(element))) continue;
    findings.push({
      kind: 'stale',
      family,
      ...named(serviceOfElement(element)),
      code: 'stale-element',
      parameters: { set, element: keyOf(element) },
      rules: [foundElement(table, set, 'present', element)],
    });
  }
  return findings;
}

function foundElement(
  table: string,
  chain: string,
  side: FoundRule['side'],
  element: NftablesElement,
): FoundRule {
  const because = side === 'wanted' ? { because: formatOrigin(element.origin) } : {};
  return { table, chain, side, text: printElement(element), ...because };
}
