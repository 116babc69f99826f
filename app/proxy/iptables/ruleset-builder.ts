/** Collects tables, chains and rules in the order they are made. */
import type { IptablesChain, IptablesRule, IptablesTable } from '../../ruleset/model.ts';

export class IptablesTableBuilder {
  readonly #name: string;
  readonly #chains: IptablesChain[] = [];
  /** The chains that more rules may come to, by name. */
  readonly #open = new Map<string, IptablesRule[]>();

  /** @param builtIn the kernel's chains of this table that get rules of ours. */
  constructor(name: string, builtIn: readonly string[]) {
    this.#name = name;
    for (const chain of builtIn) this.#add({ name: chain, policy: 'ACCEPT', rules: [] });
  }

  /** Makes chains that may stay without rules. */
  declare(...chains: string[]): void {
    for (const chain of chains) this.append(chain);
  }

  /** Appends rules to a chain, making it where it is not there yet. */
  append(chain: string, ...rules: IptablesRule[]): void {
    const known = this.#open.get(chain);
    if (known === undefined) this.#add({ name: chain, rules });
    else for (const rule of rules) known.push(rule);
  }

  /**
   * Makes a chain that is whole: nothing is appended to it later, and nothing was before. Nearly all chains of a
   * large cluster are; none of them needs to be found again by its name.
   */
  addWhole(chain: string, ...rules: IptablesRule[]): void {
    this.#chains.push({ name: chain, rules });
  }

  build(): IptablesTable {
    return { name: this.#name, chains: this.#chains };
  }

  #add(chain: IptablesChain): void {
    this.#chains.push(chain);
    this.#open.set(chain.name, chain.rules);
  }
}
