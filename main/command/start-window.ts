/** Opens the app's own window: Electron, where its binary is there and can run. */
import { spawn } from 'node:child_process';
import { type ElectronApp, findElectronApp } from '../requirements/electron-binary.ts';
import { onNpmGone } from './npm-parent.ts';

export interface Desktop {
  platform: string;
  env: NodeJS.ProcessEnv;
  uid: number | undefined;
}

/** Why Electron cannot open a window here; undefined where it can. */
export function windowHindrance({ platform, env, uid }: Desktop): string | undefined {
  // Chromium's sandbox does not start as root, and without it a page is no longer kept from the system.
  if (uid === 0) return 'as root there is no window of its own (its sandbox does not run as root)';
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'there is no display';
  return undefined;
}

/** The app that can open a window here; says why where it is there and cannot. */
export function appForWindow(log: (line: string) => void): ElectronApp | undefined {
  const app = findElectronApp();
  if (!app) return undefined;
  const hindrance = windowHindrance({
    platform: process.platform,
    env: process.env,
    uid: process.getuid?.(),
  });
  if (hindrance === undefined) return app;
  log(`kube-proxy-lab: ${hindrance}: the user interface opens in the browser`);
  return undefined;
}

/** Runs the app until its window is closed or a signal asks to end. Gives the exit code. */
export async function startWindow(
  { binary, args }: ElectronApp,
  options: { data?: string; json?: boolean },
): Promise<number> {
  const child = spawn(
    binary,
    [...args, ...(options.data ? ['--data', options.data] : []), ...(options.json ? ['--json'] : [])],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  // ^C reaches both of us; the others are for us to pass on. It ends in order, and we with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'));
  }
  onNpmGone(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
