/**
 * Builds everything into out/: main, preload and renderer, by electron-vite.
 *
 * `--if-stale` builds only where a source is newer than the last build: `npm start` and `npm test` call it so.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'out', '.built');
const sources = [
  'app',
  'main',
  'renderer',
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
  'tsconfig.json',
];

function newest(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return /\.test\.ts$/.test(path) ? 0 : stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isFresh(): boolean {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return built > 0 && sources.every((source) => newest(join(root, source)) <= built);
}

/** Beside each of the page's texts its compressed forms, so that the web shell compresses nothing while somebody waits. */
function compressPage(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(html|js|css|svg|json)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(content));
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}

const startedAt = new Date();
if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);
process.stderr.write('Building…\n');
const cli = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
const { status } = spawnSync(
  process.execPath,
  [
    cli,
    'build',
    '--config',
    'electron.vite.config.ts',
    '--logLevel',
    process.argv.includes('--verbose') ? 'info' : 'warn',
  ],
  { cwd: root, stdio: ['ignore', 2, 2] },
);
if (status !== 0) process.exit(status ?? 1);
compressPage(join(root, 'out', 'renderer'));
writeFileSync(stamp, '');
// As old as the build's start: what changed while it ran makes it stale.
utimesSync(stamp, startedAt, startedAt);
