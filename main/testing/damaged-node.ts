/** A node whose rules somebody changes by hand: with the tools an administrator has, on one network namespace. */
import { execFileSync } from 'node:child_process';
import { followCommand } from '../follow-command.ts';

export interface RuleThere {
  readonly chain: string;
  /** Counts from 1. */
  readonly number: number;
  /** In its tool's syntax, without the chain. */
  readonly text: string;
  /** nft's, by which a rule is addressed. */
  readonly handle: string;
}

export class DamagedNode {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  run(argv: readonly string[], input = ''): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace, ...argv], { input, encoding: 'utf8' });
  }

  iptables(table: string, ...args: string[]): void {
    this.run(['iptables', '-t', table, ...args]);
  }

  nft(...args: string[]): void {
    this.run(['nft', ...args]);
  }

  /** The first rule of an iptables table whose line of iptables-save matches. */
  findRule(table: string, pattern: RegExp): RuleThere {
    const numbers = new Map<string, number>();
    for (const line of this.run(['iptables-save', '-t', table]).split('\n')) {
      const [, chain = '', text = ''] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
      if (chain === '') continue;
      const number = (numbers.get(chain) ?? 0) + 1;
      numbers.set(chain, number);
      if (pattern.test(line)) return { chain, number, text, handle: '' };
    }
    throw new Error(`no rule of table ${table} is like ${pattern}`);
  }

  /** Lines for iptables-restore, in one table. */
  restore(table: string, ...lines: string[]): void {
    this.run(['iptables-restore', '--noflush'], `*${table}\n${lines.join('\n')}\nCOMMIT\n`);
  }

  /** Puts another rule in the place of the first that matches. */
  replaceRule(table: string, pattern: RegExp, from: string | RegExp, to: string): void {
    const { chain, number, text } = this.findRule(table, pattern);
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${text} holds no ${from}`);
    this.restore(table, `-R ${chain} ${number} ${changed}`);
  }

  deleteRule(table: string, pattern: RegExp): void {
    const { chain, number } = this.findRule(table, pattern);
    this.iptables(table, '-D', chain, String(number));
  }

  /** The first chain of kube-proxy's IPv4 table whose name matches. */
  findChain(pattern: RegExp): string {
    const listing = this.run(['nft', '-s', 'list', 'table', 'ip', 'kube-proxy']);
    for (const [, name = ''] of listing.matchAll(/^\tchain (\S+) \{/gm)) if (pattern.test(name)) return name;
    throw new Error(`no chain is called like ${pattern}`);
  }

  /** The first rule of a chain of kube-proxy's IPv4 table that matches. */
  findNftRule(chain: string, pattern: RegExp): RuleThere {
    const listing = this.run(['nft', '-sa', 'list', 'chain', 'ip', 'kube-proxy', chain]);
    let number = 0;
    for (const line of listing.split('\n')) {
      const [, text = '', handle = ''] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
      if (handle === '') continue;
      number += 1;
      if (pattern.test(text)) return { chain, number, text, handle };
    }
    throw new Error(`no rule of ${chain} is like ${pattern}`);
  }

  replaceNftRule(chain: string, pattern: RegExp, from: string | RegExp, to: string): void {
    const { handle, text } = this.findNftRule(chain, pattern);
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${text} holds no ${from}`);
    this.nftInput(`replace rule ip kube-proxy ${chain} handle ${handle} ${changed}`);
  }

  /** Every event of the kernel's rulesets, as nft prints it; the returned function ends that. */
  listen(onLine: (line: string) => void): () => void {
    const argv = ['ip', 'netns', 'exec', this.namespace, 'nft', 'monitor'] as const;
    const { close } = followCommand(['setpriv', '--pdeathsig', 'KILL', ...argv], onLine);
    return close;
  }

  nftInput(...lines: string[]): void {
    this.run(['nft', '-f', '-'], `${lines.join('\n')}\n`);
  }
}
