/**
 * Notices at once when somebody else changes a node's rules, where the kernel reports changes as events (nf_tables:
 * nft's own rules and those of iptables-nft). Our own writes are known and passed over, so that they lead to no
 * reading.
 *
 * A write of ours is one process, and the kernel names the process of each transaction; its pid cannot be compared
 * where the node is a container or in a pid namespace. So processes are counted: each that changes rules while we
 * write is taken for our writer once. Where a stranger's comes first, ours is the one too many.
 */
import type { FollowedCommand } from '../follow-command.ts';
import type { NodePlace } from './node-place.ts';
import { RulesetEvents } from './ruleset-events.ts';

/** What has been noticed since the monitor began. */
export type RulesetNotice =
  /** So many times somebody else changed kube-proxy's rules; `program` is who did last. */
  | { readonly available: true; readonly count: number; readonly program?: string }
  /** The node does not tell: its rules have to be read now and then. */
  | { readonly available: false; readonly reason: string };

/** An event may come so long after the write that it tells of, in milliseconds. */
const LATE_EVENT_MS = 1_000;
/** Several transactions of one program are one change. */
const TOGETHER_MS = 30;

interface OwnWrite {
  endedAt: number | undefined;
  pid: number | undefined;
}

export class RulesetMonitor {
  readonly #place: NodePlace;
  #command: FollowedCommand | undefined;
  #failure: string | undefined;
  #count = 0;
  #program: string | undefined;
  #writes: OwnWrite[] = [];
  #strangers = new Map<number, number>();
  #announceTimer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(place: NodePlace) {
    this.#place = place;
  }

  /** Marks what is done meanwhile as ours: a call of one program that writes rules. */
  async own<Result>(write: () => Promise<Result>): Promise<Result> {
    if (this.#command === undefined) return write();
    const now = performance.now();
    this.#writes = this.#writes.filter(
      ({ endedAt }) => endedAt === undefined || now - endedAt < LATE_EVENT_MS,
    );
    const own: OwnWrite = { endedAt: undefined, pid: undefined };
    this.#writes.push(own);
    try {
      return await write();
    } finally {
      own.endedAt = performance.now();
    }
  }

  /** Resolves when more than `after` changes have been noticed, or after `waitMs`. Begins to watch when first asked. */
  async next(after: number, waitMs: number): Promise<RulesetNotice> {
    this.#begin();
    if (this.#failure === undefined && this.#count <= after && waitMs > 0) await this.#changed(waitMs);
    if (this.#failure !== undefined) {
      const reason = this.#failure;
      // Whoever asks again gets another try.
      this.#failure = undefined;
      return { available: false, reason };
    }
    const program = this.#program === undefined ? {} : { program: this.#program };
    return { available: true, count: this.#count, ...program };
  }

  close(): void {
    clearTimeout(this.#announceTimer);
    this.#command?.close();
    this.#command = undefined;
    this.#wake();
  }

  #begin(): void {
    if (this.#command !== undefined) return;
    if (!this.#place.follow) {
      this.#failure = 'nothing can be followed there: the rules are read now and then';
      return;
    }
    const events = new RulesetEvents();
    const command = this.#place.follow(['nft', 'monitor'], (line) => this.#read(events, line));
    this.#command = command;
    command.ended.catch((error: unknown) => {
      if (this.#command !== command) return;
      this.#command = undefined;
      this.#failure = error instanceof Error ? error.message : String(error);
      this.#wake();
    });
  }

  #read(events: RulesetEvents, line: string): void {
    const change = events.read(line);
    if (change === undefined) return;
    if (change !== 'lost' && this.#isOwn(change.pid)) return;
    if (change !== 'lost') this.#program = change.program;
    this.#announceTimer ??= setTimeout(() => {
      this.#announceTimer = undefined;
      this.#count += 1;
      this.#wake();
    }, TOGETHER_MS);
  }

  #isOwn(pid: number): boolean {
    const now = performance.now();
    const isOpen = ({ endedAt }: OwnWrite): boolean => endedAt === undefined || now - endedAt < LATE_EVENT_MS;
    const open = this.#writes.filter(isOpen);
    if (open.some((write) => write.pid === pid)) return true;
    // A program taken for a stranger stays one, however many tables it goes on to change.
    if (this.#strangers.has(pid)) return false;
    const free = open.find((write) => write.pid === undefined);
    if (free) {
      free.pid = pid;
      return true;
    }
    for (const [each, at] of this.#strangers) if (now - at > LATE_EVENT_MS) this.#strangers.delete(each);
    this.#strangers.set(pid, now);
    return false;
  }

  #changed(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const waiting of [...this.#waiting]) waiting();
  }
}
