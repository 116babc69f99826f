import { writeFileSync } from 'node:fs';
import { BadInputError } from './bad-input-error.ts';

/** Writes a result where `-o` says. @throws BadInputError where that cannot be written. */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new BadInputError(`${file}: cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
