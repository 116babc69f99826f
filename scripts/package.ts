/**
 * Makes the packages of this platform: builds, lays out what goes beside the app, and has electron-builder do
 * the rest. Its arguments are electron-builder's: `npm run package -- --linux dir`.
 *
 * The lab is laid out first, in a folder of its own: electron-builder takes what is an extra resource out of the
 * app, and some files (chunks, the page, package.json) belong to both.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const staged = join(root, 'dist', 'lab');

/** Programs that Electron's binary cannot run, the Node that runs them, and what they load; as in the checkout. */
const PARTS = [
  'package.json',
  'LICENSE',
  'bin',
  'out/main',
  'out/renderer',
  'resources/templates',
  'node_modules/node/package.json',
  'node_modules/node/bin',
  'node_modules/koffi',
  'node_modules/@koromix',
];

function run(script: string, args: string[]): void {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

run('scripts/build.ts', ['--if-stale']);
rmSync(staged, { recursive: true, force: true });
mkdirSync(staged, { recursive: true });
for (const part of PARTS)
  cpSync(join(root, part), join(staged, part), { recursive: true, dereference: true });
rmSync(join(staged, 'out', 'main', 'electron.js'));
run('node_modules/electron-builder/cli.js', ['--config', 'electron-builder.yml', ...process.argv.slice(2)]);
