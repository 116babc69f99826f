/** A selector that cannot be understood: the message is the API server's own, of a 400 answer. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}
