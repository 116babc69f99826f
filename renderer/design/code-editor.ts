import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, Transaction } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { codeHighlighting, codeTheme } from './code-theme.ts';
import { rulesLanguage } from './rules-language.ts';

export interface CodeEditorOptions {
  value: string;
  label: string;
  language: 'yaml' | 'rules' | 'text';
  /** The user changed it. */
  onchange: (value: string) => void;
}

export interface CodeEditorSettings {
  readonly: boolean;
  wrap: boolean;
  label: string;
  extensions: readonly Extension[];
}

export interface CodeEditor {
  readonly view: EditorView;
  /** Replaces the text where it is another one, keeping the cursor as far as that goes; no step of the user's undo is lost. */
  setValue(value: string): void;
  configure(settings: CodeEditorSettings): void;
  destroy(): void;
}

const languages: Record<CodeEditorOptions['language'], () => Extension> = {
  yaml: () => yaml(),
  rules: () => rulesLanguage,
  text: () => [],
};

/** The part of two texts that differs: from where, to where in the old one, and what stands there now. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0;
  const shorter = Math.min(before.length, after.length);
  while (from < shorter && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < shorter - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

function configuration({ readonly, wrap, label, extensions }: CodeEditorSettings): Extension {
  return [
    EditorState.readOnly.of(readonly),
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-readonly': String(readonly),
      tabindex: '0',
    }),
    wrap ? EditorView.lineWrapping : [],
    readonly ? [] : highlightActiveLine(),
    [...extensions],
  ];
}

/** CodeMirror with this project's looks. Tab leaves a read-only text, and indents in one that is written. */
export function createCodeEditor(parent: HTMLElement, options: CodeEditorOptions): CodeEditor {
  const settings = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        settings.of(configuration({ readonly: true, wrap: false, label: options.label, extensions: [] })),
        lineNumbers(),
        foldGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        search({ top: true }),
        highlightSelectionMatches(),
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        keymap.of(options.language === 'yaml' ? [indentWithTab] : []),
        languages[options.language](),
        syntaxHighlighting(codeHighlighting),
        codeTheme,
        EditorView.updateListener.of((update) => {
          const isOurs = update.transactions.some((one) => one.annotation(Transaction.remote));
          if (update.docChanged && !isOurs) options.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    view,
    setValue: (value) => {
      const before = view.state.doc.toString();
      if (before === value) return;
      view.dispatch({ changes: difference(before, value), annotations: Transaction.remote.of(true) });
    },
    configure: (wanted) => view.dispatch({ effects: settings.reconfigure(configuration(wanted)) }),
    destroy: () => view.destroy(),
  };
}
