/** Progress of long work: a line that changes on a terminal, nothing in a pipe. Goes to stderr. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;
  readonly #startedAt = performance.now();

  /** Says what is going on now. */
  step(what: string): void {
    if (this.#isTerminal) process.stderr.write(`\r\u001b[K${what}…`);
  }

  /** Takes the line away. */
  done(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
  }

  get seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(1);
  }
}
