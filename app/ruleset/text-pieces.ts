/**
 * A long text as it is made, piece by piece, so that it can be written without ever being there as a whole: a
 * large ruleset's text, held as lines, as text and as bytes, would take as much memory as the ruleset.
 */

/** Each line with its line end, some tens of kilobytes at a time. */
export function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  for (const line of lines) {
    if (piece.push(line) < LINES_OF_A_PIECE) continue;
    yield ended(piece);
    piece = [];
  }
  if (piece.length > 0) yield ended(piece);
}

/** The text as a whole, for whoever needs it so. */
export function joined(pieces: Iterable<string>): string {
  return [...pieces].join('');
}

const LINES_OF_A_PIECE = 250;

function ended(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
