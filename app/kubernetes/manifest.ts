/**
 * Reads manifests: files of Kubernetes objects in YAML or JSON, with several documents and Lists.
 *
 * Safe for any input: what is no text, too deep, or grows when its aliases are unfolded ends in one
 * ManifestError that says where.
 */
import { LineCounter, parseAllDocuments, type YAMLError } from 'yaml';
import { isJsonObject, type JsonObject } from './json.ts';
import type { KubernetesObject } from './objects.ts';

export interface ManifestObject {
  readonly object: KubernetesObject & JsonObject;
  /** For messages: `web.yaml, document 2` or `web.yaml, document 2, items[4]`. */
  readonly place: string;
}

export class ManifestError extends Error {
  constructor(place: string, message: string) {
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
  if (text.includes('\0')) throw new ManifestError(source, 'is not text: it holds zero bytes');
  const documents = readJson(text) ?? readYaml(text, source);
  return documents.flatMap((document, index) => {
    const place = documents.length > 1 ? `${source}, document ${index + 1}` : source;
    return document === null || document === undefined ? [] : objectsOf(document, place);
  });
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
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'error' });
    return [...documents].map((document) => {
      const [error] = document.errors;
      if (error) throw new ManifestError(yamlPlace(error, source), firstLine(error.message));
      return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    });
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    const tooDeep = error instanceof RangeError;
    throw new ManifestError(source, tooDeep ? 'is nested too deeply' : firstLine((error as Error).message));
  }
}

function yamlPlace(error: YAMLError, source: string): string {
  const [start] = error.linePos ?? [];
  return start ? `${source}, line ${start.line}, column ${start.col}` : source;
}

/** The parser's messages go on with an excerpt of the file, which may be anything. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

function objectsOf(document: unknown, place: string): ManifestObject[] {
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
    return items.flatMap((item, index) =>
      listItem(item, { kind, apiVersion, place: `${place}, items[${index}]` }),
    );
  }
  return [{ object: document as ManifestObject['object'], place }];
}

/** Items of a typed list (ServiceList) need not repeat what the list says. */
function listItem(
  item: unknown,
  list: { kind: string; apiVersion: string; place: string },
): ManifestObject[] {
  const itemKind = list.kind.slice(0, -'List'.length);
  const typed = itemKind !== '' && isJsonObject(item);
  return objectsOf(typed ? { apiVersion: list.apiVersion, kind: itemKind, ...item } : item, list.place);
}
