/**
 * Reads manifests: files of Kubernetes objects in YAML or JSON, with several documents and Lists.
 *
 * Safe for any input: what is no text, too deep, or grows when its aliases are unfolded ends in one
 * ManifestError that says where.
 */
import { Composer, type CST, LineCounter, Parser, type YAMLError } from 'yaml';
import { isJsonObject, type JsonObject } from './json.ts';
import type { KubernetesObject } from './objects.ts';
import { withoutStackTraces } from './yaml-errors.ts';
import { KUBERNETES_YAML } from './yaml-options.ts';

export interface ManifestObject {
  readonly object: KubernetesObject & JsonObject;
  readonly place: ManifestPlace;
}

/** For messages: `web.yaml, document 2` or `web.yaml, document 2, items[4]`. */
export type ManifestPlace = string | ListItem;

/** The place of one of a List's items, in words only when somebody is to read them. */
class ListItem {
  readonly #list: ManifestPlace;
  readonly #index: number;

  constructor(list: ManifestPlace, index: number) {
    this.#list = list;
    this.#index = index;
  }

  toString(): string {
    return `${this.#list}, items[${this.#index}]`;
  }
}

export class ManifestError extends Error {
  constructor(place: ManifestPlace, message: string) {
    super(`${place}: ${message}`);
    this.name = 'ManifestError';
  }
}

/** How often a document's aliases may repeat parts of it before it counts as an attack. */
const MAX_ALIASES = 100;

/**
 * The objects of a manifest, in order, Lists taken apart, empty documents passed over.
 *
 * @param source the file's name, for messages.
 * @throws ManifestError for text that is neither YAML nor JSON, or a document that is no object.
 */
export function readManifest(text: string, source: string): ManifestObject[] {
  if (text.length > LONG_TEXT && !text.includes(MANIFEST_WORD)) throw new ManifestError(source, NO_MANIFEST);
  const documents = readJson(text) ?? readYaml(text, source);
  const objects: ManifestObject[] = [];
  documents.forEach((document, index) => {
    const place = documents.length > 1 ? `${source}, document ${index + 1}` : source;
    if (document !== null && document !== undefined) addObjects(objects, document, { place, depth: 0 });
  });
  return objects;
}

/** JSON is YAML too, but its own parser is a hundred times faster. Undefined when the text is no single JSON value. */
function readJson(text: string): unknown[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

function readYaml(text: string, source: string): unknown[] {
  if (text.includes('\0')) throw new ManifestError(source, 'is not text: it holds zero bytes');
  if (nestingDepth(text) > MAX_NESTING || NESTED_IN_LINE.test(text)) {
    throw new ManifestError(source, NESTED_TOO_DEEPLY);
  }
  if (documentCount(text) > MAX_DOCUMENTS) {
    throw new ManifestError(source, `holds more than ${MAX_DOCUMENTS} documents; split it`);
  }
  const mayHaveAliases = text.includes('*');
  const lines = new LineCounter();
  const tokens = withinBounds(new Parser(lines.addNewLine).parse(text), source);
  try {
    return withoutStackTraces(() => valuesOf(tokens, { source, lines, mayHaveAliases }));
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    const tooDeep = error instanceof RangeError;
    throw new ManifestError(source, tooDeep ? NESTED_TOO_DEEPLY : firstLine((error as Error).message));
  }
}

function valuesOf(
  tokens: Iterable<CST.Token>,
  { source, lines, mayHaveAliases }: { source: string; lines: LineCounter; mayHaveAliases: boolean },
): unknown[] {
  const values: unknown[] = [];
  // One after the other, so that only one document's syntax tree is there at a time.
  for (const document of new Composer(KUBERNETES_YAML).compose(tokens)) {
    const [error] = document.errors;
    if (error) throw new ManifestError(placeOf(error, source, lines), firstLine(error.message));
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (mayHaveAliases) refuseCycles(value);
    values.push(value);
  }
  return values;
}

/** No object goes without it, so that rubbish is told by its absence before the parser spends seconds on it. */
export const MANIFEST_WORD = 'kind';

export const NO_MANIFEST = `holds no Kubernetes object: the word "${MANIFEST_WORD}" is nowhere in it`;

/** Shorter ones are parsed whatever they are, which takes no time and finds the place of what is wrong. */
const LONG_TEXT = 1 << 16;

/** Several times what a cluster of ten thousand Services has; the parser takes its time over empty ones, too. */
const MAX_DOCUMENTS = 100_000;

/** By the lines that begin one, counted no further than it matters. */
function documentCount(text: string): number {
  let count = 1;
  for (
    let at = text.indexOf('\n---');
    at >= 0 && count <= MAX_DOCUMENTS;
    at = text.indexOf('\n---', at + 4)
  ) {
    count += 1;
  }
  return count;
}

/** Far more fields than any object has in one place: the parser compares each with each. */
const MAX_FIELDS = 10_000;

/** Passes documents on that the parser can make values of in time; lists may be as long as they like. */
function* withinBounds(documents: Iterable<CST.Token>, source: string): Iterable<CST.Token> {
  for (const document of documents) {
    const left: { token: CST.Token; depth: number }[] = [{ token: document, depth: 0 }];
    for (let next = left.pop(); next; next = left.pop()) {
      const { token, depth } = next;
      if (depth > MAX_NESTING) throw new ManifestError(source, NESTED_TOO_DEEPLY);
      if (token.type === 'document' && token.value) left.push({ token: token.value, depth });
      if (!('items' in token)) continue;
      if (token.type !== 'block-seq' && token.items.length > MAX_FIELDS && !isFlowList(token)) {
        throw new ManifestError(source, `has ${token.items.length} fields in one mapping`);
      }
      for (const { key, value } of token.items) {
        if (key) left.push({ token: key, depth: depth + 1 });
        if (value) left.push({ token: value, depth: depth + 1 });
      }
    }
    yield document;
  }
}

function isFlowList(token: CST.Token): boolean {
  return token.type === 'flow-collection' && token.start.type === 'flow-seq-start';
}

const NESTED_TOO_DEEPLY = 'is nested too deeply';

/** Far beyond any object, and far below what the parser's recursion can take. */
const MAX_NESTING = 200;

/** How deep flow collections go, at a glance: before the parser spends seconds on it. Quotes are not heeded. */
function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (depth > 0 && (code === CLOSE_BRACKET || code === CLOSE_BRACE)) depth -= 1;
  }
  return deepest;
}

/** Block collections that begin in one line, each in the one before: `- - - …`. */
const NESTED_IN_LINE = new RegExp(`(?:[-?:][ \\t]+){${MAX_NESTING}}`);

const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An alias may stand inside the very node it names; JSON has nothing of the kind. */
function refuseCycles(value: unknown): void {
  try {
    JSON.stringify(value);
  } catch (cause) {
    throw new Error('an alias stands inside the node that it names', { cause });
  }
}

function placeOf(error: YAMLError, source: string, lines: LineCounter): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `${source}, line ${line}, column ${col}`;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** A List in a List is taken; more than that many in each other nobody has written. */
const MAX_LISTS = 10;

/** Adds an object, or, of a List, its items, as deep as Lists go. */
function addObjects(
  objects: ManifestObject[],
  document: unknown,
  { place, depth }: { place: ManifestPlace; depth: number },
): void {
  if (depth > MAX_LISTS) throw new ManifestError(place, 'is a List in too many Lists');
  if (!isJsonObject(document)) {
    throw new ManifestError(
      place,
      'is no Kubernetes object: it has no fields, apiVersion and kind among them',
    );
  }
  const { kind, apiVersion, items } = document;
  if (typeof kind !== 'string' || kind === '') throw new ManifestError(place, "Object 'Kind' is missing");
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    throw new ManifestError(place, "Object 'apiVersion' is missing");
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    const itemKind = kind.slice(0, -'List'.length);
    items.forEach((item, index) => {
      // Items of a typed list (ServiceList) need not repeat what the list says.
      const typed = itemKind !== '' && isJsonObject(item);
      const object = typed ? { apiVersion, kind: itemKind, ...item } : item;
      addObjects(objects, object, { place: new ListItem(place, index), depth: depth + 1 });
    });
  } else objects.push({ object: document as ManifestObject['object'], place });
}
