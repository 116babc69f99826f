/** The node's rules as the window keeps them: those of the feed, with what its changes tell beside them. */
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import type { RulesChange, RulesState } from '../../../app/contract/rules.ts';
import { chainKey } from './chain-key.ts';
import { ChainOrder } from './chain-order.ts';
import { dateCounters, still } from './counter-rates.ts';
import { spliceRules } from './rule-splice.ts';

/** What a change did to a rule, and when: milliseconds of the window's clock, for marks that fade. */
export interface Mark {
  readonly kind: 'added' | 'moved';
  readonly at: number;
}

export interface LiveRule extends ShownRule {
  /** Stays with the rule while it stays on the node, wherever it moves. */
  readonly id: number;
  readonly mark?: Mark;
  /** Counters at the last dated reading; absent until there is one. */
  readonly counted?: { readonly packets: number; readonly bytes: number };
  /** Over the time between the last two readings; 0 where nothing moved. */
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A rule that has gone, and the place it stood at. */
export interface GoneRule {
  readonly rule: LiveRule;
  readonly index: number;
  readonly at: number;
}

export interface LiveChain extends Omit<ShownChain, 'rules'> {
  readonly key: string;
  readonly rules: readonly LiveRule[];
  /** What the last change took out of it. */
  readonly gone: readonly GoneRule[];
  /** When the chain appeared, where that was seen. */
  readonly addedAt?: number;
}

/** A value: changes make another one, which shares the chains that stayed as they were. */
export interface LiveRules {
  readonly chains: readonly LiveChain[];
  readonly byKey: ReadonlyMap<string, LiveChain>;
  /** Milliseconds since 1970, by the engine's clock. */
  readonly readAt: number;
  /** Chains whose counters were changed and not dated yet. */
  readonly undated: ReadonlySet<string>;
  /** Chains in which some rule has a rate. */
  readonly moving: ReadonlySet<string>;
  /** Another object where rules or chains are others than before, whatever their counters do. */
  readonly shape: object;
  /** When the last change of rules or chains came, by the window's clock; 0 where none has. */
  readonly changedAt: number;
  readonly nextId: number;
}

/** The rules of a snapshot: nothing is marked, no rate is known. */
export function beginRules({ chains, readAt }: RulesState): LiveRules {
  let nextId = 1;
  const live = chains.map((chain): LiveChain => {
    const rules = chain.rules.map((rule) => dated({ ...rule, ...still, id: nextId++ }));
    return { ...chain, key: chainKey(chain), rules, gone: [] };
  });
  return {
    chains: live,
    byKey: new Map(live.map((chain) => [chain.key, chain])),
    readAt,
    undated: new Set(),
    moving: new Set(),
    shape: {},
    changedAt: 0,
    nextId,
  };
}

function dated(rule: LiveRule): LiveRule {
  const { packets, bytes } = rule;
  return packets === undefined || bytes === undefined ? rule : { ...rule, counted: { packets, bytes } };
}

/**
 * Applies changes in their order. Changes to a chain that is not there are passed over: the feed then
 * mends itself with a snapshot.
 *
 * @param now milliseconds of the window's clock, which marks are dated with
 */
export function applyRulesChanges(
  before: LiveRules,
  changes: readonly RulesChange[],
  now: number,
): LiveRules {
  const draft = new Draft(before, now);
  for (const change of changes) draft.apply(change);
  return draft.finish();
}

class Draft {
  readonly #before: LiveRules;
  /** Chains that have changed in place. */
  readonly #replaced = new Map<string, LiveChain>();
  /** Made where chains come or go: most changes are of counters, every second, and leave all where they are. */
  #order: ChainOrder<LiveChain> | undefined;
  readonly #now: number;
  /** Chains taken out in this batch: one that comes back is the same chain at another place. */
  readonly #taken = new Map<string, LiveChain>();
  #undated: Set<string>;
  #moving: ReadonlySet<string>;
  #readAt: number;
  #shape: object;
  #changedAt: number;
  #nextId: number;

  constructor(before: LiveRules, now: number) {
    this.#before = before;
    this.#now = now;
    this.#undated = new Set(before.undated);
    this.#moving = before.moving;
    this.#readAt = before.readAt;
    this.#shape = before.shape;
    this.#changedAt = before.changedAt;
    this.#nextId = before.nextId;
  }

  apply(change: RulesChange): void {
    if (change.type !== 'counters' && change.type !== 'read') {
      this.#changedAt = this.#now;
      this.#shape = {};
    }
    switch (change.type) {
      case 'chain':
        this.#put(change.chain, change.before && chainKey(change.before));
        break;
      case 'chain-gone':
        this.#takeOut(chainKey(change.name));
        break;
      case 'rules':
        this.#splice(chainKey(change.name), change);
        break;
      case 'counters':
        this.#count(chainKey(change.name), change.counters);
        break;
      case 'read':
        this.#date(change.readAt);
        break;
    }
  }

  finish(): LiveRules {
    const chains = this.#order?.list() ?? this.#inPlace();
    const { byKey } = this.#before;
    return {
      chains,
      byKey: chains === this.#before.chains ? byKey : new Map(chains.map((chain) => [chain.key, chain])),
      readAt: this.#readAt,
      undated: this.#undated,
      moving: this.#moving,
      shape: this.#shape,
      changedAt: this.#changedAt,
      nextId: this.#nextId,
    };
  }

  #inPlace(): readonly LiveChain[] {
    const { chains } = this.#before;
    return this.#replaced.size === 0 ? chains : chains.map((chain) => this.#replaced.get(chain.key) ?? chain);
  }

  #get(key: string): LiveChain | undefined {
    return this.#order ? this.#order.get(key) : (this.#replaced.get(key) ?? this.#before.byKey.get(key));
  }

  #replace(key: string, chain: LiveChain): void {
    if (this.#order) this.#order.replace(key, chain);
    else this.#replaced.set(key, chain);
  }

  #ordered(): ChainOrder<LiveChain> {
    this.#order ??= new ChainOrder(this.#inPlace());
    return this.#order;
  }

  #put(chain: ShownChain, before: string | null): void {
    const key = chainKey(chain);
    const old = this.#get(key) ?? this.#taken.get(key);
    const empty: LiveChain = { ...chain, key, rules: [], gone: [], addedAt: this.#now };
    const base = old ? { ...chain, key, rules: old.rules, gone: old.gone, ...addedAt(old) } : empty;
    this.#ordered().put(key, this.#spliced(base, 0, base.rules.length, chain.rules), before);
    this.#undated.add(key);
  }

  #takeOut(key: string): void {
    const chain = this.#get(key);
    if (!chain) return;
    this.#taken.set(key, chain);
    this.#ordered().remove(key);
  }

  #splice(key: string, change: { at: number; removed: number; inserted: readonly ShownRule[] }): void {
    const chain = this.#get(key);
    if (!chain) return;
    this.#replace(key, this.#spliced(chain, change.at, change.removed, change.inserted));
    this.#undated.add(key);
  }

  #spliced(chain: LiveChain, at: number, removed: number, inserted: readonly ShownRule[]): LiveChain {
    const { rules, gone, nextId } = spliceRules(chain.rules, {
      at,
      removed,
      inserted,
      now: this.#now,
      nextId: this.#nextId,
    });
    this.#nextId = nextId;
    return { ...chain, rules, gone };
  }

  #count(key: string, counters: readonly (readonly [number, number, number])[]): void {
    const chain = this.#get(key);
    if (!chain) return;
    const rules = [...chain.rules];
    for (const [index, packets, bytes] of counters) {
      const rule = rules[index];
      if (rule) rules[index] = { ...rule, packets, bytes };
    }
    this.#replace(key, { ...chain, rules });
    this.#undated.add(key);
  }

  #date(readAt: number): void {
    const seconds = (readAt - this.#readAt) / 1000;
    const moving = new Set<string>();
    for (const key of new Set([...this.#undated, ...this.#moving])) {
      const chain = this.#get(key);
      if (!chain) continue;
      const rules = dateCounters(chain.rules, seconds);
      this.#replace(key, { ...chain, rules });
      if (rules.some(({ packetsPerSecond }) => packetsPerSecond > 0)) moving.add(key);
    }
    this.#moving = moving;
    this.#undated = new Set();
    this.#readAt = readAt;
  }
}

function addedAt({ addedAt }: LiveChain): Pick<LiveChain, 'addedAt'> {
  return addedAt === undefined ? {} : { addedAt };
}
