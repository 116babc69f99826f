/** Another cluster than the lab: its kubeconfig dropped on the window, worked with, lost, and left again. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../lab/api-server/testing/server-process.ts';
import { LabWindow } from '../../testing/lab-window.ts';
import { launchChromium, startWebLab, type WebLab } from '../../testing/web-lab.ts';

const CONTEXT = 'kind-other';

let folder: string;
let other: ServerProcess;
let lab: WebLab;
let browser: Browser;
let window: LabWindow;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-other-'));
  other = await startServerProcess(folder);
  lab = await startWebLab();
  browser = await launchChromium();
  window = new LabWindow(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
  await window.page.goto(lab.url);
  await window.ready();
  await window.skipTour();
});

afterAll(async () => {
  await browser.close();
  await lab.stop();
  await other.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Drops a file on the window, as from the desktop. */
async function drop(name: string, text: string): Promise<void> {
  await window.page.evaluate(
    ([fileName = '', content = '']) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], fileName));
      globalThis.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
    },
    [name, text],
  );
}

async function choose(name: string): Promise<void> {
  const dialog = window.page.getByRole('dialog', { name: 'Clusters' });
  if (!(await dialog.isVisible())) await window.page.keyboard.press('c');
  await dialog.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await dialog.waitFor({ state: 'detached' });
  await window.page.getByRole('contentinfo').getByText(name, { exact: true }).waitFor();
}

it('refuses what is no kubeconfig, with the place', async () => {
  await drop('broken.yaml', 'clusters: [\n  oops: }');
  await window.page.getByText(/broken\.yaml, line 2/).waitFor();
});

it('is added by dropping its kubeconfig, and says that it answers', async () => {
  const config = JSON.parse(readFileSync(other.kubeconfig, 'utf8'));
  const contexts = [{ ...config.contexts[0], name: CONTEXT }];
  await drop('other.kubeconfig', JSON.stringify({ ...config, contexts, 'current-context': CONTEXT }));
  const dialog = window.page.getByRole('dialog', { name: 'Clusters' });
  await dialog.getByText(/^Answers v1\./).waitFor();
  await choose(CONTEXT);
});

it('is worked with: a Service made there, changed by server-side apply, and set back', async () => {
  const { client } = lab;
  const object = {
    metadata: { name: 'there' },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30500 }] },
  };
  expect(await client.services.create({ object })).toMatchObject({ outcome: 'saved' });
  const service = await window.open('there', /^Form/);
  await window.nodePortField(service).fill('30501');
  await window.save(service);
  await window.row('there', '30501').waitFor();
  await window.page.getByRole('button', { name: 'Undo' }).last().click();
  await window.row('there', '30500').waitFor();
});

it('tells at which address its node port is asked from where, and says what needs a node', async () => {
  await window.show('Traffic');
  const ways = window.main.getByRole('region', { name: 'Which address works from where' });
  await ways.getByText('localhost is this computer, and the node port is opened by the node.').waitFor();
  const own = ways.getByRole('button', { name: '10.0.0.5:30500' });
  await own.click();
  expect(await own.getAttribute('aria-pressed')).toBe('true');
  expect(await window.main.getByText('Ports of this computer').count()).toBe(0);
  await window.show('Rules');
  await window.main.getByText('No node is attached').waitFor();
  await window.show('Services');
});

it('that is lost says why, keeps what was known, and is right again when it is back', async () => {
  await other.kill();
  await window.page.getByText(`${CONTEXT}: Nothing answers at the address`).waitFor();
  expect(await window.row('there').isVisible()).toBe(true);
  other = await startServerProcess(folder);
  await window.page.getByText(`${CONTEXT}: Nothing answers at the address`).waitFor({ state: 'detached' });
});

it('is left for the lab, which has nothing of it, and no undo of what was done there', async () => {
  const { page } = window;
  const there = await window.open('there', /^Form/);
  await there.getByRole('button', { name: 'Delete', exact: true }).click();
  await window.row('there').waitFor({ state: 'detached' });
  await choose('Embedded lab');
  await window.ready();
  await window.row('kubernetes').waitFor();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await page.getByText('this was meant for kind-other').waitFor();
  expect(await window.row('there').count()).toBe(0);
});
