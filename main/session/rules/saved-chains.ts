/**
 * What one family's iptables-save lists, as the interface shows it, reading after reading. Most chains read as they
 * did the last time: they stay the same objects, and only the text of the others is parsed.
 */
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import type { IPFamily } from '../../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../../app/ruleset/iptables-parse.ts';
import { chainKey } from './chain-changes.ts';
import type { KnownRules } from './known-rules.ts';
import { shownChains } from './shown-rules.ts';
import { withToldServices } from './told-services.ts';

/** One chain's part of the text. */
interface ChainText {
  readonly table: string;
  /** Without counters of its own, which are not shown. */
  readonly declaration: string;
  rules: string;
}

interface ReadChain extends ChainText {
  /** What the engine wrote there when it was read. */
  readonly written: object | undefined;
  readonly shown: ShownChain;
}

export class SavedChains {
  readonly #family: IPFamily;
  #read: ReadonlyMap<string, ReadChain> = new Map();

  constructor(family: IPFamily) {
    this.#family = family;
  }

  /**
   * The chains in the order of the text, iptables-save's with counters.
   * @throws IptablesParseError
   */
  take(text: string, known: KnownRules): readonly ShownChain[] {
    const now = chainTexts(text);
    const name = (key: string, { table }: ChainText): string =>
      chainKey({ family: this.#family, table, chain: key.slice(table.length + 1) });
    const isOther = (key: string, chain: ChainText): boolean => {
      const old = this.#read.get(key);
      if (old?.rules !== chain.rules || old.declaration !== chain.declaration) return true;
      return old.written !== known.writtenIn(name(key, chain));
    };
    const others = new Set([...now].filter(([key, chain]) => isOther(key, chain)).map(([key]) => key));
    const shown = this.#parse(now, others, known);
    const read = new Map<string, ReadChain>();
    for (const [key, chain] of now) {
      const full = name(key, chain);
      const next = shown.get(full);
      const old = this.#read.get(key);
      if (next) read.set(key, { ...chain, written: known.writtenIn(full), shown: next });
      else if (old) read.set(key, old);
    }
    this.#read = read;
    return withToldServices([...read.values()].map((chain) => chain.shown));
  }

  /** The chains asked for, by their keys. All are declared: whether a name is a chain's decides what a rule says. */
  #parse(
    texts: ReadonlyMap<string, ChainText>,
    wanted: ReadonlySet<string>,
    known: KnownRules,
  ): Map<string, ShownChain> {
    const shown = new Map<string, ShownChain>();
    const byTable = Map.groupBy(texts, ([, { table }]) => table);
    for (const [table, chains] of byTable) {
      const asked = chains.filter(([key]) => wanted.has(key));
      if (asked.length === 0) continue;
      const names = new Set(asked.map(([key]) => key.slice(table.length + 1)));
      const text = [
        `*${table}`,
        ...chains.map(([, { declaration }]) => declaration),
        ...asked.flatMap(([, { rules }]) => (rules === '' ? [] : rules)),
        'COMMIT',
      ].join('\n');
      const parsed = parseIptablesSave(text, this.#family);
      const part = {
        ...parsed,
        tables: parsed.tables.map(({ name, chains: all }) => ({
          name,
          chains: all.filter((chain) => names.has(chain.name)),
        })),
      };
      for (const chain of shownChains(part, known)) shown.set(chainKey(chain), chain);
    }
    return shown;
  }
}

/** By `TABLE CHAIN`. A line that is none of iptables-save's stays in the text of its place, for the parser to refuse. */
function chainTexts(text: string): Map<string, ChainText> {
  const chains = new Map<string, ChainText>();
  const lines = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line === 'COMMIT') continue;
    if (line.startsWith('*')) {
      table = line.slice(1);
      continue;
    }
    if (line.startsWith(':')) {
      const [name = '', policy = ''] = line.slice(1).split(' ', 2);
      chains.set(`${table} ${name}`, { table, declaration: `:${name} ${policy}`, rules: '' });
      continue;
    }
    const key = `${table} ${chainOf(line)}`;
    const known = lines.get(key);
    if (known) known.push(line);
    else lines.set(key, [line]);
  }
  for (const [key, rules] of lines) {
    const chain = chains.get(key) ?? { table: key.split(' ', 1)[0] ?? '', declaration: '', rules: '' };
    chain.rules = rules.join('\n');
    chains.set(key, chain);
  }
  return chains;
}

/** `[1:60] -A KUBE-SERVICES …` */
function chainOf(line: string): string {
  const at = line.indexOf('-A ') + 3;
  const end = line.indexOf(' ', at);
  return line.slice(at, end < 0 ? line.length : end);
}
