/** The node's rules, read from the kernel for as long as somebody watches, and sent as changes. */
import type { FeedEvent } from '../../../app/contract/feed.ts';
import type { RulesChange, RulesState } from '../../../app/contract/rules.ts';
import type { IPFamily } from '../../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../../app/ruleset/iptables-parse.ts';
import type { Ruleset } from '../../../app/ruleset/model.ts';
import { parseNftables } from '../../../app/ruleset/nft-parse.ts';
import type { Engine } from '../../engine/engine.ts';
import type { NodeTarget } from '../../targets/node-target.ts';
import { Feed } from '../feed.ts';
import { Polling } from '../polling.ts';
import { KnownRules } from './known-rules.ts';
import { rulesChanges } from './rules-changes.ts';
import { shownChains } from './shown-rules.ts';

const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];

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
  #known: { of: readonly unknown[]; rules: KnownRules } | undefined;
  readonly #stopListening: () => void;

  constructor(options: LiveRulesOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.#state);
    this.#polling = new Polling({
      read: () => this.#read(),
      failed: (error) =>
        options.log(`the rules cannot be read: ${error instanceof Error ? error.message : String(error)}`),
    });
    this.#stopListening = options.engine.syncLog.onEntry(() => this.#polling.readSoon());
  }

  /** Rejects where the node cannot be read. */
  async subscribe(
    intervalMs: number,
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<RulesState, RulesChange>, undefined, void>> {
    const ended = await this.#polling.add(intervalMs);
    return this.#feed.subscribe(signal, ended);
  }

  close(): void {
    this.#stopListening();
    this.#polling.close();
    this.#feed.close();
  }

  async #read(): Promise<void> {
    const families = await Promise.all(FAMILIES.map((family) => this.#readFamily(family)));
    const readAt = Date.now();
    const known = this.#knownRules();
    const chains = families.flat().flatMap((ruleset) => shownChains(ruleset, known));
    const changes = rulesChanges(this.#state.chains, chains);
    this.#state = { chains, readAt };
    if (this.#feed.readers > 0) this.#feed.publish([...changes, { type: 'read', readAt }]);
  }

  /** What the family's tools list, of those there are: after a switch the other tool's leftovers are seen too. */
  async #readFamily(family: IPFamily): Promise<Ruleset[]> {
    const { target, engine } = this.#options;
    const { iptables, ip6tables, nft } = engine.capabilities ?? {};
    const hasIptables = (family === 'IPv4' ? iptables : ip6tables)?.available === true;
    const [iptablesText, nftText] = await Promise.all([
      hasIptables ? target.verbs.readIptables({ family, counters: true }) : '',
      nft?.available ? target.verbs.readNftables({ family, counters: true }) : '',
    ]);
    return [
      ...(hasIptables ? [parseIptablesSave(iptablesText, family)] : []),
      ...(nftText === '' ? [] : [parseNftables(nftText, family)]),
    ];
  }

  #knownRules(): KnownRules {
    const { rulesets } = this.#options.engine;
    const [first, second] = this.#known?.of ?? [];
    if (this.#known && first === rulesets[0] && second === rulesets[1]) return this.#known.rules;
    this.#known = { of: rulesets, rules: new KnownRules(rulesets) };
    return this.#known.rules;
  }
}
