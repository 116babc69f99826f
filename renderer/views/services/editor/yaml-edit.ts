/**
 * Edits of an object done to its text: only the lines concerned change, so that comments, order and the way
 * things are written stay a person's own.
 *
 * First the text itself is cut (`text-surgery.ts`). What comes of it is read again and compared with the
 * object that it should say. Where that fails (flow collections over several lines, aliases, merge keys),
 * the document's tree is changed and printed, which keeps comments and order but not every blank.
 */
import { Document, isAlias, visit } from 'yaml';
import { type JsonObject, jsonEqual } from '../../../../app/kubernetes/json.ts';
import { KUBERNETES_YAML } from '../../../../app/kubernetes/yaml-options.ts';
import { inFieldOrder } from './field-order.ts';
import { type Edit, editObject } from './object-edit.ts';
import { cutText } from './text-surgery.ts';
import { changeTree } from './tree-edit.ts';
import { indentsLists, PRINT } from './yaml-style.ts';
import { type ParsedDocument, type ParsedText, parseText } from './yaml-text.ts';

/** The text after an edit. Text that says no object is left as it is. */
export function editText(parsed: ParsedText, edit: Edit): ParsedText {
  const { object, document } = parsed;
  if (object === undefined || document === undefined) return parsed;
  const wanted = editObject(object, edit);
  if (jsonEqual(wanted, object)) return parsed;
  const attempts = [
    () => cutText({ text: parsed.text, document, object }, edit),
    () => printedAfter(parsed.text, edit, object),
    () => new Document(wanted, KUBERNETES_YAML).toString(PRINT),
  ];
  for (const attempt of attempts) {
    const result = verified(attempt, wanted);
    if (result !== undefined) return result;
  }
  throw new Error(`no text says what ${edit.kind} of ${edit.path.join('.')} makes`);
}

/** Several edits, one after the other. */
export function editTextAll(parsed: ParsedText, edits: readonly Edit[]): ParsedText {
  return edits.reduce(editText, parsed);
}

/** An object as text, in the manner and the order of the templates. */
export function textOf(object: JsonObject): string {
  return new Document(inFieldOrder(object), KUBERNETES_YAML).toString(PRINT);
}

function verified(attempt: () => string | undefined, wanted: JsonObject): ParsedText | undefined {
  try {
    const text = attempt();
    if (text === undefined) return undefined;
    const result = parseText(text);
    return jsonEqual(result.object, wanted) ? result : undefined;
  } catch {
    // A tree that cannot be printed (an alias whose anchor has gone): the next attempt does without it.
    return undefined;
  }
}

function printedAfter(text: string, edit: Edit, object: JsonObject): string | undefined {
  // Its own tree: the one that was parsed stays what the text says.
  const { document } = parseText(text);
  if (document === undefined) return undefined;
  unfoldAliases(document);
  changeTree(document, edit, object);
  return document.toString({ ...PRINT, indentSeq: indentsLists(text, document) });
}

/** Changes to what an alias stands for would be changes in other places too. */
function unfoldAliases(document: ParsedDocument): void {
  visit(document, {
    Alias: (_key, alias) => (isAlias(alias) ? document.createNode(alias.toJS(document)) : undefined),
  });
}
