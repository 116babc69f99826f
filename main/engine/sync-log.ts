import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { RulesSource } from './rules-writer.ts';

/** One write of the node, or the attempt. */
export interface SyncEntry {
  /** Counts from 1. */
  number: number;
  /** RFC 3339. */
  at: string;
  /** Milliseconds from its begin to the kernel's yes. */
  durationMs: number;
  mode: ProxyMode;
  dialect: Dialect;
  full: boolean;
  /** Rules of ours on the node afterwards, both families. */
  rules: number;
  /** Lines handed to the kernel's tools: 0 where nothing had to change. */
  lines: number;
  /** What was left out of the rules, or done with reserve, in words. */
  warnings: string[];
  /** Which rules of the node it changed; none of a sync that failed tells. */
  written?: RulesSource[];
  error?: string;
}

export interface SyncOutcome {
  rules: number;
  lines: number;
  warnings: string[];
  written: RulesSource[];
}

const KEPT = 200;

/** The latest syncs, newest last. A sync that changed nothing is counted, not kept. */
export class SyncLog {
  #entries: SyncEntry[] = [];
  #count = 0;
  #listeners = new Set<(entry: SyncEntry) => void>();

  get entries(): readonly SyncEntry[] {
    return this.#entries;
  }

  get last(): SyncEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Calls back for every entry kept; the returned function ends that. */
  onEntry(listener: (entry: SyncEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  begin(what: Pick<SyncEntry, 'mode' | 'dialect' | 'full'>): {
    succeeded(outcome: SyncOutcome): void;
    failed(error: unknown): void;
  } {
    const number = ++this.#count;
    const startedAt = performance.now();
    const at = new Date().toISOString();
    const duration = (): number => Math.round((performance.now() - startedAt) * 10) / 10;
    return {
      succeeded: (outcome) => {
        if (outcome.lines > 0 || this.#entries.length === 0) {
          this.#keep({ number, at, durationMs: duration(), ...what, ...outcome });
        }
      },
      failed: (error) => {
        const message = error instanceof Error ? error.message : String(error);
        this.#keep({
          number,
          at,
          durationMs: duration(),
          ...what,
          rules: 0,
          lines: 0,
          warnings: [],
          error: message,
        });
      },
    };
  }

  #keep(entry: SyncEntry): void {
    this.#entries = [...this.#entries, entry].slice(-KEPT);
    for (const listener of this.#listeners) listener(entry);
  }
}
