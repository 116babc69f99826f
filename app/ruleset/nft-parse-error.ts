/** Text that nft did not print; `line` counts from 1, and is absent for JSON. */
export class NftParseError extends Error {
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.name = 'NftParseError';
    this.line = line;
  }
}
