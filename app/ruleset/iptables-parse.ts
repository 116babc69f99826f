/**
 * Reads what iptables-save prints (with counters or without) back into the model.
 *
 * Foreign chains and rules are read like ours; matches and targets of unknown kinds are kept word for word.
 */
import type { IPFamily } from '../kubernetes/objects.ts';
import { parseRuleWords } from './iptables-parse-rule.ts';
import type {
  Counters,
  IptablesChain,
  IptablesRule,
  IptablesRuleset,
  IptablesTable,
  IptablesTarget,
} from './model.ts';
import { UNKNOWN_ORIGIN } from './origin.ts';

/** Text that is not iptables-save's; `line` counts from 1. */
export class IptablesParseError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'IptablesParseError';
    this.line = line;
  }
}

interface OpenTable {
  name: string;
  chains: Map<string, { chain: IptablesChain; rules: IptablesRule[] }>;
}

/**
 * Parses the output of iptables-save or ip6tables-save, or a complete input of iptables-restore.
 *
 * @throws IptablesParseError naming the first line that is neither a table, a chain, a rule nor a comment.
 */
export function parseIptablesSave(text: string, family: IPFamily): IptablesRuleset {
  const tables: IptablesTable[] = [];
  let open: OpenTable | undefined;
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('*')) {
      open = { name: line.slice(1), chains: new Map() };
      continue;
    }
    if (open === undefined) throw new IptablesParseError(number, `"${clip(line)}" stands outside any table`);
    if (line === 'COMMIT') {
      tables.push(closeTable(open));
      open = undefined;
    } else if (line.startsWith(':')) {
      const chain = parseChainLine(line, number);
      open.chains.set(chain.name, { chain, rules: chain.rules });
    } else {
      addRule(open, line, number);
    }
  }
  if (open) throw new IptablesParseError(number, `table ${open.name} ends without COMMIT`);
  return { kind: 'iptables', family, tables, omissions: [] };
}

function closeTable(open: OpenTable): IptablesTable {
  const chains = [...open.chains.values()].map(({ chain }) => chain);
  for (const chain of chains) {
    chain.rules.forEach((rule, index) => {
      const target = asJump(rule.target, open.chains);
      if (target !== rule.target) chain.rules[index] = { ...rule, target };
    });
  }
  return { name: open.name, chains };
}

/** `-j NAME` is a jump when the table has that chain, and an extension's target otherwise. */
function asJump(target: IptablesTarget | undefined, chains: OpenTable['chains']): IptablesTarget | undefined {
  if (target?.kind !== 'other') return target;
  const [, name] = /^-j (\S+)$/.exec(target.text) ?? [];
  return name !== undefined && chains.has(name) ? { kind: 'jump', chain: name } : target;
}

function parseChainLine(line: string, number: number): IptablesChain {
  const [, name, policy, packets, bytes] = /^:(\S+)\s+(\S+)(?:\s+\[(\d+):(\d+)\])?$/.exec(line) ?? [];
  if (name === undefined || policy === undefined) {
    throw new IptablesParseError(number, `"${clip(line)}" is not a chain's declaration`);
  }
  const counters = toCounters(packets, bytes);
  return { name, rules: [], ...(policy === '-' ? {} : { policy }), ...(counters ? { counters } : {}) };
}

function addRule(table: OpenTable, line: string, number: number): void {
  const [, packets, bytes, chain, body] = /^(?:\[(\d+):(\d+)\] )?-A (\S+)(?: (.*))?$/.exec(line) ?? [];
  if (chain === undefined) throw new IptablesParseError(number, `"${clip(line)}" is not a rule`);
  const place = table.chains.get(chain);
  if (place === undefined)
    throw new IptablesParseError(number, `chain ${chain} is used before it is declared`);
  const counters = toCounters(packets, bytes);
  const rule = parseRuleWords(body ?? '');
  place.rules.push({ ...rule, origin: UNKNOWN_ORIGIN, ...(counters ? { counters } : {}) });
}

function toCounters(packets: string | undefined, bytes: string | undefined): Counters | undefined {
  return packets === undefined || bytes === undefined
    ? undefined
    : { packets: Number(packets), bytes: Number(bytes) };
}

function clip(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
