/** Where Electron's binary is, if it is here at all: the package on npm brings it in a download of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

function folderOfPackage(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return undefined;
  }
}

/** Whether the installation has Electron among its packages, with or without the binary. */
export function hasElectronPackage(): boolean {
  return folderOfPackage() !== undefined;
}

/** The binary of the checkout's Electron; undefined where it was not downloaded. */
export function findElectron(): string | undefined {
  const folder = folderOfPackage();
  const named = folder && join(folder, 'path.txt');
  if (!named || !existsSync(named)) return undefined;
  const binary = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(binary) ? binary : undefined;
}
