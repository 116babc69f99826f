/**
 * The built app under Electron, for tests: on Electron's own binary where it is installed and can run, else
 * on the stand-in. Either way the page is a Playwright page, and functions run in the main process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Browser, chromium, _electron as electron, type Page } from 'playwright-core';
import { findElectron } from '../requirements/electron-binary.ts';

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'main', 'shells', 'electron', 'stand-in', 'launch.ts');

/** The module `electron`, as functions get it that run in the main process. */
type Electron = typeof Electron.CrossProcessExports;

export interface ElectronApp {
  /** Resolves when the first window has been opened. */
  page(): Promise<Page>;
  pages(): Page[];
  /** Runs a function in the main process; it sees nothing of here but its argument. */
  evaluate<Argument, Result>(
    run: (electron: Electron, argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result>;
  /** What it said on stderr so far. */
  stderr(): string;
  stdout(): string;
  pid: number;
  /** Resolves with the exit code when the app has ended. */
  ended: Promise<number | null>;
  quit(): Promise<void>;
}

export interface AppOptions {
  data: string;
  args?: string[];
  env?: Record<string, string>;
  /** The folder of the app's package.json. Default: the checkout. */
  app?: string;
}

function collect(child: ChildProcess): { stdout: () => string; stderr: () => string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { stdout: () => stdout, stderr: () => stderr };
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function onBinary(
  binary: string,
  { data, args = [], env, app = root }: AppOptions,
): Promise<ElectronApp> {
  const running = await electron.launch({
    executablePath: binary,
    args: [app, '--data', data, ...args],
    env: { ...process.env, ...env } as Record<string, string>,
  });
  const child = running.process();
  return {
    page: () => running.firstWindow(),
    pages: () => running.windows(),
    evaluate: (run, argument) => running.evaluate(run as never, argument as never),
    ...collect(child),
    pid: child.pid ?? 0,
    ended: endOf(child),
    quit: () => running.close(),
  };
}

interface Answer {
  type: 'answer';
  id: number;
  value?: unknown;
  error?: string;
}

/** Questions to the stand-in's process, over its channel. */
class Door {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Where the stand-in's browser is. */
  readonly browser: Promise<string>;
  #nextId = 1;

  constructor(child: ChildProcess, said: () => string) {
    this.#child = child;
    this.browser = new Promise((resolve, reject) => {
      child.on('message', (message: Answer | { type: 'browser'; endpoint: string }) => {
        if (message.type === 'browser') resolve(message.endpoint);
        else this.#waiting.get(message.id)?.(message);
      });
      child.once('exit', () => reject(new Error(`the app ended before it had a window:\n${said()}`)));
    });
    this.browser.catch(() => {});
  }

  async ask(source: string, argument: unknown): Promise<unknown> {
    const id = this.#nextId++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, source, argument });
    const { value, error } = await answered;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(error);
    return value;
  }
}

async function firstPage(browser: Browser): Promise<Page> {
  const context = browser.contexts()[0];
  if (!context) throw new Error('the browser has no context');
  return context.pages()[0] ?? context.waitForEvent('page');
}

function onStandIn({ data, args = [], env, app = root }: AppOptions): ElectronApp {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', launcher, app, '--data', data, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    },
  );
  const said = collect(child);
  const ended = endOf(child);
  const door = new Door(child, said.stderr);
  let browser: Browser | undefined;
  const connected = door.browser.then(async (endpoint) => {
    browser = await chromium.connectOverCDP(endpoint);
    return browser;
  });
  connected.catch(() => {});
  return {
    page: async () => firstPage(await connected),
    pages: () => browser?.contexts()[0]?.pages() ?? [],
    evaluate: (run, argument) => door.ask(run.toString(), argument) as never,
    ...said,
    pid: child.pid ?? 0,
    ended,
    quit: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Whether tests run on Electron's own binary here. It refuses root, and needs a display. */
export const onRealElectron =
  findElectron() !== undefined && process.getuid?.() !== 0 && Boolean(process.env['DISPLAY']);

export async function startElectronApp(options: AppOptions): Promise<ElectronApp> {
  const binary = onRealElectron ? findElectron() : undefined;
  return binary === undefined ? onStandIn(options) : onBinary(binary, options);
}
