/**
 * Collects a long text line by line.
 *
 * Lines are put together a thousand at a time: kept singly until the end, a large ruleset's would each live long
 * enough to be moved by the garbage collector, which takes longer than making them.
 */
export class LineText {
  readonly #pieces: string[] = [];
  #lines: string[] = [];

  add(line: string): void {
    if (this.#lines.push(line) === LINES_OF_A_PIECE) this.#endPiece();
  }

  /** All lines, each with its line end. */
  toString(): string {
    this.#endPiece();
    return this.#pieces.join('');
  }

  #endPiece(): void {
    if (this.#lines.length === 0) return;
    this.#lines.push('');
    this.#pieces.push(this.#lines.join('\n'));
    this.#lines = [];
  }
}

const LINES_OF_A_PIECE = 1000;
