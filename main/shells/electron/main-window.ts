/** The windows: how they are made, and where they stand. */
import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { pageUrl } from './app-protocol.ts';
import { keepWindowState, leastSize, placeWindow, readWindowState } from './window-state.ts';

export interface WindowOptions {
  /** The file of the window's place. */
  stateFile: string;
  /** The preload's file. */
  preload: string;
  icon: string | undefined;
}

/** Of the interface's background, so that nothing flashes before its first paint. */
const BACKGROUND = { light: '#ffffff', dark: '#16181d' };

function keepPlaceOf(window: BrowserWindow, stateFile: string): void {
  window.on('close', () => {
    keepWindowState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
}

/** A page whose process died is loaded anew, but not again and again. */
const LEAST_RELOAD_INTERVAL_MS = 10_000;

function reloadAfterCrash(window: BrowserWindow): void {
  let reloadedAt = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || performance.now() - reloadedAt < LEAST_RELOAD_INTERVAL_MS) return;
    reloadedAt = performance.now();
    window.webContents.reload();
  });
}

/** A further window stands a step beside the last, so that both are seen. */
const STEP = 32;

export function openWindow({ stateFile, preload, icon }: WindowOptions): BrowserWindow {
  const kept = readWindowState(stateFile);
  const last = BrowserWindow.getAllWindows().at(-1)?.getNormalBounds();
  const wanted = last ? { ...last, x: last.x + STEP, y: last.y + STEP, maximized: false } : kept;
  const bounds = placeWindow(
    wanted,
    screen.getAllDisplays().map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: leastSize.width,
    minHeight: leastSize.height,
    show: false,
    title: 'Kube Proxy Lab',
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    ...(icon ? { icon } : {}),
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (wanted?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  keepPlaceOf(window, stateFile);
  reloadAfterCrash(window);
  void window.loadURL(pageUrl);
  return window;
}

/** Brings a window to the front, as the second start of the app asks for. */
export function bringToFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

export function preloadFile(appFolder: string): string {
  return join(appFolder, 'out', 'preload', 'preload.cjs');
}
