/** The node's rules, read from the kernel for as long as somebody watches, and sent as changes. */
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { ShownChain } from '../../../app/contract/rule-model.ts';
import type { RulesChange, RulesState } from '../../../app/contract/rules.ts';
import type { IPFamily } from '../../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../../app/ruleset/iptables-parse.ts';
import type { Engine } from '../../engine/engine.ts';
import type { NodeTarget } from '../../targets/node-target.ts';
import { Feed } from '../feed.ts';
import { rulesChanges } from './rules-changes.ts';
import { KnownRules, shownChains } from './shown-rules.ts';

/** Reading a large node takes a while: it is not to take more than a fifth of the time. */
const PAUSE_PER_READING = 4;

export interface LiveRulesOptions {
  engine: Engine;
  target: NodeTarget;
  log: (line: string) => void;
}

export class LiveRules {
  readonly #options: LiveRulesOptions;
  readonly #feed: Feed<RulesState, RulesChange>;
  readonly #intervals = new Map<symbol, number>();
  #state: RulesState = { chains: [], readAt: 0 };
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #known: { of: readonly unknown[]; rules: KnownRules } | undefined;
  readonly #stopListening: () => void;

  constructor(options: LiveRulesOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.#state);
    this.#stopListening = options.engine.syncLog.onEntry(() => {
      if (this.#intervals.size > 0) void this.#read();
    });
  }

  /** Rejects where the node cannot be read. */
  async subscribe(
    intervalMs: number,
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<RulesState, RulesChange>, undefined, void>> {
    const reader = Symbol('reader');
    this.#intervals.set(reader, intervalMs);
    const ended = (): void => {
      this.#intervals.delete(reader);
      if (this.#intervals.size === 0) clearTimeout(this.#timer);
    };
    try {
      await this.#readOrThrow();
    } catch (error) {
      ended();
      throw error;
    }
    return this.#feed.subscribe(signal, ended);
  }

  close(): void {
    this.#stopListening();
    this.#intervals.clear();
    clearTimeout(this.#timer);
    this.#feed.close();
  }

  async #read(): Promise<void> {
    try {
      await this.#readOrThrow();
    } catch (error) {
      this.#options.log(
        `the rules cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** One reading at a time; one that is asked for while another runs comes right after it. */
  async #readOrThrow(): Promise<void> {
    if (this.#reading) this.#readAgain = true;
    this.#reading ??= this.#readUntilNew().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readUntilNew(): Promise<void> {
    const startedAt = performance.now();
    try {
      do {
        this.#readAgain = false;
        await this.#readOnce();
      } while (this.#readAgain && this.#intervals.size > 0);
    } finally {
      this.#schedule(performance.now() - startedAt);
    }
  }

  #schedule(tookMs: number): void {
    clearTimeout(this.#timer);
    if (this.#intervals.size === 0) return;
    const wanted = Math.min(...this.#intervals.values());
    this.#timer = setTimeout(() => void this.#read(), Math.max(wanted - tookMs, tookMs * PAUSE_PER_READING));
  }

  async #readOnce(): Promise<void> {
    const { target } = this.#options;
    const capabilities = this.#options.engine.capabilities;
    const families: IPFamily[] = [
      ...(capabilities?.iptables.available ? (['IPv4'] as const) : []),
      ...(capabilities?.ip6tables.available ? (['IPv6'] as const) : []),
    ];
    const texts = await Promise.all(
      families.map((family) => target.verbs.readIptables({ family, counters: true })),
    );
    const readAt = Date.now();
    const known = this.#knownRules();
    const chains = families.flatMap((family, index): ShownChain[] =>
      shownChains(parseIptablesSave(texts[index] ?? '', family), known),
    );
    const changes = rulesChanges(this.#state.chains, chains);
    this.#state = { chains, readAt };
    if (this.#feed.readers > 0) this.#feed.publish([...changes, { type: 'read', readAt }]);
  }

  #knownRules(): KnownRules {
    const { rulesets } = this.#options.engine;
    const [first, second] = this.#known?.of ?? [];
    if (this.#known && first === rulesets[0] && second === rulesets[1]) return this.#known.rules;
    this.#known = { of: rulesets, rules: new KnownRules(rulesets) };
    return this.#known.rules;
  }
}
