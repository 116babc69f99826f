/** Prints nftables rulesets: as a transaction for `nft -f`, and as `nft list ruleset` shows them. */
import type {
  NftablesChain,
  NftablesElement,
  NftablesMap,
  NftablesRuleset,
  NftablesSet,
  NftablesTable,
} from './model.ts';
import {
  addChain,
  addElement,
  addRule,
  addSetOrMap,
  addTable,
  deleteTable,
  printElement,
  printRuleText,
  setProperties,
} from './nft-commands.ts';
import { priorityName } from './nft-priority.ts';
import { inPieces, joined } from './text-pieces.ts';

/**
 * A complete input for `nft -f`: each table takes the place of whatever the node has under that name, all at
 * once or not at all.
 */
export function printNftTransaction(rulesets: readonly NftablesRuleset[]): string {
  return joined(nftTransactionPieces(rulesets));
}

/** The same, piece by piece. */
export function nftTransactionPieces(rulesets: readonly NftablesRuleset[]): Iterable<string> {
  return inPieces(transactionLines(rulesets));
}

function* transactionLines(rulesets: readonly NftablesRuleset[]): Generator<string> {
  for (const { tables } of rulesets) {
    for (const table of tables) {
      // One cannot delete what is not there: adding it first makes sure that it is.
      yield addTable({ family: table.family, name: table.name });
      yield deleteTable(table);
      yield* createTable(table);
    }
  }
}

/** The commands that make a table that is not there: what others refer to first. */
export function* createTable(table: NftablesTable): Generator<string> {
  const containers = [...table.sets, ...table.maps];
  yield addTable(table);
  for (const set of containers) yield addSetOrMap(table, set);
  for (const chain of table.chains) yield addChain(table, chain);
  for (const { name, rules } of table.chains) {
    for (const rule of rules) yield addRule(table, name, rule);
  }
  for (const { name, elements } of containers) {
    for (const element of elements) yield addElement(table, name, element);
  }
}

/** The ruleset as `nft -s list ruleset` prints it: sets before maps before chains, each in the order given. */
export function printNftList(rulesets: readonly NftablesRuleset[]): string {
  return rulesets.flatMap(({ tables }) => tables.map(printTable)).join('');
}

function printTable({ family, name, comment, other = [], sets, maps, chains }: NftablesTable): string {
  const blocks = [...[...sets, ...maps].map(setBlock), ...chains.map(chainBlock)].map(
    (lines) => `${lines.map((line) => `\t${line}\n`).join('')}`,
  );
  const head = [...(comment === undefined ? [] : [`comment "${comment}"`]), ...other];
  return `table ${family} ${name} {\n${head.map((line) => `\t${line}\n`).join('')}${blocks.join('\n')}}\n`;
}

function setBlock(set: NftablesSet | NftablesMap): string[] {
  const kind = 'valueType' in set ? 'map' : 'set';
  return [
    `${kind} ${set.name} {`,
    ...setProperties(set).map((line) => `\t${line}`),
    ...(set.elements.length === 0 ? [] : elementLines(set)),
    '}',
  ];
}

/** Where nft begins the next line: under the first element. */
const UNDER_ELEMENTS = '\t\t     ';

/** Plain IPv4 addresses stand two to a line, everything else alone. */
function elementLines({ elements, type }: NftablesSet): string[] {
  const perLine = type === 'ipv4_addr' ? 2 : 1;
  const lines: string[] = [];
  for (let index = 0; index < elements.length; index += perLine) {
    lines.push(
      elements
        .slice(index, index + perLine)
        .map((element: NftablesElement) => printElement(element))
        .join(', '),
    );
  }
  const text = lines.join(`,\n\t${UNDER_ELEMENTS}`);
  return [`\telements = { ${text} }`];
}

function chainBlock({ name, comment, base, rules }: NftablesChain): string[] {
  const device = base?.device === undefined ? '' : ` device "${base.device}"`;
  return [
    `chain ${name} {`,
    ...(comment === undefined ? [] : [`\tcomment "${comment}"`]),
    ...(base
      ? [
          `\ttype ${base.type} hook ${base.hook}${device} priority ${priorityName(base.priority, base.hook)};${base.policy === undefined ? '' : ` policy ${base.policy};`}`,
        ]
      : []),
    ...rules.map((rule) => `\t${printRuleText(rule)}`),
    '}',
  ];
}
