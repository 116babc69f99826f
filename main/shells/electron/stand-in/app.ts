/** `app`: the life of the application. */
import { EventEmitter } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { takeInstanceLock } from './instance-lock.ts';
import { needsReady, state } from './state.ts';
import { closeAllWindows, openWindows } from './windows.ts';

/** An event whose listeners may prevent what it tells of. */
export function preventable<Fields extends object>(
  fields: Fields,
): Fields & { defaultPrevented: boolean; preventDefault: () => void } {
  const event = {
    ...fields,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}

/** What the app adds to the browser's command line before it starts. */
class CommandLine {
  readonly switches: string[] = [];

  appendSwitch(name: string, value?: string): void {
    if (state.ready) throw new Error('app.commandLine.appendSwitch() has no effect once the app is ready');
    this.switches.push(value === undefined ? `--${name}` : `--${name}=${value}`);
  }
}

class App extends EventEmitter {
  readonly commandLine = new CommandLine();
  readonly #paths = new Map<string, string>();
  readonly #ready = Promise.withResolvers<void>();
  readonly isPackaged = process.env['STAND_IN_PACKAGED'] === '1';
  appPath = '';

  getAppPath(): string {
    return this.appPath;
  }

  getVersion(): string {
    return JSON.parse(readFileSync(join(this.appPath, 'package.json'), 'utf8')).version;
  }

  getLocale(): string {
    needsReady('app.getLocale');
    return process.env['STAND_IN_LOCALE'] ?? 'en-US';
  }

  getPath(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }

  setPath(name: string, path: string): void {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`Path must exist: ${path}`);
    this.#paths.set(name, path);
  }

  enableSandbox(): void {
    if (state.ready) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  requestSingleInstanceLock(): boolean {
    return takeInstanceLock(this.getPath('userData'), (argv, directory) =>
      this.emit('second-instance', preventable({}), argv, directory, null),
    );
  }

  isReady(): boolean {
    return state.ready;
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  becomeReady(): void {
    state.ready = true;
    this.#ready.resolve();
    this.emit('ready', preventable({}), {});
  }

  /** before-quit, the windows, will-quit, quit: each of the first three may say no. */
  quit(): void {
    void this.#quit();
  }

  async #quit(): Promise<void> {
    const before = preventable({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    state.quitting = true;
    if (!closeAllWindows()) {
      state.quitting = false;
      return;
    }
    const will = preventable({});
    this.emit('will-quit', will);
    if (!will.defaultPrevented) await this.exit(0);
  }

  async exit(code = 0): Promise<void> {
    this.emit('quit', preventable({}), code);
    await state.chromium?.close();
    process.exit(code);
  }
}

export const app = new App();

openWindows.on('last-closed', () => {
  if (state.quitting) return;
  if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
  else app.quit();
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
