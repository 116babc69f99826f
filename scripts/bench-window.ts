/**
 * Measures what a person waits for: from the start to a lab that is up, from the page asked for to its first
 * byte, its first paint and a window that works, the script that has to come before anything does, from an edit
 * saved to its rules on the node and in the window. Against the built program, in the system's Chromium.
 *
 *   node scripts/bench-window.ts [--rounds N]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { launchChromium } from '../main/testing/web-lab.ts';
import { WindowUnderTest } from '../main/testing/window-under-test.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(options.rounds);
const data = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-bench-'));
const command = join(import.meta.dirname, '..', 'bin', 'kube-proxy-lab');

interface Started {
  lab: ChildProcess;
  ui: URL;
  listeningMs: number | undefined;
  readyMs: number;
}

interface Page {
  firstByteMs: number;
  bytes: number;
  text: string;
}

function ask(url: URL, encoding = 'br'): Promise<Page> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': encoding } }, (response) => {
      let firstByteMs = 0;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        firstByteMs ||= performance.now() - startedAt;
        chunks.push(chunk);
      });
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ firstByteMs, bytes: body.length, text: body.toString() });
      });
    }).on('error', reject);
  });
}

/** @param known the address of the start before, which this one will have too */
async function start(known: URL | undefined): Promise<Started> {
  const startedAt = performance.now();
  const lab = spawn(command, ['start', '--web', '--no-open', '--json', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let listeningMs: number | undefined;
  const listening = async (): Promise<void> => {
    while (known && listeningMs === undefined && lab.exitCode === null) {
      try {
        await ask(known);
        listeningMs = performance.now() - startedAt;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  void listening();
  const [line] = (await once(createInterface(lab.stdout), 'line')) as [string];
  const readyMs = performance.now() - startedAt;
  return { lab, ui: new URL((JSON.parse(line) as { ui: string }).ui), listeningMs, readyMs };
}

async function stop({ lab }: Started): Promise<void> {
  lab.kill('SIGTERM');
  await once(lab, 'exit');
}

interface Paints {
  firstPaintMs: number[];
  interactiveMs: number[];
}

/** From the page asked for to its first contentful paint and to the Services it shows, in a browser that never saw it. */
async function paints(ui: URL, times: number): Promise<Paints> {
  const browser = await launchChromium();
  const all: Paints = { firstPaintMs: [], interactiveMs: [] };
  for (let round = 0; round < times; round++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(ui.href);
    await page.getByText('API connected').waitFor();
    const { painted, interactive } = await page.evaluate(() => {
      const [paint] = performance.getEntriesByName('first-contentful-paint');
      return { painted: paint?.startTime ?? Number.NaN, interactive: performance.now() };
    });
    all.firstPaintMs.push(painted);
    all.interactiveMs.push(interactive);
    await context.close();
  }
  await browser.close();
  return all;
}

/** The scripts that the page names, and those that they import before they run. */
async function scriptBytes(ui: URL): Promise<{ files: number; bytes: number }> {
  const { text } = await ask(new URL('/', ui), 'identity');
  const waiting = [...text.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path = '']) => new URL(path, ui));
  const seen = new Set<string>();
  let bytes = 0;
  for (let url = waiting.shift(); url; url = waiting.shift()) {
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    bytes += (await ask(url)).bytes;
    const { text: script } = await ask(url, 'identity');
    for (const [, path = ''] of script.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g)) {
      waiting.push(new URL(path, url));
    }
  }
  return { files: seen.size, bytes };
}

/** From the save to the sync that wrote its rules, and to the rules as the node was read again. */
async function edits(ui: URL): Promise<{ toldMs: number[]; shownMs: number[] }> {
  const window = await WindowUnderTest.open(ui.href);
  const { client } = window;
  const name = 'bench';
  const spec = { selector: { app: name }, ports: [{ port: 1000 }] };
  const created = await client.services.create({ object: { metadata: { name }, spec } });
  if (created.outcome !== 'saved') throw new Error(created.message);
  let { object } = created;
  const syncs = await client.engine.watch();
  const rules = await client.rules.watch({ intervalMs: 60_000 });
  await rules.next();
  await syncs.next();
  const toldMs: number[] = [];
  const shownMs: number[] = [];
  for (let port = 1001; port <= 1020; port++) {
    const startedAt = performance.now();
    const told = untilEvent(syncs, (text) => text.includes(`--dport ${port} `));
    const shown = untilEvent(rules, (text) => text.includes(`--dport ${port} `));
    const saved = await client.services.update({
      object: { ...object, spec: { ...object.spec, ports: [{ port }] } } as never,
    });
    if (saved.outcome !== 'saved') throw new Error(saved.message);
    object = saved.object;
    toldMs.push((await told) - startedAt);
    shownMs.push((await shown) - startedAt);
  }
  await client.services.remove({ namespace: 'default', name });
  window.close();
  return { toldMs, shownMs };
}

async function untilEvent(
  feed: AsyncIteratorObject<unknown>,
  look: (text: string) => boolean,
): Promise<number> {
  for (;;) {
    const { value, done } = await feed.next();
    if (done) throw new Error('the feed has ended');
    if (look(JSON.stringify(value))) return performance.now();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row(what: string, values: readonly number[], unit = 'ms'): void {
  const [middle, most] = [median(values), Math.max(...values)].map((value) => value.toFixed(1));
  process.stdout.write(
    `${what.padEnd(58)} ${middle?.padStart(9)} ${unit}   (most ${most}, of ${values.length})\n`,
  );
}

try {
  const listeningMs: number[] = [];
  const readyMs: number[] = [];
  let started = await start(undefined);
  for (let round = 0; round < rounds; round++) {
    await stop(started);
    started = await start(started.ui);
    readyMs.push(started.readyMs);
    if (started.listeningMs !== undefined) listeningMs.push(started.listeningMs);
  }
  row('start to the page being served', listeningMs);
  row('start to a running lab', readyMs);
  const pages: Page[] = [];
  for (let round = 0; round < 50; round++) pages.push(await ask(new URL('/', started.ui)));
  row(
    'page asked for to its first byte',
    pages.map(({ firstByteMs }) => firstByteMs),
  );
  const { firstPaintMs, interactiveMs } = await paints(started.ui, 10);
  row('page asked for to its first contentful paint', firstPaintMs);
  row('page asked for to a window that is connected', interactiveMs);
  const { files, bytes } = await scriptBytes(started.ui);
  row(`script before the page works, compressed (${files} files)`, [bytes / 1024], 'KiB');
  const { toldMs, shownMs } = await edits(started.ui);
  row('edit saved to its rules written, the window told', toldMs);
  row('edit saved to its rules read from the node, in the window', shownMs);
  await stop(started);
} finally {
  rmSync(data, { recursive: true, force: true });
}
