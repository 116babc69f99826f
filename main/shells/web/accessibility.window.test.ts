/** Every view, and what lies over them, looked at by axe-core in both themes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillLab, launchChromium, startWebLab, type WebLab } from '../../testing/web-lab.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

interface Axe {
  run: (what: unknown, options: unknown) => Promise<{ violations: Violation[] }>;
}

/** What axe-core finds, a line for each place. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const result = await axe.run(document, { resultTypes: ['violations'] });
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
  });
  return found;
}

const views = [
  'services',
  'services/default/mysql-service',
  'rules',
  'traffic',
  'journey',
  'node',
  'node?tab=syncs',
  'node?tab=listeners',
  'node?tab=conntrack',
  'node?tab=kernel',
  'export',
  'nowhere',
];

const overlays: { name: string; open: (page: Page) => Promise<void> }[] = [
  { name: 'the palette', open: (page) => page.keyboard.press('Control+K') },
  { name: 'the keyboard help', open: (page) => page.keyboard.press('?') },
  { name: 'the mode switch', open: (page) => page.keyboard.press('m') },
  { name: 'the messages', open: (page) => page.getByRole('button', { name: 'Messages' }).click() },
  { name: 'the settings', open: (page) => page.getByRole('button', { name: 'Settings' }).click() },
  { name: 'the lab', open: (page) => page.getByRole('button', { name: /^Embedded lab Running/ }).click() },
  { name: 'the clusters', open: (page) => page.keyboard.press('c') },
];

let lab: WebLab;
let browser: Browser;

beforeAll(async () => {
  lab = await startWebLab();
  await fillLab(lab);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  let page: Page;

  beforeAll(async () => {
    await lab.client.settings.update({ locale: 'en', theme, tourSeen: true });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    await page.goto(lab.url);
    await page.getByText('API connected').waitFor();
    // Through the debugger, which the page's own content security policy does not bind.
    await page.evaluate(axeSource);
  });

  afterAll(() => page?.close());

  test.each(views)('%s', async (path) => {
    await page.evaluate((hash) => {
      location.hash = `#/${hash}`;
    }, path);
    await page.waitForLoadState('networkidle');
    await page.locator('main h1, main h2').first().waitFor();
    // A virtual list hides rows until it has measured them, and a hidden row has no cells: rows that come while
    // axe-core looks are looked at again.
    await page.waitForFunction(() =>
      [...document.querySelectorAll('main [role="row"]')].every(
        (row) => getComputedStyle(row).visibility === 'visible',
      ),
    );
    await expect.poll(() => violations(page), { timeout: 30_000 }).toEqual([]);
  });

  test.each(overlays)('$name', async ({ open }) => {
    await page.evaluate(() => {
      location.hash = '#/node';
    });
    await page.locator('main h1').first().waitFor();
    await open(page);
    await page.getByRole('dialog').first().waitFor();
    await expect.poll(() => violations(page), { timeout: 30_000 }).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').first().waitFor({ state: 'detached' });
  });
});
