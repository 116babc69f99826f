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

/**
 * A complete input for `nft -f`: each table takes the place of whatever the node has under that name, all at
 * once or not at all.
 */
export function printNftTransaction(rulesets: readonly NftablesRuleset[]): string {
  const lines = rulesets.flatMap(({ tables }) =>
    // One cannot delete what is not there: adding it first makes sure that it is.
    tables.flatMap((table) => [
      addTable({ family: table.family, name: table.name }),
      deleteTable(table),
      ...createTable(table),
    ]),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** The commands that make a table that is not there: what others refer to first. */
export function createTable(table: NftablesTable): string[] {
  const containers = [...table.sets, ...table.maps];
  return [
    addTable(table),
    ...containers.map((set) => addSetOrMap(table, set)),
    ...table.chains.map((chain) => addChain(table, chain)),
    ...table.chains.flatMap(({ name, rules }) => rules.map((rule) => addRule(table, name, rule))),
    ...containers.flatMap(({ name, elements }) =>
      elements.map((element) => addElement(table, name, element)),
    ),
  ];
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
