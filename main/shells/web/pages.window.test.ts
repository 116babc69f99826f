/** Pages of the web shell: several at once, one whose lab is killed, and what others would have them run. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOfFragment, webSocketPath, webSocketProtocols } from '../../../app/contract/carrier.ts';
import { LabUnderTest, until } from '../../testing/lab-under-test.ts';
import { LabWindow } from '../../testing/lab-window.ts';
import { removeInstallation, testUsers } from '../../testing/test-user.ts';
import { launchChromium } from '../../testing/web-lab.ts';

const LOST = 'The lab does not answer';
const NO_ACCESS = 'This window has no access to the lab';
const SERVICE = 'mysql-service';

let lab: LabUnderTest;
let browser: Browser;

function startLab(folder?: string): Promise<LabUnderTest> {
  const [user] = testUsers;
  if (!user) throw new Error('nobody to start a lab as');
  return LabUnderTest.start(user, { web: true, ...(folder === undefined ? {} : { folder }) });
}

async function openWindow(): Promise<LabWindow> {
  const window = new LabWindow(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
  await window.page.goto(lab.ui);
  await window.ready();
  return window;
}

async function nodePort(): Promise<number> {
  return Number(await lab.kubectl(['get', 'service', SERVICE, '-o', 'jsonpath={.spec.ports[0].nodePort}']));
}

function patchNodePort(port: number): Promise<string> {
  const patch = JSON.stringify([{ op: 'replace', path: '/spec/ports/0/nodePort', value: port }]);
  return lab.kubectl(['patch', 'service', SERVICE, '--type=json', '-p', patch]);
}

beforeAll(async () => {
  lab = await startLab();
  browser = await launchChromium();
  // Whoever has skipped the tour is shown it in no other window.
  const first = await openWindow();
  await first.skipTour();
  await first.page.close();
});

afterAll(async () => {
  await browser.close();
  await lab.stop();
  lab.removeFolder();
  removeInstallation();
});

describe('two windows and kubectl', () => {
  let one: LabWindow;
  let other: LabWindow;

  beforeAll(async () => {
    one = await openWindow();
    other = await openWindow();
    await one.createFromTemplate(SERVICE);
  });

  it('an edit in either shows in the other and to kubectl, and one of kubectl shows in both', async () => {
    await other.row(SERVICE, '2/2').waitFor();
    const service = await one.open(SERVICE, /^Form/);
    await one.nodePortField(service).fill('30965');
    await one.save(service);
    await other.row(SERVICE, '3306:30965/TCP').waitFor();
    expect(await nodePort()).toBe(30965);
    await patchNodePort(30970);
    for (const window of [one, other]) await window.row(SERVICE, '3306:30970/TCP').waitFor();
    await until(
      'the form to follow',
      async () => (await one.nodePortField(service).inputValue()) === '30970',
    );
  });

  it('a conflicting edit is told before it is saved, and neither is lost', async () => {
    const mine = await one.open(SERVICE, /^Form/);
    await one.nodePortField(mine).fill('30981');
    const theirs = await other.open(SERVICE, /^Form/);
    await other.nodePortField(theirs).fill('30982');
    await other.save(theirs);
    await one.main.getByText('Somebody else changed it meanwhile').waitFor();
    expect(await one.nodePortField(mine).inputValue()).toBe('30981');
    expect(await mine.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true);
    expect(await nodePort()).toBe(30982);
    await mine.getByRole('button', { name: 'See both' }).click();
    const dialog = one.page.getByRole('dialog', { name: 'Somebody else changed it meanwhile' });
    for (const port of ['30970', '30981', '30982']) await dialog.getByText(port, { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await one.save(mine);
    await other.row(SERVICE, '3306:30981/TCP').waitFor();
    expect(await nodePort()).toBe(30981);
  });
});

describe('hostile text in the cluster', () => {
  const script = `"'><img src=x onerror="window.ran=true"><svg onload="window.ran=true">`;
  const texts: Record<string, string> = {
    'a script': script,
    'ten thousand characters': 'W'.repeat(10_000),
    'control characters': `\u0001\u001b[31m\u202e\u2066\u0085\n${'\n'.repeat(200)}\t`,
  };
  let window: LabWindow;

  /** Nothing ran, and nothing pushes the page wider than its window. */
  async function expectUnharmed(page: Page): Promise<void> {
    const seen = await page.evaluate(() => ({
      ran: 'ran' in window,
      tooWide: document.documentElement.scrollWidth > innerWidth,
      tooHigh: document.documentElement.scrollHeight > innerHeight,
    }));
    expect(seen).toEqual({ ran: false, tooWide: false, tooHigh: false });
  }

  beforeAll(async () => {
    window = await openWindow();
  });

  it.each(Object.entries(texts))('%s as an annotation, of a Service and of its pod', async (_what, text) => {
    const name = 'hostile';
    const metadata = { name, annotations: { 'example.com/text': text }, labels: { app: name } };
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { type: 'NodePort', selector: { app: name }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { containers: [{ name: 'a', image: 'a', args: [text] }] },
      },
    ];
    await lab.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await window.show('Services');
    for (const tab of [/^Form/, /^YAML/, /^Pods/]) {
      await window.open(name, tab);
      await expectUnharmed(window.page);
    }
    for (const view of ['Rules', 'Traffic', 'Node', 'Export'] as const) {
      await window.show(view);
      await expectUnharmed(window.page);
    }
    await lab.kubectl(['delete', 'service/hostile', 'pod/hostile', '--now']);
    await window.show('Services');
    await window.row(name).waitFor({ state: 'detached' });
  });

  it.each(Object.entries(texts))(
    '%s as the name of a Service is refused, and shown as text',
    async (_what, text) => {
      await window.show('Services');
      await window.main.getByRole('button', { name: 'New', exact: true }).click();
      await window.page.getByRole('button', { name: /^Create mysql-service/ }).waitFor();
      await window.page.keyboard.press('Escape');
      const object = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: text },
        spec: { ports: [{ port: 80 }] },
      };
      await expect(lab.apply(JSON.stringify(object))).rejects.toThrow(/metadata\.name: Invalid value/);
      await window.page.evaluate((name) => {
        location.hash = `#/services/default/${encodeURIComponent(name)}`;
      }, text);
      await window.main.waitFor();
      await expectUnharmed(window.page);
    },
  );
});

describe('who gets in', () => {
  let stranger: Server;
  let page: Page;

  beforeAll(async () => {
    stranger = createServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Another site</title>');
    });
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    page = await browser.newPage();
  });

  afterAll(() => {
    stranger.close();
  });

  it.each([
    ['without a token', ''],
    ['with a wrong token', `#token=${'A'.repeat(43)}`],
  ])('nobody %s, and the page says so', async (_how, fragment) => {
    const fresh = await browser.newPage();
    const address = new URL(lab.ui);
    await fresh.goto(`${address.origin}/${fragment}`);
    await fresh.getByText(NO_ACCESS).waitFor();
    expect(await fresh.getByText('API connected').count()).toBe(0);
    await fresh.goto(lab.ui);
    await fresh.getByText('API connected').waitFor();
    await fresh.close();
  });

  it('no page of another origin, even where it knows the token', async () => {
    const { origin, host, hash } = new URL(lab.ui);
    await page.goto(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`);
    const outcome = await page.evaluate(
      async ({ origin, socket, protocols }) => {
        const opened = await new Promise<boolean>((resolve) => {
          const tried = new WebSocket(socket, protocols);
          tried.addEventListener('open', () => resolve(true));
          tried.addEventListener('error', () => resolve(false));
        });
        const read = await fetch(`${origin}/`).then(
          () => true,
          () => false,
        );
        const frame = document.createElement('iframe');
        frame.src = `${origin}/`;
        await new Promise((resolve) => {
          frame.addEventListener('load', resolve);
          document.body.append(frame);
        });
        return { opened, read };
      },
      {
        origin,
        socket: `ws://${host}${webSocketPath}`,
        protocols: webSocketProtocols(tokenOfFragment(hash) ?? ''),
      },
    );
    expect(outcome).toEqual({ opened: false, read: false });
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    expect(await framed?.locator('main').count()).toBe(0);
  });
});

describe('a lab that is killed', () => {
  it('is missed by its page, which is right again when it is started on the same folder', async () => {
    const window = await openWindow();
    const said = window.page.getByText(LOST).waitFor();
    await lab.stop('SIGKILL');
    await said;
    await window.main.waitFor();
    lab = await startLab(lab.folder);
    await window.page.getByText(LOST).waitFor({ state: 'detached' });
    await window.ready();
    await window.show('Services');
    await lab.kubectl(['create', 'service', 'clusterip', 'after-the-kill', '--tcp=80']);
    await window.row('after-the-kill').waitFor();
    // What was there before is shown if, and only if, it still is.
    const is = (await lab.kubectl(['get', 'services', '-o', 'name'])).includes(`service/${SERVICE}`);
    await window.row(SERVICE).waitFor({ state: is ? 'visible' : 'detached' });
  });
});
