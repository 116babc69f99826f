import type { ExportRequest } from './export-text.ts';
import { type HandOut, type HandOutSection, handOut } from './hand-out.ts';

/** A hand-out for wikis and repositories. */
export function printMarkdown(request: ExportRequest): string {
  const { title, introduction, sections }: HandOut = handOut(request);
  const lines = [`# ${prose(title)}`, '', ...introduction.flatMap((line) => [prose(line), ''])];
  for (const section of sections) lines.push(...sectionLines(section));
  return `${lines.join('\n').trimEnd()}\n`;
}

function sectionLines({ title, facts, note, rules }: HandOutSection): string[] {
  return [
    `## ${prose(title)}`,
    '',
    ...facts.map(([name, value]) => `- ${prose(name)}: ${code(value)}`),
    ...(facts.length > 0 ? [''] : []),
    ...(note === undefined ? [] : [prose(note), '']),
    ...(rules.length === 0
      ? []
      : [
          '| Where | Rule | What it does | Because of |',
          '|---|---|---|---|',
          ...rules.map(
            ({ place, text, words, because }) =>
              `| ${cell(code(place))} | ${cell(code(text))} | ${cell(prose(words))} | ${cell(prose(because))} |`,
          ),
          '',
        ]),
  ];
}

/** Text as it stands: what Markdown or HTML would make something of is escaped. */
function prose(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_{}[\]<>#|~&]/g, '\\$&');
}

/** Code, between more backticks than it holds itself. */
function code(text: string): string {
  const plain = oneLine(text);
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`;
}

/** A bar would end the cell, also within code. */
function cell(text: string): string {
  return text.replaceAll(/(?<!\\)\|/g, '\\|');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
