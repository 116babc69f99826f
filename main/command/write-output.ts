import { closeSync, openSync, writeSync } from 'node:fs';
import { BadInputError } from './bad-input-error.ts';

/**
 * Writes a result, as it is made, where `-o` says; without it to stdout.
 *
 * @throws BadInputError where that cannot be written.
 */
export function writeOutput(file: string | undefined, pieces: Iterable<string>): void {
  if (file === undefined) {
    for (const piece of pieces) process.stdout.write(piece);
    return;
  }
  try {
    writeFile(file, pieces);
  } catch (error) {
    throw new BadInputError(`${file}: cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function writeFile(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const piece of pieces) writeWhole(descriptor, Buffer.from(piece));
  } finally {
    closeSync(descriptor);
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
