/**
 * The app under Electron: a window on a lab of its own. The lab and its kube-proxy run in a process beside
 * this one; here are the windows, the ports between the two, and who may use them.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, Menu, session } from 'electron';
import { declareAppScheme, serveAppScheme } from './app-protocol.ts';
import { EngineKeeper } from './engine-keeper.ts';
import { denyPermissions, guardEveryPage } from './guards.ts';
import { findLabProgram } from './lab-program.ts';
import { type LaunchOptions, parseLaunchOptions } from './launch-options.ts';
import { bringToFront, openWindow, preloadFile } from './main-window.ts';
import { buildMenu } from './menu.ts';
import { messagesFor } from './messages.ts';
import { onPageConnects } from './page-connections.ts';

function engineFor(options: LaunchOptions, program: { node: string; engine: string }): EngineKeeper {
  const keeper = new EngineKeeper(
    { ...program, dataDir: options.dataDir },
    {
      ready: ({ kubeconfig, nodeIP }) => {
        if (options.json) process.stdout.write(`${JSON.stringify({ ui: null, kubeconfig, nodeIP })}\n`);
      },
      failed: async (message) => {
        process.stderr.write(`kube-proxy-lab: ${message}\n`);
        await app.whenReady();
        const messages = messagesFor(app.getLocale());
        const { response } = await dialog.showMessageBox({
          type: 'error',
          message: messages.labFailed,
          detail: message,
          buttons: [messages.tryAgain, messages.quit],
          defaultId: 0,
          cancelId: 1,
        });
        if (response === 0) keeper.retry();
        else app.quit();
      },
      ended: (how) => process.stderr.write(`kube-proxy-lab: the lab's process has gone (${how})\n`),
    },
  );
  return keeper;
}

/** Quitting ends the lab; the app goes when the lab has. */
function endWithLab(keeper: EngineKeeper): void {
  let over = false;
  app.on('will-quit', (event) => {
    if (over) return;
    event.preventDefault();
    void keeper.stop().finally(() => {
      over = true;
      app.quit();
    });
  });
}

async function run(options: LaunchOptions): Promise<void> {
  const program = findLabProgram({
    packaged: app.isPackaged,
    resources: process.resourcesPath,
    app: app.getAppPath(),
    platform: process.platform,
  });
  const keeper = engineFor(options, program);
  endWithLab(keeper);
  app.on('window-all-closed', () => app.quit());
  onPageConnects((port) => keeper.connect(port));
  // The lab starts while Electron gets ready and the page loads.
  keeper.start();
  await app.whenReady();
  denyPermissions(session.defaultSession);
  serveAppScheme(program.renderer);
  const icon = join(app.getAppPath(), 'resources', 'icons', '256x256.png');
  const open = (): BrowserWindow =>
    openWindow({
      stateFile: join(options.dataDir, 'window.json'),
      preload: preloadFile(app.getAppPath()),
      icon: process.platform === 'linux' && existsSync(icon) ? icon : undefined,
    });
  Menu.setApplicationMenu(
    buildMenu({ messages: messagesFor(app.getLocale()), platform: process.platform, newWindow: open }),
  );
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('second-instance', () => bringToFront(BrowserWindow.getAllWindows()[0] ?? open()));
  open();
}

const options = parseLaunchOptions(process.argv.slice(app.isPackaged ? 1 : 2));
// Chromium's files live with the lab's: one data folder, one instance.
const chromiumFolder = join(options.dataDir, 'window');
mkdirSync(chromiumFolder, { recursive: true, mode: 0o700 });
app.setPath('userData', chromiumFolder);
app.enableSandbox();
// A page learns by it that the lab has gone, and Chromium has it off by default.
app.commandLine.appendSwitch('enable-features', 'MessagePortCloseEvent');
declareAppScheme();
guardEveryPage();

if (app.requestSingleInstanceLock()) {
  run(options).catch((error: unknown) => {
    process.stderr.write(
      `kube-proxy-lab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    app.exit(2);
  });
} else app.quit();
