/**
 * One connection of the elevated helper to whoever started it: what may be asked, how often, what is noted
 * before it is done, and what is undone at its end.
 */
import { createHash } from 'node:crypto';
import { processStartTime } from '../process-start-time.ts';
import { type NodeAt, nodeAt } from '../targets/node-at.ts';
import { PlaceError } from '../targets/place-error.ts';
import { parseTargetSpec } from '../targets/target-spec.ts';
import { attachingVerbHandlers, attachingVerbs } from './attaching-verbs.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';
import { type HelperVerbs, mostHelperVerbsAtOnce } from './helper-protocol.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { listeningVerbs } from './listening-verbs.ts';
import { nodeVerbs } from './node-protocol.ts';
import { restoreSnapshot, takeSnapshot } from './node-snapshot.ts';
import { nodeVerbHandlers } from './node-verbs.ts';
import { RulesetMonitor } from './ruleset-monitor.ts';
import type { VerbHandlers } from './verb-channel.ts';

export interface HelperSessionOptions {
  journal: Journal;
  audit: AuditLog;
}

interface Attached {
  monitor: RulesetMonitor;
  node: NodeAt;
  /** As it was asked for. */
  target: string;
  verbs: VerbHandlers<Omit<HelperVerbs, 'attach' | 'leaveRules' | 'undo'>>;
}

/** Verbs that change the node: before the first of them it is noted as it is. */
const WRITING = [
  'writeIptables',
  'writeNftables',
  'createCounters',
  'deleteConntrack',
  'writeSysctl',
  'serveServicePorts',
  'serveHealthChecks',
] as const satisfies (keyof HelperVerbs)[];

const MOST_A_SECOND = 200;

export class HelperSession {
  readonly #options: HelperSessionOptions;
  #attached: Attached | undefined;
  #noted: Promise<JournalEntry> | undefined;
  #keep = false;
  readonly #underWay = new Set<Promise<unknown>>();
  /** When the latest requests came, in milliseconds. */
  #recent: number[] = [];
  #ended = false;

  constructor(options: HelperSessionOptions) {
    this.#options = options;
  }

  handlers(): VerbHandlers<HelperVerbs> {
    const call =
      (name: keyof Attached['verbs']) =>
      (args: never): Promise<unknown> =>
        this.#bounded(name, args, async () => {
          const { verbs } = this.#here();
          if ((WRITING as readonly string[]).includes(name)) await this.#note();
          return (verbs[name] as (args: never) => unknown)(args);
        });
    const own: Partial<VerbHandlers<HelperVerbs>> = {
      attach: (args) => this.#bounded('attach', args, () => this.#attach(args.target)),
      leaveRules: (args) => this.#bounded('leaveRules', args, () => this.#leaveRules()),
      undo: (args) => this.#bounded('undo', args, () => this.#undo()),
    };
    const rest = Object.keys({
      ...nodeVerbs,
      ...listeningVerbs,
      ...attachingVerbs,
    }) as (keyof Attached['verbs'])[];
    return {
      ...Object.fromEntries(rest.map((name) => [name, call(name)])),
      ...own,
    } as VerbHandlers<HelperVerbs>;
  }

  /** The other end has gone: what was changed is undone, unless it was to stay. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // Who waits for changes of the rules is answered: nobody is there to hear of them.
    this.#attached?.monitor.close();
    // What is under way may still change the node: undone before it has ended, it would come after.
    await Promise.allSettled(this.#underWay);
    this.#attached?.node.listeners.close();
    try {
      if (!this.#keep) await this.#undo();
      this.#audit({ action: 'end', outcome: 'ok' });
    } catch (error) {
      // The journal stays: the next helper tries again.
      this.#audit({ action: 'end', outcome: 'failed', reason: words(error) });
    }
    this.#attached?.node.close();
  }

  /** Bounds the rate, and notes every request that is more than a look. */
  async #bounded<Result>(
    name: keyof HelperVerbs,
    args: unknown,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#ended) throw Object.assign(new Error('the helper is ending'), { code: 'gone' });
    const now = performance.now();
    this.#recent = this.#recent.filter((at) => now - at < 1000);
    if (this.#underWay.size >= mostHelperVerbsAtOnce || this.#recent.length >= MOST_A_SECOND) {
      throw Object.assign(new Error('too many requests at a time'), { code: 'too-many' });
    }
    this.#recent.push(now);
    const noted =
      (WRITING as readonly string[]).includes(name) || ['attach', 'leaveRules', 'undo'].includes(name);
    const about = { action: name, ...inputOf(args) };
    try {
      const working = work();
      this.#underWay.add(working);
      const result = await working.finally(() => this.#underWay.delete(working));
      if (noted) this.#audit({ ...about, outcome: 'ok' });
      return result;
    } catch (error) {
      const refused = (error as { code?: unknown }).code === 'refused-ruleset';
      this.#audit({ ...about, outcome: refused ? 'refused' : 'failed', reason: words(error) });
      throw error;
    }
  }

  #here(): Attached {
    if (!this.#attached) throw Object.assign(new Error('no node is attached yet'), { code: 'not-attached' });
    return this.#attached;
  }

  async #attach(target: string): Promise<void> {
    if (this.#attached) throw Object.assign(new Error('a node is attached already'), { code: 'attached' });
    const node = await nodeAt(parseTargetSpec(target));
    const { userspace, healthChecks, mark } = node.listeners;
    const monitor = new RulesetMonitor(node.place);
    this.#attached = {
      node,
      monitor,
      target,
      verbs: {
        ...nodeVerbHandlers(node.place, monitor),
        serveServicePorts: (state) => userspace.serve(state),
        relayStatistics: () => userspace.statistics(),
        serveHealthChecks: (state) => healthChecks.serve(state),
        ...attachingVerbHandlers(node.place, mark),
      },
    };
  }

  /** Before the first write: the node as it is, on disk. */
  #note(): Promise<JournalEntry> {
    this.#noted ??= (async () => {
      const { place, target, instance } = this.#here().node;
      const entry: JournalEntry = {
        pid: process.pid,
        startTime: processStartTime(process.pid) ?? 'unknown',
        target,
        instance,
        before: await takeSnapshot(place),
      };
      this.#options.journal.write(entry);
      return entry;
    })();
    return this.#noted;
  }

  async #leaveRules(): Promise<void> {
    this.#keep = true;
    const entry = await this.#noted;
    if (entry) this.#options.journal.remove(entry);
  }

  async #undo(): Promise<void> {
    const noted = this.#noted;
    this.#noted = undefined;
    const entry = await noted;
    if (!entry) return;
    const { node, monitor } = this.#here();
    const { place, listeners } = node;
    await restoreSnapshot(place, entry.before, monitor);
    // No rule leads to them any more. At the end of all they have been closed already.
    if (!this.#ended) await listeners.quiet();
    this.#options.journal.remove(entry);
  }

  #audit(entry: AuditEntry): void {
    this.#options.audit.add({ ...(this.#attached ? { target: this.#attached.target } : {}), ...entry });
  }
}

/** Undoes what helpers that have gone left behind. */
export async function undoAbandoned({ journal, audit }: HelperSessionOptions): Promise<void> {
  const { entries, unreadable } = journal.abandoned();
  for (const path of unreadable) {
    audit.add({
      action: 'undo',
      outcome: 'failed',
      reason: `${path} is not a journal entry; it is left alone`,
    });
  }
  for (const entry of entries) {
    try {
      const node = await nodeOf(entry);
      try {
        if (node) await restoreSnapshot(node.place, entry.before);
      } finally {
        node?.close();
      }
      journal.remove(entry);
      audit.add({ action: 'undo', target: entry.target, outcome: 'ok' });
    } catch (error) {
      audit.add({ action: 'undo', target: entry.target, outcome: 'failed', reason: words(error) });
    }
  }
}

/** The node of an entry; undefined where it has gone, and has taken its rules along. Throws where that is not known. */
async function nodeOf(entry: JournalEntry): Promise<NodeAt | undefined> {
  try {
    const node = await nodeAt(parseTargetSpec(entry.target));
    if (node.instance === entry.instance) return node;
    node.close();
    return undefined;
  } catch (error) {
    if (error instanceof PlaceError && (error.code === 'gone' || error.code === 'not-running'))
      return undefined;
    throw error;
  }
}

function inputOf(args: unknown): Pick<AuditEntry, 'bytes' | 'sha256'> {
  const { input } = (args ?? {}) as { input?: unknown };
  if (typeof input !== 'string') return {};
  return { bytes: Buffer.byteLength(input), sha256: createHash('sha256').update(input).digest('hex') };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
