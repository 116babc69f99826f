/**
 * Measures the Rules view on a node with very many rules: how long until the first are seen, how long a key of a
 * search takes to be answered, how smoothly the list scrolls while counters move, how soon an edit's rules are seen
 * and what is sent for them. The built program in Chromium; as many Services as asked for, with one pod behind all of
 * them: four rules each in iptables mode.
 *
 *   node scripts/bench-rules.ts [--services N] [--mode iptables|nftables]
 *
 * Frames are those of a browser without a graphics card, on a computer that may be busy with other things: the
 * processor time that the page's own thread needed for each stands beside them.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { until } from '../main/testing/lab-under-test.ts';
import { launchChromium, startWebLab, type WebLab } from '../main/testing/web-lab.ts';
import { WindowUnderTest } from '../main/testing/window-under-test.ts';

const { values: options } = parseArgs({
  options: {
    services: { type: 'string', default: '2500' },
    mode: { type: 'string', default: 'iptables' },
  },
});
const services = Number(options.services);
const mode = options.mode as 'iptables' | 'nftables';
const SCROLL_MS = 4_000;

function row(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(58)} ${text}\n`);
}

function ms(value: number): string {
  return `${value.toFixed(0).padStart(6)} ms`;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function manifest(index: number): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: many-${index}}, spec: {selector: {app: many}, ports: [{port: ${1000 + (index % 5000)}, targetPort: 8080}]}}`;
}

async function fill({ client }: WebLab): Promise<void> {
  const pod =
    '{apiVersion: v1, kind: Pod, metadata: {name: many, labels: {app: many}}, spec: {containers: [{name: app, image: app, ports: [{containerPort: 8080}]}]}}';
  await client.services.apply({ text: pod, namespace: 'default' });
  const batch = 500;
  for (let from = 0; from < services; from += batch) {
    const texts = Array.from({ length: Math.min(batch, services - from) }, (_, index) =>
      manifest(from + index),
    );
    await client.services.apply({ text: texts.join('\n---\n'), namespace: 'default' });
  }
  const last = `many-${services - 1}`;
  await until(
    'all endpoints',
    async () => {
      const { readyEndpoints } = await client.traffic.resolve({ target: last });
      const { rules } = await engineState(client);
      return (readyEndpoints === 1 && rules >= services * 4) || undefined;
    },
    300_000,
  );
}

async function engineState(client: WebLab['client']): Promise<{ rules: number }> {
  for await (const event of await client.engine.watch()) {
    if (event.kind === 'snapshot') return event.state.engine;
  }
  throw new Error('the feed has ended');
}

/** From the click on the view's link to the first rule in the document, and to the frame that shows it. */
async function firstRows(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const link = document.querySelector<HTMLElement>('a[href="#/rules"]');
    const startedAt = performance.now();
    link?.click();
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (document.querySelector('[role=grid] .rule-text')) break;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - startedAt;
  });
}

interface Frames {
  frames: number[];
  longTasks: number[];
  /** Processor time of the page's thread, all in all. */
  taskMs: number;
}

async function metrics(devtools: CDPSession): Promise<Map<string, number>> {
  const { metrics: list } = await devtools.send('Performance.getMetrics');
  return new Map(list.map(({ name, value }) => [name, value * 1000]));
}

/** What the page does while something is done to it. */
async function frames(page: Page, devtools: CDPSession, act: () => Promise<unknown>): Promise<Frames> {
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const before = await metrics(devtools);
  const watched = page.evaluate(watchFrames, SCROLL_MS);
  await act();
  const seen = await watched;
  const after = await metrics(devtools);
  return { ...seen, taskMs: (after.get('TaskDuration') ?? 0) - (before.get('TaskDuration') ?? 0) };
}

/** Scrolls as a person does, by the wheel. */
async function whileScrolling(page: Page, devtools: CDPSession, pixelsPerSecond: number): Promise<Frames> {
  await page.locator('[role=grid]').press('Home');
  return frames(page, devtools, () =>
    devtools.send('Input.synthesizeScrollGesture', {
      x: 1200,
      y: 600,
      yDistance: (-pixelsPerSecond * SCROLL_MS) / 1000,
      speed: pixelsPerSecond,
      gestureSourceType: 'mouse',
    }),
  );
}

/** Runs in the page. */
async function watchFrames(duration: number): Promise<{ frames: number[]; longTasks: number[] }> {
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((entries) => {
    for (const { duration: took } of entries.getEntries()) longTasks.push(took);
  });
  observer.observe({ type: 'longtask' });
  const frames: number[] = [];
  const startedAt = performance.now();
  let last = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
  while (last - startedAt < duration) {
    const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    frames.push(now - last);
    last = now;
  }
  observer.disconnect();
  return { frames, longTasks };
}

function tellFrames(what: string, { frames: all, longTasks, taskMs }: Frames): void {
  const worst = Math.max(0, ...longTasks);
  row(
    what,
    `${ms(quantile(all, 0.5))} a frame, 95 of 100 within ${quantile(all, 0.95).toFixed(0)}, most ${Math.max(...all).toFixed(0)}; the page ${(taskMs / all.length).toFixed(1)} ms of it; ${longTasks.length} tasks over 50 ms, most ${worst.toFixed(0)}`,
  );
}

/** Milliseconds between two keys of somebody who types fast. */
const BETWEEN_KEYS_MS = 90;
const SEARCHES = ['10.254.3', '1042', 'many-19', 'KUBE-SEP'];

/** From each key to the frame that shows what it did, as the browser itself tells it: in steps of 8 ms, 16 at least. */
async function keysOfSearches(page: Page): Promise<number[]> {
  const field = page.getByRole('textbox', { name: 'Search the rules' });
  await field.focus();
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { seen });
    new PerformanceObserver((entries) => {
      for (const { name, duration } of entries.getEntries()) if (name === 'keydown') seen.push(duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  let typed = 0;
  for (const text of SEARCHES) {
    await page.keyboard.type(text, { delay: BETWEEN_KEYS_MS });
    typed += text.length;
    await page
      .locator('.found')
      .filter({ hasText: /of [1-9]/ })
      .waitFor();
    await field.fill('');
  }
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const slow = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
  return [...slow, ...Array.from({ length: Math.max(0, typed - slow.length) }, () => 16)];
}

/** From the save to the rule in the page, as seen from here, and the bytes that the page was sent meanwhile. */
async function edits(
  page: Page,
  devtools: CDPSession,
  { client, url }: WebLab,
): Promise<{ took: number[]; bytes: number[] }> {
  const took: number[] = [];
  const bytes: number[] = [];
  let received = 0;
  await devtools.send('Network.enable');
  devtools.on('Network.webSocketFrameReceived', ({ response }) => {
    received += response.payloadData.length;
  });
  const name = 'many-7';
  await page.evaluate(() => {
    location.hash = '#/rules?service=default%2Fmany-7';
  });
  await page.locator('[role=grid] .rule-text').first().waitFor();
  const window = await WindowUnderTest.open(url);
  let object = await window.untilCluster(({ services: all }) =>
    all.find(({ metadata }) => metadata.name === name),
  );
  window.close();
  for (let port = 20_001; port <= 20_010; port++) {
    received = 0;
    const startedAt = performance.now();
    const saved = await client.services.update({
      object: { ...object, spec: { ...object.spec, ports: [{ port, targetPort: 8080 }] } } as never,
    });
    if (saved.outcome !== 'saved') throw new Error(saved.message);
    object = saved.object;
    await page.waitForFunction(
      (wanted) => document.querySelector('[role=grid]')?.textContent?.includes(`${wanted}`),
      port,
      { polling: 'raf' },
    );
    took.push(performance.now() - startedAt);
    bytes.push(received);
  }
  return { took, bytes };
}

const lab = await startWebLab();
const browser = await launchChromium();
try {
  const { client } = lab;
  if (mode !== 'iptables') await client.engine.setMode({ mode, dialect: 'current' });
  const filledAt = performance.now();
  await fill(lab);
  row(`${services} Services made, their rules on the node`, ms(performance.now() - filledAt));
  row(
    'load of this computer',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  );
  const askedAt = performance.now();
  for await (const event of await client.rules.watch({ intervalMs: 60_000 })) {
    const text = JSON.stringify(event);
    row(
      'rules asked for to all of them having come',
      `${ms(performance.now() - askedAt)}, ${(text.length / 1e6).toFixed(1)} MB`,
    );
    break;
  }
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(lab.url);
  await page.getByText('API connected').waitFor();
  await page.getByRole('button', { name: 'Skip', exact: true }).click();
  await page.getByRole('main', { name: 'Services' }).getByText('many-0', { exact: true }).first().waitFor();
  row('Rules gone to, to its first rules', ms(await firstRows(page)));
  await page.getByRole('link', { name: 'Services' }).click();
  await page.getByRole('main', { name: 'Services' }).waitFor();
  row('Rules gone to again', ms(await firstRows(page)));
  tellFrames('standing still', await frames(page, devtools, async () => {}));
  tellFrames('scrolling slowly', await whileScrolling(page, devtools, 500));
  tellFrames('scrolling fast', await whileScrolling(page, devtools, 6000));
  const { id } = await client.traffic.start({
    from: 'client',
    target: 'many-3',
    protocol: 'http',
    requests: 100_000,
    concurrency: 4,
    keepAlive: false,
    timeoutMs: 2000,
  });
  tellFrames('scrolling slowly, counters moving', await whileScrolling(page, devtools, 500));
  await client.traffic.stop({ id });
  let keys: number[] = [];
  const searching = await frames(page, devtools, async () => {
    keys = await keysOfSearches(page);
  });
  tellFrames('searching', searching);
  row(
    'search: from a key to the frame that shows what it found',
    `${ms(quantile(keys, 0.5))}, 95 of 100 within ${quantile(keys, 0.95).toFixed(0)}, most ${Math.max(...keys).toFixed(0)}, of ${keys.length}`,
  );
  const { took, bytes } = await edits(page, devtools, lab);
  row(
    'edit saved to its rules in the page',
    `${ms(quantile(took, 0.5))}, most ${Math.max(...took).toFixed(0)}; ${(quantile(bytes, 0.5) / 1024).toFixed(1)} KiB sent to it`,
  );
  row(
    'load of this computer',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  );
} finally {
  await browser.close();
  await lab.stop();
}
