/**
 * Shell scripts that write iptables rules to a node, and take them away.
 *
 * Both look at what the node holds when they run, so that they may run twice, over the rules of another mode, and
 * beside other people's rules. What is kube-proxy's is known by its chains (see ownership.ts).
 */
import { printRule } from '../ruleset/iptables-print.ts';
import type { IptablesChain, IptablesRule, IptablesRuleset, IptablesTable } from '../ruleset/model.ts';
import { isOurChain, KUBELET_SHARED_CHAIN, mustBeLast } from '../ruleset/ownership.ts';
import {
  COUNTER_LINES,
  FORGET_FUNCTION,
  JUMP_FUNCTIONS,
  LEFTOVERS_FUNCTION,
} from './iptables-script-parts.ts';
import {
  describeSubject,
  needPrograms,
  printingFunction,
  type ScriptSubject,
  shellComment,
  shellWord,
} from './shell.ts';

const TOOLS = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;

/** The name by which nft knows a family's tables. */
const NFT_FAMILIES = { IPv4: 'ip', IPv6: 'ip6' } as const;

export function printIptablesScript(rulesets: readonly IptablesRuleset[], subject: ScriptSubject): string {
  const counted = rulesets.some(usesCounters);
  const families = rulesets.filter(({ tables }) => tables.length > 0);
  const tools = families.map(({ family }) => TOOLS[family]);
  const header = shellComment(
    `What kube-proxy writes: ${describeSubject(subject)}.`,
    '',
    'Run it as root on the node. Everything is checked before anything changes; each table then changes in one',
    "step. kube-proxy's chains get exactly these rules, whatever they held before. Of other people's chains only",
    'the jumps into them are added, where they are missing; nothing else is touched.',
    ...(subject.mode === 'userspace'
      ? ['', "These rules lead to ports of kube-proxy's own: without the program nobody answers there."]
      : []),
  );
  return script([
    ...header,
    'set -eu',
    '',
    ...needPrograms(['awk', 'sed', ...tools.flatMap((tool) => [tool, `${tool}-save`, `${tool}-restore`])]),
    '',
    ...LEFTOVERS_FUNCTION,
    ...JUMP_FUNCTIONS,
    ...(counted ? COUNTER_LINES : []),
    ...families.flatMap((ruleset) => ruleset.tables.flatMap((table) => tableFunctions(ruleset, table))),
    ...families.flatMap(familyFunction),
    ...shellComment('All of it is put together and checked first.'),
    ...families.map(({ family }) => `${lower(family)}=$(${lower(family)}${counted ? ' | fitted' : ''})`),
    ...families.map(
      ({ family }) => `printf '%s\\n' "$${lower(family)}" | ${TOOLS[family]}-restore -w --noflush --test`,
    ),
    ...families.map(
      ({ family }) => `printf '%s\\n' "$${lower(family)}" | ${TOOLS[family]}-restore -w --noflush`,
    ),
  ]);
}

export function printIptablesRemoveScript(
  rulesets: readonly IptablesRuleset[],
  subject: ScriptSubject,
): string {
  const families = rulesets.filter(({ tables }) => tables.length > 0);
  const removals = families.flatMap(({ family, tables }) =>
    tables.map(({ name }) => `remove ${TOOLS[family]} ${name} ${NFT_FAMILIES[family]}`),
  );
  return script([
    ...shellComment(
      `Takes away what kube-proxy wrote: ${describeSubject(subject)}.`,
      '',
      "Run it as root on the node. It deletes kube-proxy's chains and the jumps into them, those of any of its modes,",
      "and nothing else: other people's rules, and the kubelet's in KUBE-FIREWALL, stay.",
    ),
    'set -eu',
    '',
    ...needPrograms([
      'awk',
      ...families.flatMap(({ family }) => [TOOLS[family], `${TOOLS[family]}-restore`]),
    ]),
    '',
    ...LEFTOVERS_FUNCTION,
    ...FORGET_FUNCTION,
    ...shellComment('remove TOOL TABLE FAMILY: one table, in one step; FAMILY is what nft calls it.'),
    'remove() {',
    '  lines=$(leftovers "$1" "$2" :)',
    '  [ -n "$lines" ] || return 0',
    '  printf \'*%s\\n%s\\nCOMMIT\\n\' "$2" "$lines" | "$1-restore" -w --noflush',
    '  forget "$@"',
    '}',
    '',
    ...removals,
    ...(rulesets.some(usesCounters) ? removeCounters(rulesets) : []),
  ]);
}

function script(lines: readonly string[]): string {
  return ['#!/bin/sh', ...lines, ''].join('\n');
}

function lower(family: IptablesRuleset['family']): string {
  return family.toLowerCase();
}

/** Tells `leftovers` so; to iptables-restore it is a comment. */
function kubeletChainStays(others: readonly IptablesChain[]): string[] {
  const chain = others.find(({ name }) => name === KUBELET_SHARED_CHAIN);
  if (chain === undefined) return [];
  return [`# ${KUBELET_SHARED_CHAIN} stays${chain.rules.length > 0 ? ' with its rule' : ''}`];
}

/** `ipv4_nat_rules` prints what is kube-proxy's alone, `ipv4_nat_jumps` what is still missing elsewhere. */
function tableFunctions({ family }: IptablesRuleset, table: IptablesTable): string[] {
  const own = table.chains.filter(({ name }) => isOurChain(name));
  const others = table.chains.filter(({ name }) => !isOurChain(name));
  const prefix = `${lower(family)}_${table.name}`;
  const jumps = [
    ...others.filter(({ name }) => name === KUBELET_SHARED_CHAIN).flatMap(kubeletChain),
    ...others.filter(({ name }) => name !== KUBELET_SHARED_CHAIN).flatMap(missingJumps),
  ].map((line) => `  ${line.replace('TOOL TABLE', `${TOOLS[family]} ${table.name}`)}`);
  return [
    ...printingFunction(`${prefix}_rules`, [
      ...kubeletChainStays(others),
      ...own.map(({ name }) => `:${name} - [0:0]`),
      ...own.flatMap(({ name, rules }) => rules.map((rule) => printRule(name, rule))),
    ]),
    '',
    `${prefix}_jumps() {`,
    ...(jumps.length === 0 ? ['  :'] : jumps),
    '}',
    '',
  ];
}

/** The kubelet's chain is made where it is missing, and keeps what the kubelet put there. */
function kubeletChain({ name, rules }: IptablesChain): string[] {
  return [`chain TOOL TABLE ${name}`, ...rules.map((rule) => missing('-A', name, rule))];
}

/** From the last to the first, as each is put before all others; those that must come last behind them. */
function missingJumps({ name, rules }: IptablesChain): string[] {
  const last = rules.filter(mustBeLast);
  const first = rules.filter((rule) => !mustBeLast(rule)).reverse();
  return [
    ...first.map((rule) => missing('-I', name, rule)),
    ...last.map((rule) => missing('-A', name, rule)),
  ];
}

function missing(verb: '-A' | '-I', chain: string, rule: IptablesRule): string {
  const [, ...words] = asWords(printRule(chain, rule));
  return `missing TOOL TABLE ${verb} ${words.map(shellWord).join(' ')}`;
}

/** A rule's words as its tool takes them on the command line. */
function asWords(rule: string): string[] {
  const words = rule.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word));
}

function familyFunction({ family, tables }: IptablesRuleset): string[] {
  return [
    `${lower(family)}() {`,
    ...tables.map(({ name }) => {
      const prefix = `${lower(family)}_${name}`;
      return `  table ${TOOLS[family]} ${name} ${prefix}_rules ${prefix}_jumps`;
    }),
    '}',
    '',
  ];
}

function counters(rulesets: readonly IptablesRuleset[]): string[] {
  const names = rulesets.flatMap(({ tables }) =>
    tables.flatMap(({ chains }) =>
      chains.flatMap(({ rules }) =>
        rules.flatMap(({ matches }) =>
          matches.flatMap((match) => (match.kind === 'nfacct' ? [match.counter] : [])),
        ),
      ),
    ),
  );
  return [...new Set(names)];
}

function usesCounters(ruleset: IptablesRuleset): boolean {
  return counters([ruleset]).length > 0;
}

/** One that others' rules use is not deleted: the kernel refuses. */
function removeCounters(rulesets: readonly IptablesRuleset[]): string[] {
  return [
    '',
    ...shellComment('The named counters, but for those that others still use.'),
    `for counter in ${counters(rulesets).join(' ')}; do`,
    '  if command -v nfacct >/dev/null; then nfacct delete "$counter" 2>/dev/null || true; fi',
    'done',
  ];
}
