/**
 * Why a patch cannot be applied, with the HTTP status an API server answers with: 400 for a patch that is
 * no patch, 422 for one that does not fit the object, 500 for a strategic patch that contradicts itself.
 */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly code: 400 | 422 | 500;

  constructor(code: 400 | 422 | 500, message: string) {
    super(message);
    this.code = code;
  }
}
