/**
 * What the helper must undo, on disk before it is done: a file for each helper process, with the node as it was
 * before the first write. One whose helper has gone is found by the next helper, which undoes it.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { processStartTime } from '../process-start-time.ts';
import { nodeSnapshotSchema } from './node-snapshot.ts';

const entrySchema = z.strictObject({
  pid: z.int().positive(),
  /** Of the helper's process: a process id alone may be another's by now. */
  startTime: z.string(),
  target: z.string().max(300),
  /** Of the node: another of the same name has none of its rules. */
  instance: z.string().max(300),
  before: nodeSnapshotSchema,
});
export type JournalEntry = z.infer<typeof entrySchema>;

export class Journal {
  readonly #folder: string;

  /** @param folder only root may write there; others may see that there is something to undo */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  }

  /** On disk when it returns. */
  write(entry: JournalEntry): void {
    const path = this.#path(entry);
    const draft = `${path}.new`;
    const fd = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(fd, JSON.stringify(entry));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  remove(entry: Pick<JournalEntry, 'pid' | 'target'>): void {
    rmSync(this.#path(entry), { force: true });
  }

  /** Entries of helpers that have gone, and files that are no entries (to be told of, not acted on). */
  abandoned(): { entries: JournalEntry[]; unreadable: string[] } {
    const entries: JournalEntry[] = [];
    const unreadable: string[] = [];
    for (const name of readdirSync(this.#folder).filter((file) => file.endsWith('.json'))) {
      const entry = readEntry(join(this.#folder, name));
      if (!entry) unreadable.push(join(this.#folder, name));
      else if (processStartTime(entry.pid) !== entry.startTime) entries.push(entry);
    }
    return { entries, unreadable };
  }

  #path({ pid, target }: Pick<JournalEntry, 'pid' | 'target'>): string {
    return join(
      this.#folder,
      `${pid}-${createHash('sha256').update(target).digest('hex').slice(0, 16)}.json`,
    );
  }
}

function readEntry(path: string): JournalEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
