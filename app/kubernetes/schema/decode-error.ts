/** A value of the wrong type. The message is the decoder's own, without the API server's words around it. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}
