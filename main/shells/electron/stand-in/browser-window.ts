/** `BrowserWindow`: a window of the browser that shows one page. */
import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { preventable } from './app.ts';
import { permissions } from './session.ts';
import { browser, needsReady, state } from './state.ts';
import { toBrowser } from './urls.ts';
import { WebContents } from './web-contents.ts';
import { openWindows } from './windows.ts';

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface WindowOptions extends Partial<Bounds> {
  minWidth?: number;
  minHeight?: number;
  webPreferences?: {
    preload?: string;
    contextIsolation?: boolean;
    sandbox?: boolean;
    nodeIntegration?: boolean;
    webSecurity?: boolean;
  };
}

function preloadOf({ webPreferences = {} }: WindowOptions): string | undefined {
  const { preload, contextIsolation, sandbox, nodeIntegration, webSecurity } = webPreferences;
  if (contextIsolation === false || sandbox === false || nodeIntegration || webSecurity === false) {
    throw new Error('the stand-in shows pages in the sandbox alone, isolated and with web security');
  }
  if (preload === undefined) return undefined;
  if (!isAbsolute(preload) || !statSync(preload, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`preload script must have an absolute path to a file: ${preload}`);
  }
  return preload;
}

export class BrowserWindow extends EventEmitter {
  readonly webContents: WebContents;
  readonly #opened: Promise<{ targetId: string }>;
  #bounds: Bounds;
  #maximized = false;
  #visible: boolean;

  static getAllWindows(): BrowserWindow[] {
    return [...openWindows.all];
  }

  static getFocusedWindow(): BrowserWindow | null {
    return openWindows.focused ?? null;
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find(({ webContents }) => webContents === contents) ?? null;
  }

  constructor(options: WindowOptions & { show?: boolean } = {}) {
    super();
    needsReady('BrowserWindow');
    const { x = 100, y = 100, width = 800, height = 600, minWidth = 0, minHeight = 0 } = options;
    this.#bounds = { x, y, width: Math.max(width, minWidth), height: Math.max(height, minHeight) };
    this.#visible = options.show !== false;
    this.webContents = new WebContents(preloadOf(options));
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    this.webContents.on('did-navigate', () => this.#permit());
    openWindows.opened(this);
    this.#opened = this.#open();
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#visible = true;
    this.focus();
  }

  focus(): void {
    openWindows.focused = this;
    this.emit('focus');
  }

  blur(): void {
    if (openWindows.focused === this) openWindows.focused = undefined;
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isFocused(): boolean {
    return openWindows.focused === this;
  }

  isMinimized(): boolean {
    return false;
  }

  restore(): void {
    // It is never minimized.
  }

  maximize(): void {
    this.#maximized = true;
  }

  isMaximized(): boolean {
    return this.#maximized;
  }

  getNormalBounds(): Bounds {
    return { ...this.#bounds };
  }

  setBounds(bounds: Partial<Bounds>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    void this.#place();
  }

  close(): void {
    const event = preventable({});
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.#closed();
    void this.#opened.then(({ targetId }) =>
      browser().devtools.browser.send('Target.closeTarget', { targetId }),
    );
  }

  /** The browser closed it: the user did. */
  closedByUser(): void {
    if (!openWindows.all.has(this)) return;
    this.emit('close', preventable({}));
    this.#closed();
  }

  #closed(): void {
    this.webContents.ended();
    openWindows.closed(this);
    this.emit('closed');
  }

  async #open(): Promise<{ targetId: string }> {
    const { devtools } = browser();
    const { width, height } = this.#bounds;
    const target = await devtools.browser.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      width,
      height,
    });
    ownTargets.set(target.targetId, this);
    const { sessionId } = await devtools.browser.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: target.targetId,
      flatten: true,
    });
    // A page's target and its main frame have one identifier.
    await this.webContents.attach(devtools.session(sessionId), target.targetId);
    return target;
  }

  async #place(): Promise<void> {
    const { targetId } = await this.#opened;
    const { devtools } = browser();
    const { windowId } = await devtools.browser.send<{ windowId: number }>('Browser.getWindowForTarget', {
      targetId,
    });
    const { x: left, y: top, width, height } = this.#bounds;
    await devtools.browser.send('Browser.setWindowBounds', {
      windowId,
      bounds: { left, top, width, height },
    });
  }

  #permit(): void {
    const url = this.webContents.getURL();
    if (!/^[a-z]+:\/\//i.test(url)) return;
    const origin = new URL(toBrowser(url, state.schemes)).origin;
    for (const [permission, name] of permissions) {
      const setting = this.webContents.session.permits(this.webContents, permission) ? 'granted' : 'denied';
      void browser().devtools.browser.send('Browser.setPermission', {
        permission: { name },
        setting,
        origin,
      });
    }
  }
}

const ownTargets = new Map<string, BrowserWindow>();

/** Windows come and go in the browser: those that a page opened are closed where the app does not allow them. */
export async function watchTargets(): Promise<void> {
  const { devtools } = browser();
  devtools.browser.on('Target.targetDestroyed', ({ targetId }) => {
    ownTargets.get(targetId)?.closedByUser();
    ownTargets.delete(targetId);
  });
  devtools.browser.on('Target.targetCreated', ({ targetInfo: { targetId, type, openerId } }) => {
    if (type !== 'page' || openerId === undefined) return;
    if (ownTargets.get(openerId)?.webContents.mayOpenWindow) {
      throw new Error('the stand-in has no windows that pages open');
    }
    void devtools.browser.send('Target.closeTarget', { targetId });
  });
  await devtools.browser.send('Target.setDiscoverTargets', { discover: true });
}
