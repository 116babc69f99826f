/** What `iptables-restore --noflush` makes of an input, for tests: refuses what the kernel would. */
import { parseIptablesSave } from './iptables-parse.ts';
import { BUILT_IN_CHAINS, printRuleBody } from './iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from './model.ts';

type Chains = Map<string, IptablesRule[]>;

/** @returns the ruleset after all transactions of the input. */
export function appliedIptables(before: IptablesRuleset, input: string): IptablesRuleset {
  const tables = new Map<string, Chains>(
    before.tables.map(({ name, chains }) => [
      name,
      new Map(chains.map((chain) => [chain.name, [...chain.rules]])),
    ]),
  );
  for (const [, name = '', text = ''] of input.matchAll(/^\*(\S+)\n((?:.*\n)*?)COMMIT\n/gm)) {
    const chains = tables.get(name) ?? new Map<string, IptablesRule[]>();
    tables.set(name, chains);
    for (const chain of BUILT_IN_CHAINS[name] ?? []) if (!chains.has(chain)) chains.set(chain, []);
    for (const line of text.trimEnd().split('\n')) apply(chains, line);
  }
  return {
    ...before,
    tables: [...tables].map(([name, chains]) => ({
      name,
      chains: [...chains].map(([chain, rules]) => ({
        name: chain,
        rules,
        ...(BUILT_IN_CHAINS[name]?.includes(chain) ? { policy: 'ACCEPT' } : {}),
      })),
    })),
  };
}

function apply(chains: Chains, line: string): void {
  const [, declared] = /^:(\S+) - \[0:0\]$/.exec(line) ?? [];
  if (declared !== undefined) {
    chains.set(declared, []);
    return;
  }
  const [, verb, name = '', place, body = ''] =
    /^-([AIDX]) (\S+)(?: (\d+)(?= |$))?(?: (.*))?$/.exec(line) ?? [];
  const rules = chains.get(name);
  if (rules === undefined) throw new Error(`no chain for "${line}"`);
  if (verb === 'X') {
    const isUsed = [...chains.values()].flat().some((rule) => leadsTo(rule) === name);
    if (isUsed || rules.length > 0) throw new Error(`"${line}": in use`);
    chains.delete(name);
  } else if (verb === 'D') {
    const index = rules.findIndex((rule) => printRuleBody(rule) === body);
    if (index < 0) throw new Error(`"${line}": no such rule`);
    rules.splice(index, 1);
  } else {
    const rule = ruleOf(body);
    const next = leadsTo(rule);
    if (next !== undefined && !chains.has(next)) throw new Error(`"${line}" leads nowhere`);
    const index = verb === 'I' ? Number(place ?? 1) - 1 : rules.length;
    if (index > rules.length) throw new Error(`"${line}": no such place`);
    rules.splice(index, 0, rule);
  }
}

function leadsTo({ target }: IptablesRule): string | undefined {
  return target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : undefined;
}

function ruleOf(body: string): IptablesRule {
  const [, chain] = /-[jg] (KUBE-\S+)/.exec(body) ?? [];
  const text = `*nat\n:X - [0:0]\n${chain ? `:${chain} - [0:0]\n` : ''}-A X ${body}\nCOMMIT\n`;
  const rule = parseIptablesSave(text, 'IPv4').tables[0]?.chains.find(({ name }) => name === 'X')?.rules[0];
  if (rule === undefined) throw new Error(`no rule in "${body}"`);
  return rule;
}
