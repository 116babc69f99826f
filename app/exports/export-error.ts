/** A format that the mode does not have, or that cannot hold this much. The message says what to do instead. */
export class ExportError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExportError';
  }
}
