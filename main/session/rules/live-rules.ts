/** The node's rules, read from the kernel for as long as somebody watches, and sent as changes. */
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { ChainName, ShownChain } from '../../../app/contract/rule-model.ts';
import type { RulesChange, RulesState } from '../../../app/contract/rules.ts';
import { parseNftables } from '../../../app/ruleset/nft-parse.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RulesSource } from '../../engine/rules-writer.ts';
import type { NodeTarget } from '../../targets/node-target.ts';
import { Feed } from '../feed.ts';
import { Polling } from '../polling.ts';
import { KnownRules } from './known-rules.ts';
import { rulesChanges } from './rules-changes.ts';
import { SavedChains } from './saved-chains.ts';
import { shownChains } from './shown-rules.ts';

const SOURCES: readonly RulesSource[] = (['IPv4', 'IPv6'] as const).flatMap((family) => [
  { family, kind: 'iptables' as const },
  { family, kind: 'nftables' as const },
]);

/** After a sync only what it wrote is read, unless the whole node has not been for this many milliseconds. */
const LEAST_PATIENCE_MS = 5_000;
/** How often whoever asks once and goes asks: seldom, so that nobody else's reading comes sooner for it. */
const READ_ONCE_MS = 60_000;

export interface LiveRulesOptions {
  engine: Engine;
  target: NodeTarget;
  log: (line: string) => void;
}

export class LiveRules {
  readonly #options: LiveRulesOptions;
  readonly #feed: Feed<RulesState, RulesChange>;
  #state: RulesState = { chains: [], readAt: 0 };
  readonly #polling: Polling;
  readonly #saved = { IPv4: new SavedChains('IPv4'), IPv6: new SavedChains('IPv6') };
  /** By source, as last read. */
  readonly #read = new Map<RulesSource, readonly ShownChain[]>();
  /** Written since they were read. */
  readonly #written = new Set<RulesSource>();
  #known: { of: readonly unknown[]; rules: KnownRules } | undefined;
  readonly #stopListening: () => void;

  constructor(options: LiveRulesOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.#state);
    this.#polling = new Polling({
      read: () => this.#readNode(),
      failed: (error) =>
        options.log(`the rules cannot be read: ${error instanceof Error ? error.message : String(error)}`),
    });
    this.#stopListening = options.engine.syncLog.onEntry(({ written = SOURCES }) => {
      const isWritten = (source: RulesSource): boolean =>
        written.some(({ family, kind }) => family === source.family && kind === source.kind);
      for (const source of SOURCES.filter(isWritten)) this.#written.add(source);
      this.#polling.readSoon();
    });
  }

  /**
   * Begins with what was read last where nothing was written since; the reading that follows tells what else has
   * changed meanwhile. Rejects where the node cannot be read.
   */
  async subscribe(
    intervalMs: number,
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<RulesState, RulesChange>, undefined, void>> {
    const isKnown = this.#read.size > 0 && this.#written.size === 0;
    const ended = await this.#polling.add(intervalMs, { waits: !isKnown });
    return this.#feed.subscribe(signal, ended);
  }

  /** As read last where nothing was written since; rejects where the node cannot be read. */
  async chainNames(): Promise<ChainName[]> {
    if (this.#read.size === 0 || this.#written.size > 0 || !this.#polling.watched) {
      const end = await this.#polling.add(READ_ONCE_MS);
      end();
    }
    return this.#state.chains.map(({ family, table, chain }) => ({ family, table, chain }));
  }

  close(): void {
    this.#stopListening();
    this.#polling.close();
    this.#feed.close();
  }

  /** The whole node, or after a sync what it wrote: counters of the rest follow with the next whole reading. */
  async #readNode(): Promise<void> {
    const patience = Math.max(LEAST_PATIENCE_MS, 2 * (this.#polling.intervalMs ?? 0));
    const isLate = Date.now() - this.#state.readAt > patience;
    const due = this.#written.size === 0 || isLate ? SOURCES : [...this.#written];
    const isWhole = due.length === SOURCES.length;
    for (const source of due) this.#written.delete(source);
    try {
      await Promise.all(due.map((source) => this.#readSource(source)));
    } catch (error) {
      for (const source of due) this.#written.add(source);
      throw error;
    }
    const chains = SOURCES.flatMap((source) => this.#read.get(source) ?? []);
    const changes = rulesChanges(this.#state.chains, chains);
    const readAt = isWhole ? Date.now() : this.#state.readAt;
    this.#state = { chains, readAt };
    if (this.#feed.readers === 0) return;
    this.#feed.publish(isWhole ? [...changes, { type: 'read', readAt }] : changes);
  }

  /** What the tool lists, where there is one: after a switch the other tool's leftovers are seen too. */
  async #readSource(source: RulesSource): Promise<void> {
    const { target, engine } = this.#options;
    const { family, kind } = source;
    const { iptables, ip6tables, nft } = engine.capabilities ?? {};
    const tool = kind === 'nftables' ? nft : family === 'IPv4' ? iptables : ip6tables;
    if (!tool?.available) return;
    if (kind === 'iptables') {
      const text = await target.verbs.readIptables({ family, counters: true });
      this.#read.set(source, this.#saved[family].take(text, this.#knownRules()));
      return;
    }
    const text = await target.verbs.readNftables({ family, counters: true });
    const chains = text === '' ? [] : shownChains(parseNftables(text, family), this.#knownRules());
    this.#read.set(source, chains);
  }

  #knownRules(): KnownRules {
    const { rulesets } = this.#options.engine;
    const [first, second] = this.#known?.of ?? [];
    if (this.#known && first === rulesets[0] && second === rulesets[1]) return this.#known.rules;
    this.#known = { of: rulesets, rules: new KnownRules(rulesets) };
    return this.#known.rules;
  }
}
