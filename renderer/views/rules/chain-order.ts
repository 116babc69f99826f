/** Chains in their order, where one is found, put in and taken out in a moment however many there are. */

interface Link<Chain> {
  key: string;
  chain: Chain;
  previous: Link<Chain> | undefined;
  next: Link<Chain> | undefined;
}

export class ChainOrder<Chain extends { readonly key: string }> {
  readonly #links = new Map<string, Link<Chain>>();
  #first: Link<Chain> | undefined;
  #last: Link<Chain> | undefined;

  constructor(chains: readonly Chain[]) {
    for (const chain of chains) this.put(chain.key, chain, null);
  }

  get(key: string): Chain | undefined {
    return this.#links.get(key)?.chain;
  }

  /** Keeps its place. */
  replace(key: string, chain: Chain): void {
    const link = this.#links.get(key);
    if (link) link.chain = chain;
  }

  /** @param before the key of the chain that comes next; null, or one that is not there: at the end */
  put(key: string, chain: Chain, before: string | null): void {
    this.remove(key);
    const next = before === null ? undefined : this.#links.get(before);
    const previous = next ? next.previous : this.#last;
    const link: Link<Chain> = { key, chain, previous, next };
    if (previous) previous.next = link;
    else this.#first = link;
    if (next) next.previous = link;
    else this.#last = link;
    this.#links.set(key, link);
  }

  remove(key: string): void {
    const link = this.#links.get(key);
    if (!link) return;
    if (link.previous) link.previous.next = link.next;
    else this.#first = link.next;
    if (link.next) link.next.previous = link.previous;
    else this.#last = link.previous;
    this.#links.delete(key);
  }

  list(): Chain[] {
    const chains: Chain[] = [];
    for (let link = this.#first; link; link = link.next) chains.push(link.chain);
    return chains;
  }
}
