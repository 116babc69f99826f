/** The built app under Electron (or its stand-in): what pages may do, and how the app lives and ends. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ElectronApp, startElectronApp } from '../../testing/electron-app.ts';
import { LabUnderTest, until } from '../../testing/lab-under-test.ts';
import { testUsers } from '../../testing/test-user.ts';

/** What the interface says when it has the lab, and when it has not. */
const CONNECTED = 'API connected';
const LOST = 'The lab does not answer';

function dataFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kube-proxy-lab-window-'));
}

function labPid(folder: string): number | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'lab.json'), 'utf8')).pid;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function connectedPage(app: ElectronApp): Promise<Page> {
  const page = await app.page();
  await page.getByText(CONNECTED).waitFor();
  return page;
}

describe('a page in the app', () => {
  const folder = dataFolder();
  let app: ElectronApp;
  let page: Page;

  beforeAll(async () => {
    app = await startElectronApp({ data: folder });
    page = await connectedPage(app);
    await app.evaluate(({ shell }) => {
      const opened: string[] = [];
      Object.assign(globalThis, { opened });
      shell.openExternal = async (url) => {
        opened.push(url);
      };
    });
  });

  afterAll(async () => {
    await app.quit();
    rmSync(folder, { recursive: true });
  });

  const opened = (): Promise<string[]> =>
    app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened.splice(0));

  it('comes from the scheme of the app', async () => {
    const urls = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()),
    );
    expect(urls).toEqual([expect.stringMatching(/^app:\/\/kube-proxy-lab\/index\.html/)]);
  });

  it('has nothing of Node, and of the shell its name alone', async () => {
    const seen = await page.evaluate(() => ({
      node: ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => name in globalThis),
      shell: { ...window.kubeProxyLab },
      frozen: Object.isFrozen(window.kubeProxyLab),
    }));
    expect(seen).toEqual({
      node: [],
      shell: { shell: 'electron', platform: process.platform },
      frozen: true,
    });
  });

  it('runs no text as a script, and asks nobody but the app', async () => {
    const outcome = await page.evaluate(async () => {
      document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="window.ran = true">');
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      // A text as a timer is evaluated later, when it no longer counts as the devtools' own.
      (globalThis.setTimeout as (text: string) => void)('window.ran = true');
      const fetched = await fetch('https://example.com/').then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, 0));
      return { ran: 'ran' in window, fetched };
    });
    expect(outcome).toEqual({ ran: false, fetched: false });
  });

  it.each(['/../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2fpackage.json', '/assets/..%5c..%5cx'])(
    'gets nothing at %s',
    async (path) => {
      expect(await page.evaluate(async (url) => (await fetch(url)).status, path)).toBe(404);
    },
  );

  it.each([
    ['a link', (url: string) => `const a = document.createElement('a'); a.href = '${url}'; a.click()`],
    ['its address', (url: string) => `location.href = '${url}'`],
    ['a window', (url: string) => `window.open('${url}')`],
    [
      'a link to a new window',
      (url: string) =>
        `const a = document.createElement('a'); a.href = '${url}'; a.target = '_blank'; document.body.append(a); a.click()`,
    ],
  ])('does not leave by %s; what documents it opens in the browser of the user', async (_way, leave) => {
    const before = page.url();
    const run = (text: string): Promise<unknown> =>
      // Not through `eval` of the page, which the policy refuses.
      app.evaluate(
        ({ BrowserWindow }, source) =>
          BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
            `setTimeout(() => { ${source} }); true`,
            true,
          ),
        text,
      );
    await run(leave('https://example.com/'));
    await run(leave('https://kubernetes.io/docs/'));
    const urls = await until('the documentation to be opened', async () => {
      const now = await opened();
      return now.length > 0 ? now : undefined;
    });
    expect(urls).toEqual(['https://kubernetes.io/docs/']);
    expect(page.url()).toBe(before);
    await until('other windows to be gone', () => app.pages().length === 1 || undefined);
  });

  it.each(['geolocation', 'notifications', 'camera', 'microphone', 'midi'])('is denied %s', async (name) => {
    const state = await page.evaluate(
      async (permission) => (await navigator.permissions.query({ name: permission as PermissionName })).state,
      name,
    );
    expect(state).toBe('denied');
  });

  it('is connected to no engine when it is not ours, or not the main frame', async () => {
    const refused = await app.evaluate(({ ipcMain, BrowserWindow }) => {
      const sender = BrowserWindow.getAllWindows()[0]?.webContents;
      const url = 'app://kube-proxy-lab/index.html';
      const frames = [
        null,
        { parent: null, url: 'https://example.com/index.html' },
        { parent: null, url: 'app://kube-proxy-lab.example.com/index.html' },
        { parent: null, url: 'app://user@kube-proxy-lab/' },
        { parent: { parent: null, url }, url },
      ];
      return frames.map((senderFrame) => {
        let closed = false;
        const port = { close: () => (closed = true), on: () => {}, start: () => {} };
        ipcMain.emit('kube-proxy-lab:connect', { sender, senderFrame, ports: [port] });
        return closed;
      });
    });
    expect(refused).toEqual([true, true, true, true, true]);
  });

  it('goes where the menu says', async () => {
    for (const view of ['rules', 'traffic', 'journey', 'node', 'export', 'services']) {
      await app.evaluate(
        ({ Menu }, id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.click(),
        `view-${view}`,
      );
      await page.waitForURL((url) => url.hash.startsWith(`#/${view}`));
    }
  });

  it('keeps to itself what the lab keeps in its folder', () => {
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'window')).mode & 0o077).toBe(0);
  });
});

describe('the app', () => {
  let folder = '';
  const apps: ElectronApp[] = [];
  const start = async (args: string[] = []): Promise<ElectronApp> => {
    const app = await startElectronApp({ data: folder, args });
    apps.push(app);
    return app;
  };

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.quit()));
    rmSync(folder, { recursive: true });
  });

  it('prints one line when the lab is up, and ends it when it quits', async () => {
    folder = dataFolder();
    const app = await start(['--json']);
    await connectedPage(app);
    const line = await until('the line', () => /^.*\n/.exec(app.stdout())?.[0]);
    expect(JSON.parse(line)).toEqual({
      ui: null,
      kubeconfig: join(folder, 'kubeconfig'),
      nodeIP: '10.0.0.5',
    });
    const lab = labPid(folder) ?? 0;
    expect(isAlive(lab)).toBe(true);
    await app.evaluate(({ app: life }) => life.quit());
    expect(await app.ended).toBe(0);
    expect(isAlive(lab)).toBe(false);
    expect(labPid(folder)).toBeUndefined();
  });

  it('takes the lab with it when it is killed', async () => {
    folder = dataFolder();
    const app = await start();
    await connectedPage(app);
    const lab = labPid(folder) ?? 0;
    process.kill(app.pid, 'SIGKILL');
    await app.ended;
    await until('the lab to end', () => !isAlive(lab) || undefined);
  });

  it('says that the lab has gone, starts it again and is right by itself', async () => {
    folder = dataFolder();
    const page = await connectedPage(await start());
    const first = labPid(folder) ?? 0;
    const said = page.getByText(LOST).waitFor();
    process.kill(first, 'SIGKILL');
    await said;
    await page.getByText(LOST).waitFor({ state: 'detached' });
    await page.getByText(CONNECTED).waitFor();
    await until('another lab', () => (labPid(folder) ?? first) !== first || undefined);
  });

  it('is one for each data folder: a second start brings the first to the front', async () => {
    folder = dataFolder();
    const app = await start();
    await connectedPage(app);
    await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      window?.once('focus', () => Object.assign(globalThis, { cameToFront: true }));
      window?.blur();
    });
    const second = await start();
    expect(await second.ended).toBe(0);
    await until('the first to come to the front', () =>
      app.evaluate(() => 'cameToFront' in globalThis || undefined),
    );
    expect(app.pages()).toHaveLength(1);
  });

  it('opens where its window was closed', async () => {
    folder = dataFolder();
    const first = await start();
    await connectedPage(first);
    const bounds = { x: 60, y: 80, width: 1100, height: 750 };
    await first.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to), bounds);
    await first.quit();
    const second = await start();
    await connectedPage(second);
    expect(
      await second.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds()),
    ).toEqual(bounds);
  });

  it('has several windows on one lab', async () => {
    folder = dataFolder();
    const app = await start();
    await connectedPage(app);
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('new-window')?.click());
    const second = await until('a second window', () => app.pages()[1]);
    await second.getByText(CONNECTED).waitFor();
  });

  it('says why the lab does not start, and tries again when asked to', async () => {
    folder = dataFolder();
    const user = testUsers[0];
    if (!user) throw new Error('no user');
    const other = await LabUnderTest.start(user, { folder });
    const app = await start();
    await app.evaluate(({ dialog }) => {
      const answered = Promise.withResolvers<{ response: number; checkboxChecked: boolean }>();
      Object.assign(dialog, {
        showMessageBox: ({ detail }: { detail: string }) => {
          Object.assign(globalThis, { asked: detail, answer: answered.resolve });
          return answered.promise;
        },
      });
    });
    const asked = await until('the message', () =>
      app.evaluate(() => (globalThis as { asked?: string }).asked),
    );
    expect(asked).toContain(`a lab is already running on ${folder} (process ${other.pid})`);
    await other.stop();
    await app.evaluate(() => {
      (globalThis as unknown as { answer: (choice: { response: number }) => void }).answer({ response: 0 });
    });
    await connectedPage(app);
  });
});
