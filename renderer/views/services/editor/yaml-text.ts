/** The text of one object, read as Kubernetes reads it, with the places of what is wrong. */
import { type Document, isMap, isSeq, type Node, type ParsedNode, parseAllDocuments } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../../app/kubernetes/json.ts';
import { KUBERNETES_YAML } from '../../../../app/kubernetes/yaml-options.ts';
import type { FieldPath } from './field-path.ts';

/** Offsets into the text, in UTF-16 units. */
export interface TextRange {
  readonly from: number;
  readonly to: number;
}

export interface TextProblem extends TextRange {
  /** The parser's words, English. */
  readonly message: string;
}

export type ParsedDocument = Document.Parsed<ParsedNode>;

export interface ParsedText {
  readonly text: string;
  readonly document: ParsedDocument | undefined;
  /** Undefined where the text is no object, or broken. */
  readonly object: JsonObject | undefined;
  readonly problems: readonly TextProblem[];
}

/** Aliases of one document that may be unfolded before it counts as an attack. */
const MAX_ALIASES = 100;

export function parseText(text: string): ParsedText {
  try {
    return read(text);
  } catch (error) {
    const tooDeep = error instanceof RangeError;
    const message = tooDeep ? 'is nested too deeply' : error instanceof Error ? error.message : String(error);
    return {
      text,
      document: undefined,
      object: undefined,
      problems: [{ from: 0, to: text.length, message }],
    };
  }
}

function read(text: string): ParsedText {
  const documents = parseAllDocuments(text, KUBERNETES_YAML);
  const all = Array.isArray(documents) ? documents : [];
  // A document mark with nothing after it makes a document too.
  const [document, second] = all.filter((one, index) => index === 0 || one.contents !== null);
  if (document === undefined) return { text, document, object: undefined, problems: [nothing(text)] };
  const problems = document.errors.map(({ pos: [from, to], message }) => ({
    ...visible(text, from, to),
    message: message.split(' at line ')[0] ?? message,
  }));
  if (second !== undefined) {
    const from = second.contents?.range?.[0] ?? second.range[0];
    problems.push({ from, to: text.length, message: 'one object is edited here; this is another document' });
  }
  if (problems.length > 0) return { text, document, object: undefined, problems };
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  if (!isJsonObject(value)) return { text, document, object: undefined, problems: [nothing(text)] };
  return { text, document, object: withoutCycles(value, text), problems };
}

/** An alias may stand inside the very node it names; JSON has nothing of the kind. */
function withoutCycles(value: JsonObject, text: string): JsonObject {
  // Aliases also make one object of two places, which an edit of one must not change in the other.
  return text.includes('*') ? JSON.parse(JSON.stringify(value)) : value;
}

function nothing(text: string): TextProblem {
  return {
    from: 0,
    to: text.length,
    message: 'this is no object: it has no fields, apiVersion and kind among them',
  };
}

/** A mark of at least one character, and inside the text. */
function visible(text: string, from: number, to: number): TextRange {
  const start = Math.min(from, Math.max(0, text.length - 1));
  return { from: start, to: Math.min(Math.max(to, start + 1), text.length) };
}

/** The node at a path, keys of maps compared as JSON has them. */
export function nodeAt(document: ParsedDocument, path: FieldPath): Node | null | undefined {
  let node: Node | null | undefined = document.contents;
  for (const step of path) {
    if (isMap(node)) node = pairOf(node, String(step))?.value as Node | null | undefined;
    else if (isSeq(node) && typeof step === 'number') node = node.items[step] as Node | undefined;
    else return undefined;
  }
  return node;
}

/** A map's pair by its key, whatever the key's own type in YAML (`1: a`). */
export function pairOf(map: Node, key: string): { key: Node; value: Node | null } | undefined {
  if (!isMap(map)) return undefined;
  return map.items.find((pair) => keyText(pair.key) === key) as { key: Node; value: Node | null } | undefined;
}

function keyText(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? '');
}

/** Where a field stands in the text: its value, its key where the value is empty, or the nearest thing above it. */
export function rangeOf({ document, text }: ParsedText, path: FieldPath): TextRange {
  if (document === undefined) return { from: 0, to: text.length };
  for (let length = path.length; length > 0; length--) {
    const parent = nodeAt(document, path.slice(0, length - 1));
    const step = path[length - 1];
    if (parent === undefined || parent === null || step === undefined) continue;
    const pair = pairOf(parent, String(step));
    const value = pair === undefined ? nodeAt(document, path.slice(0, length)) : pair.value;
    const isWhole = length === path.length;
    // What is missing is marked at the key it is missing under, not over pages of what is there.
    const marked = pair !== undefined && (!isWhole || isCollection(value)) ? pair.key : (value ?? pair?.key);
    const [from, to] = (marked as Node | undefined)?.range ?? [];
    if (from === undefined || to === undefined) continue;
    if (to > from) return firstLine(text, { from, to });
    const [keyFrom, keyTo] = pair?.key.range ?? [from, from + 1];
    return visible(text, keyFrom, keyTo);
  }
  const first = /\S/.exec(text)?.index ?? 0;
  return firstLine(text, { from: first, to: text.length });
}

function isCollection(node: unknown): boolean {
  return isMap(node) || isSeq(node);
}

function firstLine(text: string, { from, to }: TextRange): TextRange {
  const end = text.indexOf('\n', from);
  return visible(text, from, end < 0 ? to : Math.min(to, end));
}
