/** The user's input cannot be used (exit code 2). The message says what is wrong, where, and what to do. */
export class BadInputError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BadInputError';
  }
}
