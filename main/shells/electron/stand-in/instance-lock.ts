/** One instance for each folder: the second start leaves its arguments for the first and gets no lock. */
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function holds(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

export function takeInstanceLock(
  folder: string,
  onSecond: (argv: string[], directory: string) => void,
): boolean {
  const lock = join(folder, 'stand-in.pid');
  const letters = join(folder, 'stand-in-letters');
  if (!holds(lock)) {
    if (isAlive(Number(readFileSync(lock, 'utf8')))) {
      writeFileSync(
        join(letters, `${process.pid}.json`),
        JSON.stringify({ argv: process.argv, directory: process.cwd() }),
      );
      return false;
    }
    rmSync(lock);
    if (!holds(lock)) return false;
  }
  rmSync(letters, { recursive: true, force: true });
  mkdirSync(letters);
  const watcher = watch(letters, () => {
    for (const name of readdirSync(letters)) {
      const text = readFileSync(join(letters, name), 'utf8');
      if (!text.endsWith('}')) continue;
      rmSync(join(letters, name));
      const { argv, directory } = JSON.parse(text);
      onSecond(argv, directory);
    }
  });
  watcher.unref();
  process.once('exit', () => rmSync(lock, { force: true }));
  return true;
}
