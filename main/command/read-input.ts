/** Reads the files that a command names, with a limit, so that no input can exhaust the machine. */
import { isAscii } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BadInputError } from './bad-input-error.ts';

/** Some ten times what 10,000 Services with their slices take as JSON. */
const MAX_BYTES = 128 * 1024 * 1024;
const STDIN = 0;

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws BadInputError when there is no such file, it may not be read, is no UTF-8, or is too large.
 */
export function readInput(file: string): string {
  const name = inputName(file);
  let bytes: Buffer;
  try {
    bytes = file === '-' ? readWithLimit(STDIN, name) : readFileWithLimit(file);
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw new BadInputError(`${name}: ${reason(error as NodeJS.ErrnoException)}`, { cause: error });
  }
  // Nearly all manifests: as it stands, in half the memory and a tenth of the time.
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BadInputError(`${name}: is not text in UTF-8`, { cause });
  }
}

/** What messages call an input. */
export function inputName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

function readFileWithLimit(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > MAX_BYTES) throw tooLarge(file);
    return readWithLimit(descriptor, file, size + 1);
  } finally {
    closeSync(descriptor);
  }
}

const CHUNK = 1 << 20;

/** @param expected how much there probably is, and a byte to see that there is no more: read at once. */
function readWithLimit(descriptor: number, name: string, expected = CHUNK): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(total === 0 ? Math.max(expected, CHUNK) : CHUNK);
    const length = readChunk(descriptor, chunk);
    const [only] = chunks;
    if (length === 0) return only && chunks.length === 1 ? only : Buffer.concat(chunks, total);
    const bytes = chunk.subarray(0, length);
    if (total === 0 && isUtf16(bytes)) {
      throw new BadInputError(`${name}: is text in UTF-16; save it as UTF-8`);
    }
    // Looked for while reading, so that what is no text, and never ends, is not read for long.
    if (bytes.includes(0)) throw new BadInputError(`${name}: is not text: it holds zero bytes`);
    total += length;
    if (total > MAX_BYTES) throw tooLarge(name);
    chunks.push(bytes);
  }
}

/** By its byte order mark, of either order. */
function isUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** A pipe that is not ready answers EAGAIN, where its other end made it non-blocking. */
function readChunk(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, chunk);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function tooLarge(name: string): BadInputError {
  return new BadInputError(
    `${name}: is larger than ${MAX_BYTES >> 20} MiB; split it, or take out what is no Service`,
  );
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'no such file';
    case 'EISDIR':
      return 'is a directory; name the files in it';
    case 'EACCES':
      return 'may not be read: permission denied';
    default:
      return error.message;
  }
}
