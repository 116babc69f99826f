/**
 * A change that is too large for one transaction a table, in several: at no moment is a Service that has
 * endpoints refused or led into a chain that is not filled, and when the rest never comes the node is as right as
 * after the last one that did.
 */
import { replaceInSharedChain } from './chain-edit.ts';
import { printRule } from './iptables-print.ts';
import type { IptablesRule } from './model.ts';
import { isSharedChain } from './ownership.ts';
import { apart, iptablesLineSize, packUnits, totalSize, type Unit } from './transaction-size.ts';

/** What is to change in a chain that is wanted. */
export interface ChainChange {
  readonly name: string;
  /** Undefined where there is no such chain yet. */
  readonly before: readonly IptablesRule[] | undefined;
  readonly wanted: readonly IptablesRule[];
  /** It is made, or emptied, before the lines. */
  readonly isDeclared: boolean;
  readonly lines: readonly string[];
}

export interface TableChanges {
  readonly name: string;
  readonly chains: ChainChange[];
  /** Lines for the kernel's own chains, and for the kubelet's when we leave it. */
  readonly jumps: string[];
  /** Names of chains that are not wanted any more, but hold rules. */
  readonly emptied: string[];
  readonly deleted: string[];
}

/** `:CHAIN - [0:0]`: makes a chain, or empties it. */
export function declaration(chain: string): string {
  return `:${chain} - [0:0]`;
}

/** One table's transaction; the empty string for no lines. */
export function tableInput(table: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
}

/**
 * Each phase in all tables, then the next.
 *
 * @param tables in the order in which kube-proxy writes them.
 * @param limit see transaction-size.ts.
 */
export function updateInPhases(tables: readonly TableChanges[], limit: number): string[] {
  return PHASES.flatMap((unitsOf) =>
    tables.flatMap((table) =>
      packUnits(unitsOf(table, limit), { size: iptablesLineSize, limit }).map((lines) =>
        tableInput(table.name, lines),
      ),
    ),
  );
}

const PHASES: readonly ((table: TableChanges, limit: number) => Unit[])[] = [
  // Nothing leads to a chain while it is new.
  ({ chains }) => leavesFirst(chains.filter(isNew)).flatMap((chain) => apart(wholeChange(chain))),
  ({ chains }) => chains.filter((chain) => !isNew(chain) && !isSharedChain(chain.name)).map(wholeChange),
  ({ chains }, limit) =>
    chains
      .filter((chain) => !isNew(chain) && isSharedChain(chain.name))
      .flatMap((chain) => sharedUnits(chain, limit)),
  ({ jumps }) => [jumps],
  ({ emptied, deleted }) => apart([...emptied.map(declaration), ...deleted.map((name) => `-X ${name}`)]),
];

function isNew({ before }: ChainChange): boolean {
  return before === undefined;
}

function wholeChange({ name, isDeclared, lines }: ChainChange): Unit {
  return isDeclared ? [declaration(name), ...lines] : lines;
}

/** The chain at once where that fits: by lines, or written anew. */
function sharedUnits(chain: ChainChange, limit: number): Unit[] {
  const { name, before = [], wanted } = chain;
  const anew = [declaration(name), ...wanted.map((rule) => printRule(name, rule))];
  const fitting = [wholeChange(chain), anew].find((lines) => totalSize(lines, iptablesLineSize) <= limit);
  return fitting ? [fitting] : replaceInSharedChain(name, before, wanted);
}

/** Each chain behind those that its rules lead to. */
function leavesFirst(chains: readonly ChainChange[]): ChainChange[] {
  const waiting = new Map(chains.map((chain) => [chain.name, chain]));
  const ordered: ChainChange[] = [];
  const place = (chain: ChainChange): void => {
    if (!waiting.delete(chain.name)) return;
    for (const { target } of chain.wanted) {
      const next = target?.kind === 'jump' || target?.kind === 'goto' ? waiting.get(target.chain) : undefined;
      if (next) place(next);
    }
    ordered.push(chain);
  };
  for (const chain of chains) place(chain);
  return ordered;
}
