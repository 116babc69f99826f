import { untrack } from 'svelte';
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import type { RulesChange } from '../../../app/contract/rules.ts';
import { LiveFeed } from '../../connection/live-feed.svelte.ts';
import { pathOf } from '../../session/router.svelte.ts';
import type { Session } from '../../session/session.svelte.ts';
import { applyRulesChanges, type LiveChain, type LiveRules } from './live-rules.ts';
import { currentPlace, emptyHistory, type LocationHistory, step, visit } from './location-history.ts';
import { type Reference, referencesByTarget, targetKey } from './references.ts';
import { chainRowKey, FADE_MS, type RuleRow, ruleRowKey, ruleRows } from './rule-rows.ts';
import { type Match, parseSearch, RuleSearcher } from './rule-search.ts';
import { liveRulesEvents } from './rules-feed.ts';

export type Family = ShownChain['family'];

const READ_EVERY_MS = 1000;

/** What the Rules view shows, and where in it one is. Made inside its component. */
export class RulesPage {
  readonly #session: Session;
  readonly #feed: LiveFeed<LiveRules, RulesChange>;
  family: Family = $state('IPv4');
  /** `namespace/name` of the Service whose rules alone are shown; null: all rules. */
  service: string | null = $state(null);
  query = $state('');
  /** Chains that hold nothing and are not kube-proxy's: the kernel's own, mostly. */
  showsEmpty = $state(false);
  /** The key of the row that has the cursor. */
  cursor: string | null = $state(null);
  /** Where the list is to be: counted, so that going to a place twice goes there twice. */
  goal: { key: string; align: 'start' | 'center'; focuses: boolean; count: number } | null = $state.raw(null);
  #history: LocationHistory<string> = $state.raw(emptyHistory());
  #now = $state(Date.now());
  /** The address that has been gone to: rules that change under it do not lead there again. */
  #followed: Record<string, string> | undefined;
  /** The key of a chain that the address names and that has not been seen yet. */
  #awaited: string | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#feed = new LiveFeed<LiveRules, RulesChange>(session.connection, {
      subscribe: async (signal) =>
        liveRulesEvents(await session.client.rules.watch({ intervalMs: READ_EVERY_MS }, { signal })),
      apply: (rules, changes) => applyRulesChanges(rules, changes, Date.now()),
    });
    $effect(() => this.#forgetWhatFaded());
    $effect(() => this.#followAddress());
  }

  readonly #rules = $derived.by(() => this.#feed.state);
  readonly #chains: readonly LiveChain[] = $derived(this.#rules?.chains ?? []);
  readonly #shape: object | undefined = $derived(this.#rules?.shape);

  /** The rules as of the last change of rules or chains: what is drawn from it does not follow every counter. */
  readonly #settled: LiveRules | undefined = $derived.by(() => {
    void this.#shape;
    return untrack(() => this.#rules);
  });

  get feed(): LiveFeed<LiveRules, RulesChange> {
    return this.#feed;
  }

  get rules(): LiveRules | undefined {
    return this.#rules;
  }

  /** Of the family, filtered; in the order of the node's tool within each table. */
  readonly chains: readonly LiveChain[] = $derived.by(() => {
    const chains = byTable(this.#chains.filter(({ family }) => family === this.family));
    const { service } = this;
    if (service !== null) return chains.flatMap((chain) => ofService(chain, service));
    return this.showsEmpty ? chains : chains.filter(({ ours, rules }) => ours || rules.length > 0);
  });

  readonly rows: readonly RuleRow[] = $derived(ruleRows(this.chains, this.#now));
  readonly indexByKey: ReadonlyMap<string, number> = $derived(
    new Map(this.rows.map(({ key }, index) => [key, index])),
  );
  readonly references: ReadonlyMap<string, readonly Reference[]> = $derived(
    referencesByTarget(this.#settled?.chains ?? []),
  );
  readonly ruleCount: number = $derived(this.chains.reduce((sum, { rules }) => sum + rules.length, 0));

  readonly search = $derived(parseSearch(this.query));
  readonly #searcher = $derived(this.search && new RuleSearcher(this.search));
  readonly matches: readonly Match[] = $derived(this.#searcher?.matches(this.chains) ?? []);
  /** Of the match that has the cursor, counted from 0; -1 where none has. */
  readonly matchIndex: number = $derived(this.matches.findIndex((match) => rowKeyOf(match) === this.cursor));

  get canGoBack(): boolean {
    return this.#history.position > 0;
  }

  get canGoForward(): boolean {
    return this.#history.position < this.#history.places.length - 1;
  }

  /** Whether the node has what a name in a rule of `chain` means. */
  leads(chain: LiveChain, name: string): boolean {
    return this.#settled?.byKey.has(targetKey(chain, name)) ?? false;
  }

  /** The chain that a name in a rule of `chain` means, where the node has it. */
  target(chain: LiveChain, name: string): LiveChain | undefined {
    return this.#rules?.byKey.get(targetKey(chain, name));
  }

  /** Follows a link: where one comes from, and where it leads, are places to go back and forward to. */
  follow(from: string | null, to: LiveChain): void {
    if (from !== null) this.#history = visit(this.#history, from, same);
    this.goTo(chainRowKey(to.key), to);
  }

  /** Goes to a row; filters that would hide it give way. */
  goTo(key: string, chain: LiveChain): void {
    this.#history = visit(this.#history, key, same);
    this.#show(key, chain);
  }

  back(): void {
    this.#step(-1);
  }

  forward(): void {
    this.#step(1);
  }

  /** By 1 to the next match after the cursor, by -1 to the one before it; around the end. */
  nextMatch(by: 1 | -1): void {
    const { matches } = this;
    if (matches.length === 0) return;
    const from = this.matchIndex >= 0 ? this.matchIndex : this.#matchBeside(by);
    const match = matches[(from + by + matches.length) % matches.length];
    if (match) this.#moveTo(rowKeyOf(match), 'center', false);
  }

  /** The filter stands in the address, so that the view can be linked to. */
  setService(service: string | null): void {
    this.service = service;
    this.#session.router.go(pathOf('rules', [], service === null ? {} : { service }), { replace: true });
  }

  #step(by: -1 | 1): void {
    const history = step(this.#history, by);
    const key = history && currentPlace(history);
    if (!history || key === undefined) return;
    this.#history = history;
    const chain = this.#chainOfRow(key);
    // What has gone meanwhile is passed over.
    if (!chain) this.#step(by);
    else this.#show(key, chain);
  }

  #show(key: string, chain: LiveChain): void {
    this.family = chain.family;
    if (this.service !== null && !this.indexByKey.has(key)) this.setService(null);
    if (!this.indexByKey.has(key)) this.showsEmpty = true;
    this.#moveTo(key, key.startsWith('chain ') ? 'start' : 'center');
  }

  #chainOfRow(key: string): LiveChain | undefined {
    if (key.startsWith('chain ')) return this.#rules?.byKey.get(key.slice('chain '.length));
    return this.#rules?.chains.find(({ rules }) => rules.some(({ id }) => ruleRowKey(id) === key));
  }

  /** A search goes on being typed while it is stepped through: it keeps the focus. */
  #moveTo(key: string, align: 'start' | 'center', focuses = true): void {
    this.cursor = key;
    this.goal = { key, align, focuses, count: (this.goal?.count ?? 0) + 1 };
  }

  /** The index that a step from the cursor starts at, where the cursor is on no match. */
  #matchBeside(by: 1 | -1): number {
    const at = this.cursor === null ? -1 : (this.indexByKey.get(this.cursor) ?? -1);
    const after = this.matches.findIndex((match) => (this.indexByKey.get(rowKeyOf(match)) ?? -1) > at);
    if (after < 0) return by > 0 ? -1 : 0;
    return by > 0 ? after - 1 : after;
  }

  /** Rows of rules that have gone leave when they have faded. */
  #forgetWhatFaded(): (() => void) | undefined {
    const changedAt = this.#rules?.changedAt ?? 0;
    const left = changedAt + FADE_MS - Date.now();
    this.#now = Date.now();
    if (left <= 0) return undefined;
    const timer = setTimeout(() => {
      this.#now = Date.now();
    }, left + 50);
    return () => clearTimeout(timer);
  }

  /** What the address asks for is done once: where one goes from there is not taken back. */
  #followAddress(): void {
    const { view, query } = this.#session.router;
    if (view !== 'rules') return;
    if (query !== this.#followed) {
      this.#followed = query;
      const { family, table, chain, service } = query;
      this.service = service ?? null;
      if (family === 'IPv4' || family === 'IPv6') this.family = family;
      this.#awaited = chain === undefined ? undefined : `${family ?? 'IPv4'} ${table} ${chain}`;
    }
    const wanted = this.#awaited === undefined ? undefined : this.#rules?.byKey.get(this.#awaited);
    if (!wanted) return;
    this.#awaited = undefined;
    untrack(() => this.goTo(chainRowKey(wanted.key), wanted));
  }
}

const same = (left: string, right: string): boolean => left === right;

export function rowKeyOf({ chain, rule }: Match): string {
  return rule === undefined ? chainRowKey(chain) : ruleRowKey(rule);
}

/** The tables people look at most come first; others stand behind them. */
const TABLES = ['kube-proxy', 'nat', 'filter', 'mangle'];

function byTable(chains: readonly LiveChain[]): LiveChain[] {
  const inside = Map.groupBy(chains, ({ table }) => (TABLES.includes(table) ? table : ''));
  return [...TABLES, ''].flatMap((table) => inside.get(table) ?? []);
}

function ofService(chain: LiveChain, service: string): LiveChain[] {
  const rules = chain.rules.filter((rule) => rule.service === service);
  const gone = chain.gone.filter(({ rule }) => rule.service === service);
  return rules.length + gone.length === 0 ? [] : [{ ...chain, rules, gone }];
}
