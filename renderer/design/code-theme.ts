import { HighlightStyle } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Colours are the tokens', so that the theme changes with the window's and nothing is configured anew. */
export const codeHighlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null, tags.atom], color: 'var(--syntax-keyword)' },
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName), tags.typeName],
    color: 'var(--syntax-name)',
  },
  { tag: [tags.string, tags.special(tags.string), tags.content], color: 'var(--syntax-string)' },
  { tag: tags.number, color: 'var(--syntax-number)' },
  { tag: [tags.comment, tags.meta], color: 'var(--syntax-comment)', fontStyle: 'italic' },
  { tag: [tags.operator, tags.separator, tags.punctuation], color: 'var(--syntax-option)' },
  { tag: tags.controlKeyword, color: 'var(--syntax-verdict)', fontWeight: '600' },
  { tag: tags.invalid, color: 'var(--color-danger)' },
]);

export const codeTheme = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--color-text)', fontSize: 'var(--text-md)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.6', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--color-text)', paddingBlock: 'var(--space-2)' },
  '.cm-cursor': { borderLeftColor: 'var(--color-text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--color-surface)',
    color: 'var(--color-text-muted)',
    border: 'none',
    borderRight: '1px solid var(--color-border)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--color-accent) 6%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--color-hover)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--color-accent) 26%, transparent)',
  },
  '.cm-searchMatch': {
    backgroundColor: 'var(--color-warning-soft)',
    outline: '1px solid var(--color-warning-fill)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--color-accent-soft)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--color-accent-soft)', outline: 'none' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--color-hover)',
    border: 'none',
    color: 'var(--color-text-muted)',
    padding: '0 var(--space-1)',
  },
  '.cm-panels': { backgroundColor: 'var(--color-sunken)', color: 'var(--color-text)' },
  '.cm-panels-top': { borderBottom: '1px solid var(--color-border)' },
  '.cm-panel input, .cm-panel button': { fontFamily: 'var(--font-text)', fontSize: 'var(--text-sm)' },
  '.cm-textfield': {
    border: '1px solid var(--color-border-strong)',
    borderRadius: 'var(--radius-sm)',
    backgroundColor: 'var(--color-surface)',
  },
  '.cm-button': {
    border: '1px solid var(--color-border)',
    borderRadius: 'var(--radius-sm)',
    backgroundImage: 'none',
    backgroundColor: 'var(--color-raised)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--color-border)',
    borderRadius: 'var(--radius-md)',
    backgroundColor: 'var(--color-raised)',
    color: 'var(--color-text)',
    boxShadow: 'var(--shadow-high)',
    overflow: 'hidden',
    maxWidth: '32rem',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: 'var(--text-sm)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--color-accent-soft)',
    color: 'var(--color-text)',
  },
  '.cm-completionDetail': { color: 'var(--color-text-muted)', fontStyle: 'normal' },
  '.cm-diagnostic': { padding: 'var(--space-1) var(--space-2)', fontFamily: 'var(--font-text)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--color-danger-fill)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--color-warning-fill)' },
});
