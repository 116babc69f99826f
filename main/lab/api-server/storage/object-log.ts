import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { StoredObject } from '../api-object.ts';

/** One object written, or removed (`null`). */
export interface Change {
  resource: string;
  key: string;
  object: StoredObject | null;
}

/**
 * Changes that happen together or not at all. Each has a revision of its own, counted up by one, and
 * `revision` is that of the last. `compacted` marks the end of what a compaction wrote: history that a
 * watch can go back to begins there.
 */
export interface LogRecord {
  revision: number;
  changes: Change[];
  compacted?: true;
}

const header = '{"format":"kube-proxy-lab objects","version":1}\n';

/** The file of objects cannot be used; the message names the file, the place and what to do. */
class CorruptLogError extends Error {
  constructor(path: string, line: number, cause: string) {
    super(
      `${path}: line ${line} is damaged (${cause}). Move the file away to start with an empty cluster, or restore it from a copy.`,
    );
    this.name = 'CorruptLogError';
  }
}

/**
 * The objects' file: a header, then one JSON record a line, oldest first.
 *
 * A record is in the kernel's hands before the answer goes out, so that a killed process loses nothing
 * that a client was told; only a machine that loses power may lose the last records (there is no fsync a
 * record: it would cost milliseconds each and a lab can bear it). A record cut short by the end of the
 * process never reached a client and is dropped.
 */
export class ObjectLog {
  readonly path: string;
  #fd: number;
  /** Bytes of whole records, so that a write that failed half-way can be taken back. */
  #size = 0;
  /** Records since the last compaction. */
  records = 0;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /**
   * Opens or makes the file and hands every record to `replay` in order.
   * @throws CorruptLogError for anything but a last line cut short.
   */
  static open(path: string, replay: (record: LogRecord) => void): ObjectLog {
    rmSync(`${path}.new`, { force: true });
    const fd = openSync(path, 'a+', 0o600);
    try {
      const log = new ObjectLog(path, fd);
      log.#replay(readFileSync(fd), replay);
      return log;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #replay(content: Buffer, replay: (record: LogRecord) => void): void {
    const end = content.lastIndexOf(0x0a) + 1;
    if (end < content.length) ftruncateSync(this.#fd, end);
    this.#size = end;
    if (end === 0) {
      this.#write(header);
      return;
    }
    let start = 0;
    for (let line = 1; start < end; line += 1) {
      const stop = content.indexOf(0x0a, start);
      const text = content.toString('utf8', start, stop);
      start = stop + 1;
      if (line === 1) {
        if (`${text}\n` !== header)
          throw new CorruptLogError(this.path, 1, 'it is not the header of this format');
        continue;
      }
      replay(parseRecord(this.path, line, text));
      this.records += 1;
    }
  }

  /** @throws when the disk refuses; nothing of the record is in the file then. */
  append(record: LogRecord): void {
    this.#write(serialize(record));
    this.records += 1;
  }

  /**
   * Replaces the file by one that holds `records` alone. The old file stays whole until the new one is.
   * @throws when the disk refuses; the old file is in use as before then.
   */
  compact(records: Iterable<LogRecord>): void {
    const next = `${this.path}.new`;
    try {
      const size = writeWhole(next, records);
      renameSync(next, this.path);
      this.#size = size;
    } catch (error) {
      rmSync(next, { force: true, recursive: true });
      throw error;
    }
    closeSync(this.#fd);
    this.#fd = openSync(this.path, 'a', 0o600);
    this.records = 0;
  }

  #write(text: string): void {
    try {
      this.#size += writeFully(this.#fd, text);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function serialize(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** A new file of these records, safe on the disk. Answers with its size in bytes. */
function writeWhole(path: string, records: Iterable<LogRecord>): number {
  const fd = openSync(path, 'w', 0o600);
  try {
    let size = writeFully(fd, header);
    for (const record of records) size += writeFully(fd, serialize(record));
    fsyncSync(fd);
    return size;
  } finally {
    closeSync(fd);
  }
}

function writeFully(fd: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return bytes.length;
}

function parseRecord(path: string, line: number, text: string): LogRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CorruptLogError(path, line, error instanceof Error ? error.message : String(error));
  }
  if (!isRecord(value)) throw new CorruptLogError(path, line, 'it is JSON, but not a record');
  return value;
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { revision, changes } = value as Partial<LogRecord>;
  return (
    typeof revision === 'number' &&
    Array.isArray(changes) &&
    changes.every(
      (change) =>
        typeof change?.resource === 'string' &&
        typeof change.key === 'string' &&
        typeof change.object === 'object',
    )
  );
}
