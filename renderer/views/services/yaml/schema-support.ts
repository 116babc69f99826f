/** Completion and hover of the code editor, by the API's own schema. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { SchemaField, SchemaGuide } from './json-schema.ts';
import { cursorAt, keyAt } from './yaml-cursor.ts';

export function schemaSupport(guide: SchemaGuide): Extension {
  return [autocompletion({ override: [(context) => complete(guide, context)] }), schemaHover(guide)];
}

function complete(guide: SchemaGuide, context: CompletionContext): CompletionResult | null {
  const cursor = cursorAt(context.state.doc.toString(), context.pos);
  if (cursor === undefined) return null;
  const word = context.state.sliceDoc(cursor.from, context.pos);
  // Not on every space: where a word has been begun, or when asked for.
  if (!context.explicit && word === '' && cursor.kind === 'key') return null;
  const options =
    cursor.kind === 'value'
      ? guide.valuesAt(cursor.path).map((label): Completion => ({ label, type: 'enum' }))
      : guide
          .fieldsAt(cursor.path)
          .filter(({ name }) => !cursor.siblings.includes(name))
          .map((field) => completionOf(field, cursor.column));
  return options.length === 0 ? null : { from: cursor.from, options, validFor: /^[\w.-]*$/ };
}

function completionOf(field: SchemaField, column: number): Completion {
  const { name, type, description } = field;
  const deeper = ' '.repeat(column + 2);
  const after = type === 'object' ? `:\n${deeper}` : type === 'array' ? `:\n${deeper}- ` : ': ';
  return {
    label: name,
    type: 'property',
    detail: type,
    info: () => described(description),
    apply: name + after,
  };
}

function schemaHover(guide: SchemaGuide): Extension {
  return hoverTooltip((view, position) => {
    const key = keyAt(view.state.doc.toString(), position);
    const field = key && guide.fieldAt(key.path);
    if (!key || !field) return null;
    return {
      pos: key.from,
      end: key.to,
      above: true,
      create: () => ({ dom: described(field.description, `${field.name}: ${field.type}`) }),
    };
  });
}

/** As text, and nothing but: what a server describes is not ours. */
function described(text: string, heading?: string): HTMLElement {
  const box = document.createElement('div');
  box.className = 'services-schema-note';
  if (heading !== undefined) {
    const line = document.createElement('code');
    line.textContent = heading;
    box.append(line);
  }
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  box.append(paragraph);
  return box;
}
