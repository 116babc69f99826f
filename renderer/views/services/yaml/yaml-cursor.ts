/**
 * Where in an object a cursor is, by indentation alone: text that is being typed is seldom whole YAML, and
 * completion has to work on it all the same. Collections on one line (`{…}`, `[…]`) are not looked into.
 */

/** Keys of maps; `[]` for an item of a list. */
export type YamlPath = readonly string[];

export const ITEM = '[]';

export interface YamlCursor {
  /** Of the map whose key, or the field whose value, the cursor is in. */
  readonly path: YamlPath;
  readonly kind: 'key' | 'value';
  /** Where the word begins that is being typed. */
  readonly from: number;
  /** The column of the map's keys. */
  readonly column: number;
  /** Keys that the map has already. */
  readonly siblings: readonly string[];
}

interface Line {
  /** Columns of the dashes before the key. */
  readonly dashes: readonly number[];
  /** Column of the key, or of whatever stands there. */
  readonly column: number;
  readonly key: string | undefined;
  /** Column where the value begins; undefined where there is no colon. */
  readonly valueColumn: number | undefined;
}

function readLine(text: string): Line | undefined {
  const [, blanks = '', items = '', rest = ''] = /^( *)((?:- +)*)(.*)$/.exec(text) ?? [];
  if (items === '' && (rest === '' || rest.startsWith('#'))) return undefined;
  const dashes: number[] = [];
  for (let index = 0; index < items.length; index++) {
    if (items[index] === '-') dashes.push(blanks.length + index);
  }
  const column = blanks.length + items.length;
  // A dash with nothing behind it yet.
  if (rest === '-')
    return { dashes: [...dashes, column], column: column + 2, key: undefined, valueColumn: undefined };
  const [, quoted, plain, blank = ''] =
    /^(?:"([^"]*)"|([^\s"'#{[&*!|>%@`][^:#]*?))\s*:(\s+|$)/.exec(rest) ?? [];
  const key = quoted ?? plain;
  if (key === undefined) return { dashes, column, key, valueColumn: undefined };
  const head = rest.length - rest.slice(rest.indexOf(':', key.length)).length + 1;
  return { dashes, column, key, valueColumn: column + head + blank.length };
}

interface Level {
  readonly column: number;
  readonly step: string;
}

/** Leaves what a line at these columns is not inside of, and enters its list items. */
function enter(levels: Level[], { dashes, column }: Line): void {
  for (const dash of dashes) {
    // A list may stand in the column of the key above it.
    leave(levels, (level) => level.column > dash || (level.column === dash && level.step === ITEM));
    levels.push({ column: dash, step: ITEM });
  }
  leave(levels, (level) => level.column >= column);
}

function leave(levels: Level[], isLeft: (level: Level) => boolean): void {
  for (let last = levels.at(-1); last && isLeft(last); last = levels.at(-1)) levels.pop();
}

export function cursorAt(text: string, offset: number): YamlCursor | undefined {
  const lines = text.split('\n');
  const number = text.slice(0, offset).split('\n').length - 1;
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const typed = text.slice(lineStart, offset);
  const levels: Level[] = [];
  for (const line of lines.slice(0, number)) {
    const read = readLine(line);
    if (read === undefined) continue;
    enter(levels, read);
    if (read.key !== undefined) levels.push({ column: read.column, step: read.key });
  }
  if (/^\s*#|\s#/.test(typed)) return undefined;
  const here = readLine(typed) ?? {
    dashes: [],
    column: typed.length,
    key: undefined,
    valueColumn: undefined,
  };
  enter(levels, here);
  const path = levels.map(({ step }) => step);
  const { column } = here;
  if (here.key !== undefined && here.valueColumn !== undefined) {
    return {
      path: [...path, here.key],
      kind: 'value',
      from: lineStart + here.valueColumn,
      column,
      siblings: [],
    };
  }
  const from = lineStart + Math.min(column, typed.length);
  return { path, kind: 'key', from, column, siblings: siblingsOf(lines, number, column) };
}

/** The path of the key that an offset is on; undefined anywhere else. */
export function keyAt(
  text: string,
  offset: number,
): { path: YamlPath; from: number; to: number } | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = readLine(text.slice(lineStart, end < 0 ? undefined : end));
  if (line?.key === undefined) return undefined;
  const from = lineStart + line.column;
  const to = from + line.key.length;
  if (offset < from || offset > to) return undefined;
  const cursor = cursorAt(text, from);
  return cursor && { path: [...cursor.path, line.key], from, to };
}

/** The keys beside a line, in the map that it is in. */
function siblingsOf(lines: readonly string[], number: number, column: number): string[] {
  const keys: string[] = [];
  const look = (index: number): 'on' | 'last' | 'outside' => {
    const line = readLine(lines[index] ?? '');
    if (line === undefined || line.column > column) return 'on';
    if (line.column < column) return 'outside';
    if (line.key !== undefined && index !== number) keys.push(line.key);
    return line.dashes.length > 0 ? 'last' : 'on';
  };
  const isFirst = (readLine(lines[number] ?? '')?.dashes.length ?? 0) > 0;
  for (let index = number - 1; index >= 0 && !isFirst && look(index) === 'on'; index--);
  for (let index = number + 1; index < lines.length; index++) {
    // The next item of the list has its own keys.
    if ((readLine(lines[index] ?? '')?.dashes.length ?? 0) > 0 || look(index) !== 'on') break;
  }
  return keys;
}
