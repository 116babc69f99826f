/** Where Electron is, if it is here at all: the package on npm brings its binary in a download of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageFolder } from '../program-files.ts';

/** How the app is started: a checkout's Electron is told which app. */
export interface ElectronApp {
  binary: string;
  args: string[];
}

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

/** What a package of ours calls the app, seen from the folder `resources/lab` in it. */
const PACKAGED = {
  linux: ['..', '..', 'kube-proxy-lab'],
  darwin: ['..', '..', 'MacOS', 'Kube Proxy Lab'],
  win32: ['..', '..', 'Kube Proxy Lab.exe'],
} as const;

function isPackagedPlatform(platform: string): platform is keyof typeof PACKAGED {
  return Object.hasOwn(PACKAGED, platform);
}

/** The app as it can be started from this installation; undefined where it has no Electron. */
export function findElectronApp(): ElectronApp | undefined {
  const folder = packageFolder();
  if (isPackagedPlatform(process.platform) && existsSync(join(folder, '..', 'app.asar'))) {
    return { binary: join(folder, ...PACKAGED[process.platform]), args: [] };
  }
  const binary = findElectron();
  return binary === undefined ? undefined : { binary, args: [folder] };
}
