/** Collects tables, chains and rules in the order they are made. */
import type { IptablesRule, IptablesTable } from '../../ruleset/model.ts';

export class IptablesTableBuilder {
  readonly #name: string;
  readonly #chains = new Map<string, IptablesRule[]>();
  readonly #builtIn: Set<string>;

  /** @param builtIn the kernel's chains of this table that get rules of ours. */
  constructor(name: string, builtIn: readonly string[]) {
    this.#name = name;
    this.#builtIn = new Set(builtIn);
    this.declare(...builtIn);
  }

  /** Makes chains that may stay without rules. */
  declare(...chains: string[]): void {
    for (const chain of chains) this.appendAll(chain, []);
  }

  /** Appends rules to a chain, making it where it is not there yet. */
  append(chain: string, ...rules: IptablesRule[]): void {
    this.appendAll(chain, rules);
  }

  /** As `append`; a chain that is made has this very list. */
  appendAll(chain: string, rules: IptablesRule[]): void {
    const known = this.#chains.get(chain);
    // Most chains get all their rules at once: a list that is only passed on takes no more than it holds.
    if (known === undefined) this.#chains.set(chain, rules);
    else for (const rule of rules) known.push(rule);
  }

  build(): IptablesTable {
    const chains = [...this.#chains].map(([name, rules]) =>
      this.#builtIn.has(name) ? { name, policy: 'ACCEPT', rules } : { name, rules },
    );
    return { name: this.#name, chains };
  }
}
