/** What the iptables mode makes of one Service: for tests, which ask chain by chain. */
import { printRuleBody } from '../../ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import { type Given, stateUnderTest } from '../state-under-test.ts';
import { buildIptablesRuleset } from './ruleset.ts';

export { CIDR, ELSEWHERE, type Given, HERE, LOAD_BALANCER, LOCAL, NODE_PORT } from '../state-under-test.ts';

/** The port's hash is that of default/web and tcp. */
const HASH = 'LOLE4ISW44XBNF3G';

export function build(given: Given): IptablesRuleset {
  return buildIptablesRuleset('current', stateUnderTest(given));
}

function chainRules(ruleset: IptablesRuleset, table: string, chain: string): IptablesRule[] | undefined {
  return ruleset.tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain)?.rules;
}

/** A chain's rules as text, with the port's hash and endpoints' chains in words; undefined for no chain. */
export function chain(given: Given, table: string, name: string): string[] | undefined {
  const ruleset = build(given);
  const rules = chainRules(ruleset, table, name.replace('#', HASH));
  return rules?.map((rule) => printRuleBody(rule).replaceAll(HASH, '#'));
}

export const NOTE =
  '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
export const TO_NODE_PORTS = `${NOTE} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;
export const CLUSTER_IP =
  '-d 10.254.0.1/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80';

export function chainNames(given: Given): string[] {
  const nat = build(given).tables.find(({ name }) => name === 'nat');
  return (nat?.chains ?? []).map(({ name }) => name);
}
