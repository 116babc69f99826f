import type { ExportRequest } from './export-text.ts';
import { type HandOut, type HandOutSection, handOut } from './hand-out.ts';
import { escapeMarkup } from './markup.ts';

/** A hand-out in one file: it loads nothing, runs nothing, and is read on a screen, dark or light, and on paper. */
export function printHtml(request: ExportRequest): string {
  const { title, introduction, sections }: HandOut = handOut(request);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeMarkup(title)}</h1>`,
    ...introduction.map((line) => `<p>${escapeMarkup(line)}</p>`),
    ...sections.map(printSection),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function printSection({ title, facts, note, rules }: HandOutSection): string {
  return [
    `<section><h2>${escapeMarkup(title)}</h2>`,
    ...(facts.length === 0
      ? []
      : [
          '<dl>',
          ...facts.map(([name, value]) => `<dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd>`),
          '</dl>',
        ]),
    ...(note === undefined ? [] : [`<p>${escapeMarkup(note)}</p>`]),
    ...(rules.length === 0
      ? []
      : [
          '<table><thead><tr><th>Where</th><th>Rule and what it does</th><th>Because of</th></tr></thead><tbody>',
          ...rules.map(
            ({ place, text, words, because }) =>
              `<tr><td>${escapeMarkup(place)}</td><td><code>${escapeMarkup(text)}</code><p>${escapeMarkup(words)}</p></td><td>${escapeMarkup(because)}</td></tr>`,
          ),
          '</tbody></table>',
        ]),
    '</section>',
  ].join('\n');
}

// Both schemes keep a contrast of 4.5:1 and more for all text.
const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --code: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --line: #30363d; --code: #161b22; }
}
@media print { :root { --paper: #ffffff; --ink: #000000; --soft: #333333; --line: #999999; --code: #ffffff; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 75rem; margin: 0 auto; padding: 1.5rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .4rem .6rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th:nth-child(1) { width: 20%; } th:nth-child(3) { width: 25%; }
td:not(:nth-child(2)) { color: var(--soft); font-size: .9em; }
td p { margin: .2rem 0 0; }
code { font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; background: var(--code); }
tr { break-inside: avoid; }
`;
