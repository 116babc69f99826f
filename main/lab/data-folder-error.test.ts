import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainFileError } from './data-folder-error.ts';

/** What file systems refuse, asked of a real one where one test can make it refuse. */

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

function refusal(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

const fileError = (code: string, path?: string): Error =>
  Object.assign(new Error(code), { code, syscall: 'write', ...(path !== undefined && { path }) });

describe('a data folder', () => {
  it('that is a file is told by its name, with the way out', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const error = refusal(() => mkdirSync(join(file, 'below'), { recursive: true }));
    expect(explainFileError(error, join(file, 'below'))).toMatchObject({
      name: 'DataFolderError',
      message: `${join(file, 'below')} is in the way of the data folder: a file where a folder should be. Move it away, or name another folder with --data.`,
    });
  });

  it('that holds a folder where a file should be is told likewise', () => {
    mkdirSync(join(folder, 'token'));
    const error = refusal(() => writeFileSync(join(folder, 'token'), ''));
    expect(explainFileError(error, folder)).toMatchObject({
      message: expect.stringContaining(`${join(folder, 'token')} is in the way`),
    });
  });

  it.each([
    ['EACCES', 'may not be read or written by this user. Give it to this user (chown)'],
    ['EPERM', 'may not be read or written by this user'],
    ['EROFS', 'is on a file system that cannot be written. Mount it writable'],
    ['ENOSPC', 'no space is left for the data folder'],
    ['EDQUOT', 'no space is left for the data folder'],
  ])('%s is told with a remedy', (code, words) => {
    for (const path of [undefined, folder, join(folder, 'lab.json')]) {
      expect(explainFileError(fileError(code, path), folder)).toMatchObject({
        name: 'DataFolderError',
        message: expect.stringContaining(words),
      });
    }
  });

  it('is not blamed for what has nothing to do with it', () => {
    const elsewhere = refusal(() => readFileSync(`${folder}-other/file`));
    for (const error of [
      elsewhere,
      fileError('EACCES', `${folder}-other`),
      fileError('ENOENT'),
      new Error('x'),
      7,
    ]) {
      expect(explainFileError(error, folder)).toBe(error);
    }
  });
});
