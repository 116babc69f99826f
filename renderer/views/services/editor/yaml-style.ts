/** How YAML is written where we write it: as the text around it does. */
import { Document, isMap, isSeq, type Node, Scalar, type ToStringOptions, visit } from 'yaml';
import type { JsonValue } from '../../../../app/kubernetes/json.ts';
import { KUBERNETES_YAML } from '../../../../app/kubernetes/yaml-options.ts';
import type { ParsedDocument } from './yaml-text.ts';

/** Lines are never folded: what is one value stays on one line. */
export const PRINT: ToStringOptions = { lineWidth: 0, indentSeq: true };

/** Whether dashes stand deeper than the key above them; where no list tells, they do, as in the templates. */
export function indentsLists(text: string, document: ParsedDocument): boolean {
  let indented = true;
  visit(document, {
    Pair: (_key, pair) => {
      const { key, value } = pair as { key: Node | null; value: Node | null };
      if (!isSeq(value) || value.flow || !value.range || !key?.range) return undefined;
      indented = columnOf(text, value.range[0]) > columnOf(text, key.range[0]);
      return visit.BREAK;
    },
  });
  return indented;
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The line feed that ends the line of an offset, or the text's end. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Where a node's own text ends: its comment, blank lines and line feed do not count. */
export function contentEnd(text: string, node: Node): number {
  const [from, to] = node.range ?? [0, 0];
  const last =
    isMap(node) && !node.flow
      ? lastOf(node.items.at(-1))
      : isSeq(node) && !node.flow
        ? (node.items.at(-1) as Node | undefined)
        : undefined;
  if (last) return contentEnd(text, last);
  return from + text.slice(from, to).trimEnd().length;
}

function lastOf(pair: unknown): Node | undefined {
  const { key, value } = (pair ?? {}) as { key?: Node; value?: Node | null };
  // An empty value's place is somewhere after its colon: behind a comment, perhaps.
  if (value?.range && value.range[1] > value.range[0]) return value;
  return key;
}

/** A value's lines, each at the given column; the first one's blanks are left to the caller. */
export function blockLines(value: JsonValue, column: number, listsIndented: boolean): string {
  const printed = new Document(value, KUBERNETES_YAML).toString({ ...PRINT, indentSeq: listsIndented });
  return printed
    .trimEnd()
    .split('\n')
    .map((line, index) => (index === 0 || line === '' ? line : ' '.repeat(column) + line))
    .join('\n');
}

/** A scalar as it may stand on a line; quoted as the one before it was, where it is text. */
export function scalarText(value: JsonValue, like: Node | undefined, isFlow: boolean): string | undefined {
  const scalar = new Scalar(value);
  const style = (like as Scalar | undefined)?.type;
  if (typeof value === 'string' && (style === 'QUOTE_DOUBLE' || style === 'QUOTE_SINGLE'))
    scalar.type = style;
  // A line feed is written as \n: a block would take several lines.
  if (typeof value === 'string' && /[\n\r]/.test(value)) scalar.type = 'QUOTE_DOUBLE';
  const document = new Document(undefined, KUBERNETES_YAML);
  // In a flow collection more has to be quoted than alone.
  document.contents = (isFlow ? document.createNode([scalar], { flow: true }) : scalar) as never;
  const printed = document.toString({ ...PRINT, flowCollectionPadding: false }).trimEnd();
  const text = isFlow ? printed.slice(1, -1) : printed;
  return text.includes('\n') ? undefined : text;
}
