/**
 * One connection of the elevated helper to whoever started it: what may be asked, how often, what is noted
 * before it is done, and what is undone at its end.
 */
import { createHash } from 'node:crypto';
import { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { processStartTime } from '../process-start-time.ts';
import { containerPlace, findContainer } from '../targets/container-place.ts';
import { parseTargetSpec } from '../targets/target-spec.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';
import { HealthCheckServers } from './health-check-servers.ts';
import type { HelperVerbs } from './helper-protocol.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { listeningVerbs } from './listening-verbs.ts';
import { type NodePlace, namespacePlace } from './node-place.ts';
import { type NodeVerbs, nodeVerbs } from './node-protocol.ts';
import { restoreSnapshot, takeSnapshot } from './node-snapshot.ts';
import { nodeVerbHandlers } from './node-verbs.ts';
import { RelayProcess } from './relay-process.ts';
import type { VerbHandlers } from './verb-channel.ts';

export interface HelperSessionOptions {
  journal: Journal;
  audit: AuditLog;
}

interface Attached {
  target: string;
  place: NodePlace;
  verbs: VerbHandlers<Omit<HelperVerbs, 'attach' | 'leaveRules' | 'undo'>>;
  /** Ends what listens on the node. */
  close(): void;
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

const MOST_AT_ONCE = 16;
const MOST_A_SECOND = 200;

export class HelperSession {
  readonly #options: HelperSessionOptions;
  #attached: Attached | undefined;
  #noted: Promise<JournalEntry> | undefined;
  #keep = false;
  #running = 0;
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
    const verbs = Object.keys(nodeVerbs) as (keyof NodeVerbs)[];
    const rest = [...verbs, ...(Object.keys(listeningVerbs) as (keyof typeof listeningVerbs)[])];
    return {
      ...Object.fromEntries(rest.map((name) => [name, call(name)])),
      ...own,
    } as VerbHandlers<HelperVerbs>;
  }

  /** The other end has gone: what was changed is undone, unless it was to stay. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#attached?.close();
    try {
      if (!this.#keep) await this.#undo();
      this.#audit({ action: 'end', outcome: 'ok' });
    } catch (error) {
      // The journal stays: the next helper tries again.
      this.#audit({ action: 'end', outcome: 'failed', reason: words(error) });
    }
  }

  /** Bounds the rate, and notes every request that is more than a look. */
  async #bounded<Result>(
    name: keyof HelperVerbs,
    args: unknown,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const now = performance.now();
    this.#recent = this.#recent.filter((at) => now - at < 1000);
    if (this.#running >= MOST_AT_ONCE || this.#recent.length >= MOST_A_SECOND) {
      throw Object.assign(new Error('too many requests at a time'), { code: 'too-many' });
    }
    this.#recent.push(now);
    this.#running += 1;
    const noted =
      (WRITING as readonly string[]).includes(name) || ['attach', 'leaveRules', 'undo'].includes(name);
    const about = { action: name, ...inputOf(args) };
    try {
      const result = await work();
      if (noted) this.#audit({ ...about, outcome: 'ok' });
      return result;
    } catch (error) {
      const refused = (error as { code?: unknown }).code === 'refused-ruleset';
      this.#audit({ ...about, outcome: refused ? 'refused' : 'failed', reason: words(error) });
      throw error;
    } finally {
      this.#running -= 1;
    }
  }

  #here(): Attached {
    if (!this.#attached) throw Object.assign(new Error('no node is attached yet'), { code: 'not-attached' });
    return this.#attached;
  }

  async #attach(target: string): Promise<void> {
    if (this.#attached) throw Object.assign(new Error('a node is attached already'), { code: 'attached' });
    const spec = parseTargetSpec(target);
    let place: NodePlace;
    let within: NetworkNamespace | undefined;
    if (spec.kind === 'netns') {
      within = NetworkNamespace.open(spec.name);
      place = namespacePlace(within);
    } else if (spec.kind === 'container') {
      const container = await findContainer(spec.name, spec.runtime);
      if (process.platform === 'linux') within = NetworkNamespace.ofProcess(container.pid);
      place = containerPlace(container);
    } else place = namespacePlace();
    const relay = new RelayProcess(within);
    const healthChecks = new HealthCheckServers(within);
    this.#attached = {
      target,
      place,
      close: () => {
        relay.close();
        healthChecks.close();
      },
      verbs: {
        ...nodeVerbHandlers(place),
        serveServicePorts: (state) => relay.serve(state),
        relayStatistics: () => relay.statistics(),
        serveHealthChecks: (state) => healthChecks.serve(state),
      },
    };
  }

  /** Before the first write: the node as it is, on disk. */
  #note(): Promise<JournalEntry> {
    this.#noted ??= (async () => {
      const { place, target } = this.#here();
      const entry: JournalEntry = {
        pid: process.pid,
        startTime: processStartTime(process.pid) ?? 'unknown',
        target,
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
    await restoreSnapshot(this.#here().place, entry.before);
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
      const place = await placeOf(entry.target);
      // A namespace or container that has gone has taken its rules along.
      if (place) await restoreSnapshot(place, entry.before);
      journal.remove(entry);
      audit.add({ action: 'undo', target: entry.target, outcome: 'ok' });
    } catch (error) {
      audit.add({ action: 'undo', target: entry.target, outcome: 'failed', reason: words(error) });
    }
  }
}

async function placeOf(target: string): Promise<NodePlace | undefined> {
  const spec = parseTargetSpec(target);
  try {
    if (spec.kind === 'netns') return namespacePlace(NetworkNamespace.open(spec.name));
    if (spec.kind === 'container') return containerPlace(await findContainer(spec.name, spec.runtime));
    return namespacePlace();
  } catch {
    return undefined;
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
