/**
 * A node compared with what should be on it for as long as somebody watches: when the cluster changes, when
 * the node tells that its rules did, and now and then. It reads, and never writes.
 *
 * A kube-proxy that is just writing is not accused: what differs soon after a change of its Service waits.
 */
import type { FeedEvent } from '../../app/contract/feed.ts';
import type { VerificationFinding, VerificationState } from '../../app/contract/verification.ts';
import { kernelSettings } from '../../app/proxy/kernel-settings.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { Finding, FindingCode } from '../../app/verify/finding.ts';
import { usesNamedCounters } from '../../app/verify/saved-rules.ts';
import { verifyRules } from '../../app/verify/verify-rules.ts';
import type { Engine } from '../engine/engine.ts';
import { Feed } from '../session/feed.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { readNode, readSettings } from './read-node.ts';

/** Read so often though nothing is told, in milliseconds: settings of the kernel tell nothing. */
const POLL_MS = 5_000;
/** Changes that come together are one comparison. */
const TOGETHER_MS = 150;
/** On top of its shortest time between two writes, a kube-proxy may take so long. */
const WRITING_MS = 3_000;
/** What is found while somebody writes is often gone the next moment. */
const PASSING_MS = 1_500;

export interface LiveVerificationOptions {
  engine: Engine;
  target: NodeTarget;
}

export class LiveVerification {
  readonly #options: LiveVerificationOptions;
  readonly #feed: Feed<VerificationState, never>;
  readonly #stops: (() => void)[];
  readonly #since = new Map<string, number>();
  #state: VerificationState;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #looking = false;
  #again = false;
  #closed = false;

  constructor(options: LiveVerificationOptions) {
    this.#options = options;
    const { engine } = options;
    this.#state = {
      checkedAt: null,
      same: false,
      mode: engine.mode,
      dialect: engine.dialect,
      rules: 0,
      live: engine.hearsOfChanges,
      error: null,
      findings: [],
    };
    this.#feed = new Feed(() => this.#state);
    this.#stops = [
      engine.onWanted(() => this.#lookIn(TOGETHER_MS)),
      engine.onNodeChange(() => this.#lookIn(TOGETHER_MS)),
    ];
  }

  get state(): VerificationState {
    return this.#state;
  }

  subscribe(signal?: AbortSignal): AsyncIteratorObject<FeedEvent<VerificationState, never>, undefined, void> {
    const events = this.#feed.subscribe(signal);
    this.#lookIn(0);
    return events;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stops.splice(0)) stop();
    this.#feed.close();
  }

  #lookIn(ms: number): void {
    if (this.#closed || this.#feed.readers === 0) return;
    const at = performance.now() + ms;
    if (this.#looking) this.#again ||= ms < POLL_MS;
    if (this.#looking || at >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = at;
    this.#timer = setTimeout(() => void this.#look(), ms);
  }

  async #look(): Promise<void> {
    this.#due = Number.POSITIVE_INFINITY;
    this.#looking = true;
    this.#again = false;
    try {
      this.#take(await this.#compare());
    } catch (error) {
      this.#take({ error: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#looking = false;
    }
    const isWaiting = this.#state.findings.some(({ waiting }) => waiting);
    if (this.#again || this.#feed.readers > 0) {
      this.#lookIn(this.#again ? TOGETHER_MS : isWaiting ? PASSING_MS : POLL_MS);
    }
  }

  async #compare(): Promise<Pick<VerificationState, 'mode' | 'dialect' | 'rules' | 'findings'>> {
    const { engine, target } = this.#options;
    const { capabilities, configuration, proxyNode } = engine;
    if (!capabilities) throw new Error('the node has not been probed yet');
    const saved = await readNode(target, capabilities, undefined);
    const own = engine.way === 'take-over' ? engine.mode : undefined;
    const configured = configuration.mode === 'ipvs' ? 'iptables' : configuration.mode;
    const mode = own ?? saved.mode ?? configured;
    const dialect = own ? engine.dialect : 'current';
    // A node that we write holds what was written; another holds what its kube-proxy should have.
    const wanted = own
      ? engine.rulesets
      : engine.wanted({ mode, dialect, capabilities: { nfacct: usesNamedCounters(saved.rulesets) } });
    const findings = wanted.flatMap((ruleset) => {
      const { kind, family } = ruleset;
      const has =
        kind === 'nftables'
          ? capabilities.nft
          : family === 'IPv4'
            ? capabilities.iptables
            : capabilities.ip6tables;
      if (!has.available) return [];
      const isIt = (other: Ruleset): boolean => other.kind === kind && other.family === family;
      const present = saved.rulesets.find(isIt) ?? { ...ruleset, tables: [] };
      return verifyRules(present as Ruleset, ruleset);
    });
    findings.push(...(await readSettings(target, kernelSettings(mode, configuration, proxyNode))));
    const rules = wanted.reduce((sum, ruleset) => sum + countRules(ruleset), 0);
    return { mode, dialect, rules, findings: this.#judge(findings) };
  }

  #judge(findings: readonly Finding[]): VerificationFinding[] {
    const now = Date.now();
    const keys = new Set(findings.map(keyOf));
    for (const key of this.#since.keys()) if (!keys.has(key)) this.#since.delete(key);
    return findings.map((finding) => {
      const key = keyOf(finding);
      const since = this.#since.get(key) ?? now;
      this.#since.set(key, since);
      return this.#judged(finding, since, now);
    });
  }

  #judged(finding: Finding, since: number, now: number): VerificationFinding {
    const { kind, family, service, code, parameters, rules } = finding;
    const { history, configuration, mode } = this.#options.engine;
    const endpoint = 'endpoint' in parameters ? parameters.endpoint : undefined;
    const address = endpoint?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const changedAt = service === undefined ? undefined : history.changedAt(service);
    const { minSyncPeriodMs } = mode === 'nftables' ? configuration.nftables : configuration.iptables;
    const isWriting = changedAt !== undefined && now - changedAt < minSyncPeriodMs + WRITING_MS;
    const goneAt = service && address && kind === 'stale' ? history.goneAt(service, address) : undefined;
    return {
      kind,
      family,
      service: service ?? null,
      code,
      parameters: { ...parameters },
      earlier: finding.earlier ?? false,
      place: placeOf(finding),
      goneAt: goneAt ?? null,
      since,
      waiting: isWriting || now - since < PASSING_MS,
      rules: rules.map((rule) => ({ ...rule, because: rule.because ?? null })),
    };
  }

  #take(change: Partial<VerificationState>): void {
    if (this.#closed) return;
    const { engine } = this.#options;
    const state = {
      ...this.#state,
      error: null,
      live: engine.hearsOfChanges,
      ...change,
      checkedAt: Date.now(),
    };
    state.same = state.error === null && state.findings.length === 0;
    this.#state = state;
    this.#feed.reset();
  }
}

function keyOf({ family, service = '', code, parameters }: Finding): string {
  return JSON.stringify([family, service, code, parameters]);
}

const NOT_THERE: ReadonlySet<FindingCode> = new Set([
  'missing-endpoint',
  'missing-chain',
  'missing-table',
  'missing-set',
]);

function placeOf({ code, parameters, rules: [rule] }: Finding): { table: string; chain: string } | null {
  if (NOT_THERE.has(code)) return null;
  if (rule) return { table: rule.table, chain: rule.chain };
  return 'table' in parameters && 'chain' in parameters
    ? { table: parameters.table, chain: parameters.chain }
    : null;
}

function countRules(ruleset: Ruleset): number {
  let count = 0;
  for (const table of ruleset.tables) {
    for (const { rules } of table.chains) count += rules.length;
    if ('maps' in table) for (const { elements } of [...table.sets, ...table.maps]) count += elements.length;
  }
  return count;
}
