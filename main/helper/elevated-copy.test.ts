import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckedCopy, CopyError, copiedPrograms } from './elevated-copy.ts';

let folder: string;
let source: string;
let target: string;
/** In Node's place: a program that says what it was started with. */
let node: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elevated-copy-'));
  source = join(folder, 'package');
  target = join(folder, 'copy');
  node = join(folder, 'node');
  writeFileSync(node, '#!/bin/sh\ncat "$1"\n', { mode: 0o755 });
  mkdirSync(target, { mode: 0o700 });
  for (const name of [
    'package.json',
    'out/main/helper.js',
    'node_modules/koffi/index.js',
    'node_modules/@koromix/x',
  ]) {
    const path = join(source, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name === 'package.json' ? '{"type":"module"}' : 'process.stdout.write("helper")\n');
  }
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function copied(): CheckedCopy {
  const copy = new CheckedCopy(target);
  copy.add(source, 'package');
  copy.check();
  return copy;
}

test('the copied programs run without those they were copied from, and go when they are removed', () => {
  const programs = copiedPrograms(source, node);
  rmSync(source, { recursive: true });
  try {
    expect(statSync(dirname(programs.node)).mode & 0o077).toBe(0);
    expect(statSync(programs.helper).mode & 0o222).toBe(0);
    expect(spawnSync(programs.node, [programs.helper], { encoding: 'utf8' }).stdout).toContain('helper');
  } finally {
    programs.remove();
  }
  expect(existsSync(dirname(programs.node))).toBe(false);
});

test.each<[string, (file: string) => void]>([
  [
    'another content',
    (file) => {
      chmodSync(file, 0o600);
      writeFileSync(file, 'process.stdout.write("other!")\n');
    },
  ],
  ['a part that is missing', (file) => unlinkSync(file)],
  ['a file beside it', (file) => writeFileSync(join(dirname(file), 'more.js'), '')],
  [
    'a link in its place',
    (file) => {
      unlinkSync(file);
      symlinkSync(join(source, 'out', 'main', 'helper.js'), file);
    },
  ],
  ['a folder that others may enter', () => chmodSync(target, 0o755)],
])('%s is noticed', (_, change) => {
  const copy = copied();
  change(join(target, 'package', 'out', 'main', 'helper.js'));
  expect(() => copy.check()).toThrow(CopyError);
});

test('a link in the package is refused, and no folder is left', () => {
  symlinkSync('/etc/passwd', join(source, 'out', 'main', 'link.js'));
  expect(() => copiedPrograms(source, node)).toThrow(/link\.js is neither a file nor a folder/);
});
