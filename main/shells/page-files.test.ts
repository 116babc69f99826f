import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageFiles } from './page-files.ts';

let folder: string;
let files: PageFiles;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'page-files-'));
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'renderer', 'assets', 'main-1a2b.js'), '');
  writeFileSync(join(folder, 'renderer', 'assets', 'main-1a2b.js.map'), '');
  writeFileSync(join(folder, 'secret.json'), '{}');
  symlinkSync(join(folder, 'secret.json'), join(folder, 'renderer', 'link.json'));
  files = new PageFiles(join(folder, 'renderer'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the files of the user interface', () => {
  it.each([
    ['/', 'index.html', 'text/html; charset=utf-8', false],
    ['/index.html', 'index.html', 'text/html; charset=utf-8', false],
    ['/assets/main-1a2b.js', 'assets/main-1a2b.js', 'text/javascript; charset=utf-8', true],
  ])('serves %s', (path, file, contentType, immutable) => {
    expect(files.find(path)).toEqual({ file: join(folder, 'renderer', file), contentType, immutable });
  });

  it.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/..\\secret.json',
    '//secret.json',
    '/link.json',
    '/assets/main-1a2b.js.map',
    '/assets',
    '/assets/',
    '/missing.js',
    '',
  ])('has nothing at %j', (path) => {
    expect(files.find(path)).toBeUndefined();
  });
});
