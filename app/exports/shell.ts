/** What the scripts share: words and comments of a POSIX shell. */
import type { Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';

/** A word that a shell takes as it stands, whatever is in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Comment lines; a line break within cannot begin a command. */
export function shellComment(...lines: string[]): string[] {
  return lines.map((line) => (line === '' ? '#' : `# ${line.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')}`));
}

/**
 * A function that prints `lines` word for word: the quoted delimiter keeps the shell from looking into them, and
 * none of them is the delimiter.
 */
export function printingFunction(name: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`${name}() {`, '  :', '}'];
  const text = lines.join('\n');
  let delimiter = 'RULES';
  while (text.split('\n').includes(delimiter)) delimiter += '_';
  return [`${name}() {`, `  cat <<'${delimiter}'`, text, delimiter, '}'];
}

export interface ScriptSubject {
  readonly mode: ProxyMode;
  readonly dialect: Dialect;
  readonly nodeName: string;
  readonly services: readonly unknown[];
}

/** `nftables mode, current dialect, node lab-node, 12 Services`. */
export function describeSubject({ mode, dialect, nodeName, services }: ScriptSubject): string {
  const count = `${services.length} ${services.length === 1 ? 'Service' : 'Services'}`;
  return `${mode} mode, ${dialect} dialect, node ${nodeName}, ${count}`;
}

/** Ends the script, with exit code 2, where a program is not there. */
export function needPrograms(programs: readonly string[]): string[] {
  return [
    `for program in ${programs.join(' ')}; do`,
    '  command -v "$program" >/dev/null || { echo "$0: $program is not installed" >&2; exit 2; }',
    'done',
  ];
}
