/** Reads the text of `nft list`: blocks of lines, a property, a rule or some elements each. */
import type { NftablesChain, NftablesMap, NftablesRule, NftablesSet, NftablesTable } from './model.ts';
import { parseElements } from './nft-parse-elements.ts';
import { NftParseError } from './nft-parse-error.ts';
import { priorityNumber } from './nft-priority.ts';
import { withProtocolName } from './nft-protocols.ts';
import { serviceOfChain } from './nft-service-names.ts';
import { UNKNOWN_ORIGIN } from './origin.ts';

const FAMILIES: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

/** The lines of one block, without those of its first and last line. */
interface Block {
  /** `set cluster-ips`. */
  readonly head: string;
  readonly lines: string[];
}

/** @throws NftParseError naming the first line that is out of place. */
export function parseNftList(text: string): NftablesTable[] {
  const lines = new Lines(text);
  const tables: NftablesTable[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const [, family = '', name] = /^table (\S+) (\S+) \{$/.exec(line) ?? [];
    if (name === undefined || !isFamily(family)) lines.fail(`"${clip(line)}" is not a table`);
    else tables.push(parseTable({ family, name }, lines));
  }
  return tables;
}

/** What `nft -a` adds to lines. */
const HANDLE = / # handle \d+$/;

/** The text's lines, without blanks around them and comments, long ones put together again. */
class Lines {
  readonly #lines: string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  next(): string | undefined {
    while (this.#at < this.#lines.length) {
      const line = (this.#lines[this.#at++] ?? '').trim().replace(HANDLE, '');
      if (line !== '' && !line.startsWith('#')) return line;
    }
    return undefined;
  }

  /** The next line of a block that must be closed. */
  within(block: string): string {
    return this.next() ?? this.fail(`${block} is not closed`);
  }

  fail(message: string): never {
    throw new NftParseError(message, this.#at);
  }
}

function parseTable(table: Pick<NftablesTable, 'family' | 'name'>, lines: Lines): NftablesTable {
  const chains: NftablesChain[] = [];
  const sets: NftablesSet[] = [];
  const maps: NftablesMap[] = [];
  const other: string[] = [];
  let comment: string | undefined;
  const where = `table ${table.family} ${table.name}`;
  for (let line = lines.within(where); line !== '}'; line = lines.within(where)) {
    const [, kind, name] = /^(set|map|chain) (\S+) \{$/.exec(line) ?? [];
    const told = commentOf(line);
    if (name === undefined && line.endsWith('{')) other.push(...wholeBlock(line, lines));
    else if (name === undefined && told !== undefined) comment = told;
    else if (name === undefined) other.push(line);
    else {
      const block = { head: name, lines: blockLines(line, lines) };
      if (kind === 'chain') chains.push(parseChain(block));
      else if (kind === 'map') maps.push(parseMap(block));
      else sets.push(parseSet(block));
    }
  }
  return {
    ...table,
    ...(comment === undefined ? {} : { comment }),
    chains,
    sets,
    maps,
    ...(other.length === 0 ? {} : { other }),
  };
}

/** A block's lines up to its end; those of which nft made several are one. */
function blockLines(head: string, lines: Lines): string[] {
  const found: string[] = [];
  for (let line = lines.within(head); line !== '}'; line = lines.within(head)) {
    const parts = [line];
    let depth = depthOf(line);
    while (depth > 0) {
      const part = lines.within(head);
      parts.push(part);
      depth += depthOf(part);
    }
    found.push(parts.join(' '));
  }
  return found;
}

/** A block of a kind that the model does not know, its lines as they are. */
function wholeBlock(head: string, lines: Lines): string[] {
  return [head, ...blockLines(head, lines).map((line) => `\t${line}`), '}'];
}

/** How many braces a line leaves open, quoted ones aside. */
function depthOf(line: string): number {
  const bare = line.replace(/"[^"]*"/g, '');
  return (bare.match(/\{/g)?.length ?? 0) - (bare.match(/\}/g)?.length ?? 0);
}

function parseChain({ head: name, lines }: Block): NftablesChain {
  const rules: NftablesRule[] = [];
  let comment: string | undefined;
  let base: NftablesChain['base'];
  const service = serviceOfChain(name);
  for (const line of lines) {
    const told = rules.length === 0 ? commentOf(line) : undefined;
    const hooked = rules.length === 0 ? parseBase(line) : undefined;
    if (told !== undefined) comment = told;
    else if (hooked) base = hooked;
    else rules.push({ ...parseRule(line), ...(service ? { service } : {}) });
  }
  return {
    name,
    ...(comment === undefined ? {} : { comment }),
    ...(base ? { base } : {}),
    rules,
  };
}

const BASE = /^type (\S+) hook (\S+)(?: device "?([^"\s]+)"?)? priority ([^;]+);(?: policy (\w+);)?$/;

function parseBase(line: string): NftablesChain['base'] {
  const [, type, hook, device, priority, policy] = BASE.exec(line) ?? [];
  if (type === undefined || hook === undefined || priority === undefined) return undefined;
  return {
    type,
    hook,
    priority: priorityNumber(priority),
    ...(policy === undefined ? {} : { policy }),
    ...(device === undefined ? {} : { device }),
  };
}

function parseRule(line: string): NftablesRule {
  const [, expression, comment] = /^(.*) comment "([^"]*)"$/.exec(line) ?? [];
  return {
    expression: withProtocolName(expression ?? line),
    ...(comment === undefined ? {} : { comment }),
    origin: UNKNOWN_ORIGIN,
  };
}

function parseMap(block: Block): NftablesMap {
  const set = parseSet(block);
  // `typeof` writes the value's type as it writes the key's.
  const separator = set.type.lastIndexOf(' : ');
  const valueType = separator < 0 ? '' : set.type.slice(separator + 3);
  return { ...set, type: separator < 0 ? set.type : set.type.slice(0, separator), valueType };
}

function parseSet({ head: name, lines }: Block): NftablesSet {
  let set: NftablesSet = { name, type: '', elements: [] };
  const other: string[] = [];
  for (const line of lines) {
    const [, property, value = ''] =
      /^(type|typeof|size|flags|timeout|comment|elements) =? ?(.*)$/.exec(line) ?? [];
    switch (property) {
      case 'type':
        set = { ...set, type: value };
        break;
      case 'typeof':
        set = { ...set, type: line };
        break;
      case 'size':
        set = { ...set, size: Number(value) };
        break;
      case 'flags':
        set = { ...set, flags: value.split(',').map((flag) => flag.trim()) };
        break;
      case 'timeout':
        set = { ...set, timeout: parseSeconds(value) };
        break;
      case 'comment':
        set = { ...set, comment: commentOf(line) ?? value };
        break;
      case 'elements':
        set = { ...set, elements: parseElements(value.replace(/^\{ ?| ?\}$/g, ''), keyType(set)) };
        break;
      default:
        other.push(line);
    }
  }
  return other.length === 0 ? set : { ...set, other };
}

/** `type` is written before the elements; a map's has the type of its values after a colon. */
function keyType({ type }: NftablesSet): string {
  return type.split(' : ')[0] ?? type;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 };

/** `1d2h3m4s` in seconds. */
function parseSeconds(text: string): number {
  let seconds = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    seconds += Number(count) * (UNIT_SECONDS[unit] ?? 0);
  }
  return seconds;
}

function commentOf(line: string): string | undefined {
  return /^comment "([^"]*)"$/.exec(line)?.[1];
}

function isFamily(text: string): text is NftablesTable['family'] {
  return FAMILIES.includes(text);
}

function clip(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
