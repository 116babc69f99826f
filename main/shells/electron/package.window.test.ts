/** What electron-builder makes of the app, on a stand-in for Electron's folder: its parts, and that it starts. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startElectronApp } from '../../testing/electron-app.ts';
import { run } from '../../testing/lab-under-test.ts';
import { makeElectronDist } from './stand-in/electron-dist.ts';

/** The letters of a binary's wire of fuses. */
const ENABLED = '1'.charCodeAt(0);
const DISABLED = '0'.charCodeAt(0);

const root = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-package-'));
const unpacked = join(folder, 'dist', 'linux-unpacked');
const resources = join(unpacked, 'resources');
const archive = join(resources, 'app.asar');

beforeAll(async () => {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'),
  );
  const dist = join(folder, 'electron');
  makeElectronDist(dist, version);
  await promisify(execFile)(
    process.execPath,
    [
      join(root, 'scripts', 'package.ts'),
      '--linux',
      'dir',
      `-c.electronDist=${dist}`,
      `-c.directories.output=${join(folder, 'dist')}`,
    ],
    { cwd: root },
  );
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  it('has the window in its archive, and no dependency beside it', () => {
    const files = listPackage(archive, { isPack: false });
    expect(files).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/out/main/electron.js',
        '/out/preload/preload.cjs',
        '/out/renderer/index.html',
      ]),
    );
    expect(files.filter((file) => /node_modules|\.ts$|^\/main/.test(file))).toEqual([]);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'kube-proxy-lab'));
    const on = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ];
    const off = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    expect(on.map((fuse) => wire[fuse])).toEqual(on.map(() => ENABLED));
    expect(off.map((fuse) => wire[fuse])).toEqual(off.map(() => DISABLED));
  });

  it('runs the command on the Node that it carries', async () => {
    const command = join(resources, 'lab', 'bin', 'kube-proxy-lab');
    expect(existsSync(join(resources, 'lab', 'node_modules', 'node', 'bin', 'node'))).toBe(true);
    const template = join(resources, 'lab', 'resources', 'templates', 'mysql.yaml');
    const { code, stdout } = await run([
      'env',
      '-i',
      'PATH=/usr/bin:/bin',
      command,
      'render',
      '-f',
      template,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('default/mysql-service');
  });

  it('starts from its archive, with the lab beside it', async () => {
    const app = join(folder, 'app');
    extractAll(archive, app);
    const running = await startElectronApp({
      data: join(folder, 'data'),
      app,
      env: { STAND_IN_PACKAGED: '1', STAND_IN_RESOURCES: resources },
    });
    try {
      const page = await running.page();
      await page.getByText('API connected').waitFor();
      const { pid } = JSON.parse(readFileSync(join(folder, 'data', 'lab.json'), 'utf8'));
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(join(resources, 'lab'));
    } finally {
      await running.quit();
    }
  });
});
