import { closeSync, constants, fchmodSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

/** The log is begun anew at this size, the old one kept beside it. */
const MOST_BYTES = 4 * 1024 * 1024;

export interface AuditEntry {
  /** What was asked: a verb, or `start`, `refused-peer`, `undo`, `end`. */
  action: string;
  target?: string;
  /** Of a ruleset that was handed over: bytes, and the SHA-256 to find it again by. */
  bytes?: number;
  sha256?: string;
  outcome: 'ok' | 'refused' | 'failed';
  reason?: string;
}

/** What the helper did, a line of JSON each, which every user may read and only root write. */
export class AuditLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  add(entry: AuditEntry): void {
    this.#rotate();
    // A link in its place would have root write somewhere else.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
    const fd = openSync(this.#path, flags, 0o644);
    try {
      fchmodSync(fd, 0o644);
      writeSync(fd, `${JSON.stringify({ at: new Date().toISOString(), pid: process.pid, ...entry })}\n`);
    } finally {
      closeSync(fd);
    }
  }

  #rotate(): void {
    const { size } = statSync(this.#path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size > MOST_BYTES) renameSync(this.#path, `${this.#path}.1`);
  }
}
