/** Collects the chains, sets and maps of a table in the order they are made. */
import type {
  NftablesChain,
  NftablesElement,
  NftablesMap,
  NftablesRule,
  NftablesSet,
  NftablesTable,
} from '../../ruleset/model.ts';

type Container = NftablesSet | NftablesMap;

export class NftablesTableBuilder {
  readonly #table: Omit<NftablesTable, 'chains' | 'sets' | 'maps'>;
  readonly #chains = new Map<string, NftablesChain>();
  readonly #sets = new Map<string, NftablesSet>();
  readonly #maps = new Map<string, NftablesMap>();
  /** Elements by their keys, by the name of their set or map. */
  readonly #elements = new Map<string, Set<string>>();

  constructor(table: Omit<NftablesTable, 'chains' | 'sets' | 'maps'>) {
    this.#table = table;
  }

  /** Makes a chain that may stay without rules. */
  declare(chain: Omit<NftablesChain, 'rules'>): void {
    this.#chains.set(chain.name, { ...chain, rules: [] });
  }

  /** Appends rules to a chain, making it where it is not there yet. */
  append(chain: string, ...rules: NftablesRule[]): void {
    if (!this.#chains.has(chain)) this.declare({ name: chain });
    this.#chains.get(chain)?.rules.push(...rules);
  }

  addSet(set: Omit<NftablesSet, 'elements'>): void {
    if (!this.#sets.has(set.name)) this.#sets.set(set.name, { ...set, elements: [] });
  }

  addMap(map: Omit<NftablesMap, 'elements'>): void {
    if (!this.#maps.has(map.name)) this.#maps.set(map.name, { ...map, elements: [] });
  }

  /**
   * Adds an element to a set or map that is there. A key is there once: of two Services with the same external
   * address and port, the first has it.
   */
  addElement(container: string, element: NftablesElement): void {
    const found: Container | undefined = this.#sets.get(container) ?? this.#maps.get(container);
    if (found === undefined) throw new Error(`no set or map ${container}`);
    const keys = this.#elements.get(container) ?? new Set();
    this.#elements.set(container, keys);
    const key = element.key.join(' . ');
    if (keys.has(key)) return;
    keys.add(key);
    found.elements.push(element);
  }

  build(): NftablesTable {
    return {
      ...this.#table,
      chains: [...this.#chains.values()],
      sets: [...this.#sets.values()],
      maps: [...this.#maps.values()],
    };
  }
}
