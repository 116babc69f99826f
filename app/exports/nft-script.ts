/** Shell scripts that write nftables rules to a node, and take them away. */
import type { NftablesRuleset } from '../ruleset/model.ts';
import { printNftTransaction } from '../ruleset/nft-print.ts';
import {
  describeSubject,
  needPrograms,
  printingFunction,
  type ScriptSubject,
  shellComment,
} from './shell.ts';

/** One transaction for all tables: the node has the old rules or the new ones, never a mixture. */
export function printNftScript(rulesets: readonly NftablesRuleset[], subject: ScriptSubject): string {
  const transaction = printNftTransaction(rulesets).split('\n').slice(0, -1);
  return script([
    ...shellComment(
      `What kube-proxy writes: ${describeSubject(subject)}.`,
      '',
      'Run it as root on the node. All of it takes effect in one step, or nothing does.',
      `It writes ${tableList(rulesets)}, whatever those held before, and touches no other table.`,
    ),
    'set -eu',
    '',
    ...needPrograms(['nft']),
    '',
    ...shellComment('A table is added, lest deleting it fail, then deleted and made anew.'),
    ...printingFunction('rules', transaction),
    '',
    'rules | nft -f -',
  ]);
}

export function printNftRemoveScript(rulesets: readonly NftablesRuleset[], subject: ScriptSubject): string {
  const commands = tables(rulesets).flatMap((table) => [`add table ${table}`, `delete table ${table}`]);
  return script([
    ...shellComment(
      `Takes away what kube-proxy wrote: ${describeSubject(subject)}.`,
      '',
      `Run it as root on the node. It deletes ${tableList(rulesets)}, and touches no other table.`,
    ),
    'set -eu',
    '',
    ...needPrograms(['nft']),
    '',
    ...shellComment('Adding a table first makes sure that there is one to delete.'),
    ...printingFunction('commands', commands),
    '',
    'commands | nft -f -',
  ]);
}

function script(lines: readonly string[]): string {
  return ['#!/bin/sh', ...lines, ''].join('\n');
}

function tables(rulesets: readonly NftablesRuleset[]): string[] {
  return rulesets.flatMap((ruleset) => ruleset.tables.map(({ family, name }) => `${family} ${name}`));
}

function tableList(rulesets: readonly NftablesRuleset[]): string {
  return tables(rulesets)
    .map((table) => `table ${table}`)
    .join(' and ');
}
