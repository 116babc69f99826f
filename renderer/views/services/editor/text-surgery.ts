/** An edit cut into the text itself. Answers undefined for what it has no cut for; what it makes is verified. */
import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { JsonObject, JsonValue } from '../../../../app/kubernetes/json.ts';
import { KUBERNETES_YAML } from '../../../../app/kubernetes/yaml-options.ts';
import { predecessor } from './field-order.ts';
import type { FieldPath } from './field-path.ts';
import { type Edit, removalPath } from './object-edit.ts';
import { changeTree } from './tree-edit.ts';
import {
  blockLines,
  columnOf,
  contentEnd,
  indentsLists,
  lineEnd,
  lineStart,
  PRINT,
  scalarText,
} from './yaml-style.ts';
import { nodeAt, type ParsedDocument, pairOf, parseText, type TextRange } from './yaml-text.ts';

interface Source {
  readonly text: string;
  readonly document: ParsedDocument;
  readonly object: JsonObject;
}

export function cutText(source: Source, edit: Edit): string | undefined {
  const target = edit.kind === 'move' ? edit.path : edit.path.slice(0, -1);
  const flow = flowAround(source.document, target);
  if (flow !== undefined) return reprintFlow(source, edit, flow);
  switch (edit.kind) {
    case 'set':
      return set(source, edit.path, edit.value);
    case 'remove':
      return remove(source, removalPath(source.object, edit.path));
    case 'rename':
      return rename(source, edit.path, edit.key);
    case 'move':
      return move(source, edit);
  }
}

function splice(text: string, { from, to }: TextRange, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}

/** The outermost `{…}` or `[…]` on the way to a node. */
function flowAround(document: ParsedDocument, path: FieldPath): FieldPath | undefined {
  for (let length = 0; length <= path.length; length++) {
    const node = nodeAt(document, path.slice(0, length));
    if ((isMap(node) || isSeq(node)) && node.flow) return path.slice(0, length);
  }
  return undefined;
}

/** A flow collection on one line is printed anew on one line, its scalars quoted as they were. */
function reprintFlow({ text, object }: Source, edit: Edit, flowPath: FieldPath): string | undefined {
  const { document } = parseText(text);
  const before = document && nodeAt(document, flowPath);
  const [from, to] = before?.range ?? [];
  if (document === undefined || from === undefined || to === undefined) return undefined;
  const old = text.slice(from, to);
  // What the removal leaves empty may be more than the collection.
  if (
    old.includes('\n') ||
    (edit.kind === 'remove' && removalPath(object, edit.path).length <= flowPath.length)
  ) {
    return edit.kind === 'remove' && !old.includes('\n')
      ? remove({ text, document, object }, removalPath(object, edit.path))
      : undefined;
  }
  changeTree(document, edit, object);
  const holder = new Document(undefined, KUBERNETES_YAML);
  holder.contents = nodeAt(document, flowPath) as never;
  const flowCollectionPadding = /^[{[]\s/.test(old) || !/^[{[]\S/.test(old);
  const printed = holder.toString({ ...PRINT, flowCollectionPadding }).trimEnd();
  return printed.includes('\n') ? undefined : splice(text, { from, to }, printed);
}

function set(source: Source, path: FieldPath, value: JsonValue): string | undefined {
  const { text, document } = source;
  const step = path.at(-1);
  const parentPath = path.slice(0, -1);
  if (step === undefined) return undefined;
  const parent = nodeAt(document, parentPath);
  const isThere = (isMap(parent) || isSeq(parent)) && parent.items.length > 0;
  // Nothing to put it into: what it is in is put there with it.
  if (!isThere) return set(source, parentPath, typeof step === 'number' ? [value] : { [step]: value });
  if (isSeq(parent)) {
    const item = parent.items[Number(step)] as Node | undefined;
    return item === undefined ? appendItem(source, parent, value) : replaceItem(source, item, value);
  }
  const pair = pairOf(parent, String(step));
  if (pair === undefined)
    return insertPair(source, { map: parent, mapPath: parentPath, key: String(step), value });
  return replaceScalar(text, pair.value, value) ?? replacePair(source, pair, { [String(step)]: value });
}

/** One scalar for another, on its own line; undefined where either is anything else. */
function replaceScalar(text: string, node: Node | null, value: JsonValue): string | undefined {
  if (!isScalar(node) || !node.range || typeof value === 'object') return undefined;
  const [from, to] = node.range;
  const old = text.slice(from, to);
  if (from === to || old.includes('\n') || node.type?.startsWith('BLOCK')) return undefined;
  if (node.tag || node.anchor) return undefined;
  const printed = scalarText(value, node, false);
  return printed === undefined ? undefined : splice(text, { from, to }, printed);
}

/** The whole of a pair, key and value; a comment after it stays. */
function replacePair(source: Source, pair: { key: Node; value: Node | null }, printed: JsonObject): string {
  const { text, document } = source;
  const from = pair.key.range?.[0] ?? 0;
  const isEmpty = !pair.value?.range || pair.value.range[0] === pair.value.range[1];
  const to = isEmpty || !pair.value ? colonAfter(text, pair.key) : contentEnd(text, pair.value);
  const lines = blockLines(printed, columnOf(text, from), indentsLists(text, document));
  const tail = text.slice(to, lineEnd(text, to));
  if (!lines.includes('\n') || tail.trim() === '') return splice(text, { from, to }, lines);
  // The comment would stand after the last of several lines: it belongs to the first.
  const [first, ...rest] = lines.split('\n');
  return splice(text, { from, to: lineEnd(text, to) }, [`${first}${tail}`, ...rest].join('\n'));
}

function colonAfter(text: string, key: Node): number {
  return text.indexOf(':', key.range?.[1] ?? 0) + 1;
}

function replaceItem(source: Source, item: Node, value: JsonValue): string | undefined {
  const { text, document } = source;
  const replaced = replaceScalar(text, item, value);
  if (replaced !== undefined || !item.range) return replaced;
  const [from] = item.range;
  const lines = blockLines(value, columnOf(text, from), indentsLists(text, document));
  return splice(text, { from, to: contentEnd(text, item) }, lines);
}

function insertPair(
  source: Source,
  { map, mapPath, key, value }: { map: Node; mapPath: FieldPath; key: string; value: JsonValue },
): string | undefined {
  const { text, document } = source;
  if (!isMap(map)) return undefined;
  const pairs = map.items as unknown as { key: Node; value: Node | null }[];
  const keys = pairs.map((pair) => String((pair.key as { value?: unknown }).value));
  const anchor = pairs[keys.indexOf(predecessor(mapPath, keys, key) ?? '')] ?? pairs.at(-1);
  const column = columnOf(text, pairs[0]?.key.range?.[0] ?? 0);
  if (anchor === undefined) return undefined;
  const hasValue = anchor.value?.range && anchor.value.range[1] > anchor.value.range[0];
  const end = hasValue && anchor.value ? contentEnd(text, anchor.value) : colonAfter(text, anchor.key);
  const lines = blockLines({ [key]: value }, column, indentsLists(text, document));
  return insertLine(text, end, ' '.repeat(column) + lines);
}

/** After the line of an offset. */
function insertLine(text: string, offset: number, lines: string): string {
  const at = lineEnd(text, offset);
  return at === text.length
    ? `${text}${text.endsWith('\n') ? '' : '\n'}${lines}\n`
    : splice(text, { from: at + 1, to: at + 1 }, `${lines}\n`);
}

function appendItem(source: Source, list: Node, value: JsonValue): string | undefined {
  const { text, document } = source;
  const last = isSeq(list) ? (list.items.at(-1) as Node | undefined) : undefined;
  if (last === undefined || !list.range) return undefined;
  const column = columnOf(text, list.range[0]);
  const lines = blockLines([value], column, indentsLists(text, document));
  return insertLine(text, contentEnd(text, last), ' '.repeat(column) + lines);
}

function remove(source: Source, path: FieldPath): string | undefined {
  const { text, document } = source;
  const parent = nodeAt(document, path.slice(0, -1));
  const step = path.at(-1);
  if (isSeq(parent)) return removeItem(text, parent.items as Node[], Number(step));
  const pair = isMap(parent) ? pairOf(parent, String(step)) : undefined;
  if (pair === undefined || !isMap(parent)) return undefined;
  const from = pair.key.range?.[0] ?? 0;
  const hasValue = pair.value?.range && pair.value.range[1] > pair.value.range[0];
  const end = hasValue && pair.value ? contentEnd(text, pair.value) : colonAfter(text, pair.key);
  if (text.slice(lineStart(text, from), from).trim() === '') {
    return splice(text, { from: lineStart(text, from), to: lineEnd(text, end) + 1 }, '');
  }
  // The first of a list's item, beside its dash: the next one takes its place.
  const next = (parent.items as unknown as { key: Node }[])[1]?.key.range?.[0];
  if (next === undefined || text.slice(end, next).includes('#')) return undefined;
  return splice(text, { from, to: next }, '');
}

function removeItem(text: string, items: readonly Node[], index: number): string | undefined {
  const chunk = itemRange(text, items, index);
  return chunk && splice(text, chunk, '');
}

/** The lines of one item, from its dash; undefined where its dash does not begin its line. */
function itemRange(text: string, items: readonly Node[], index: number): TextRange | undefined {
  const item = items[index];
  if (!item?.range) return undefined;
  const dash = text.lastIndexOf('-', item.range[0] - 1);
  const from = lineStart(text, dash);
  if (text.slice(from, dash).trim() !== '') return undefined;
  return { from, to: Math.min(lineEnd(text, contentEnd(text, item)) + 1, text.length) };
}

function rename({ text, document }: Source, path: FieldPath, key: string): string | undefined {
  const parent = nodeAt(document, path.slice(0, -1));
  const old = parent ? pairOf(parent, String(path.at(-1)))?.key : undefined;
  if (!old?.range || !isScalar(old)) return undefined;
  const printed = scalarText(key, old, false);
  return printed && splice(text, { from: old.range[0], to: old.range[1] }, printed);
}

/** Items change places with the comments above them. */
function move({ text, document }: Source, { path, from, to }: Edit & { kind: 'move' }): string | undefined {
  const list = nodeAt(document, path);
  if (!isSeq(list)) return undefined;
  const items = list.items as Node[];
  const ranges = items.map((_item, index) => itemRange(text, items, index));
  const [first] = ranges;
  if (first === undefined || ranges.some((range) => range === undefined)) return undefined;
  let start = first.from;
  while (/^\s*#.*$/.test(text.slice(lineStart(text, start - 1), Math.max(0, start - 1)))) {
    start = lineStart(text, start - 1);
  }
  const ends = ranges.map((range) => range?.to ?? 0);
  const chunks = ends.map((end, index) => text.slice(index === 0 ? start : ends[index - 1], end));
  const [moved] = chunks.splice(from, 1);
  if (moved === undefined) return undefined;
  chunks.splice(to, 0, moved);
  const whole = chunks.map((chunk) => (chunk.endsWith('\n') ? chunk : `${chunk}\n`)).join('');
  return splice(text, { from: start, to: ends.at(-1) ?? start }, whole);
}
