/**
 * Pictures of the window, to be looked at one by one: every view in both themes, both languages and two
 * sizes, and once at the smallest size and at presenter zoom.
 *
 *     npx node scripts/screenshots.ts FOLDER [VIEW…]
 *
 * It starts a lab of its own with the document's Services, sends some traffic, and ends it again.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Settings } from '../app/contract/settings.ts';
import { fillLab, launchChromium, startWebLab, type WebLab } from '../main/testing/web-lab.ts';

interface Scene {
  name: string;
  path: string;
  /** What is done once the view is there. */
  act?: (page: Page) => Promise<void>;
}

const scenes: readonly Scene[] = [
  { name: 'services', path: '/services' },
  { name: 'service', path: '/services/default/mysql-service' },
  { name: 'rules', path: '/rules' },
  { name: 'traffic', path: '/traffic' },
  { name: 'journey', path: '/journey' },
  { name: 'node', path: '/node' },
  { name: 'node-verify', path: '/node?tab=verify' },
  { name: 'node-syncs', path: '/node?tab=syncs' },
  { name: 'node-listeners', path: '/node?tab=listeners' },
  { name: 'node-conntrack', path: '/node?tab=conntrack' },
  { name: 'node-kernel', path: '/node?tab=kernel' },
  { name: 'export', path: '/export' },
  {
    name: 'mode',
    path: '/services',
    act: async (page) => {
      await page.locator('[data-tour="mode"]').click();
      await page.getByRole('radio', { name: /nftables/ }).click();
    },
  },
  { name: 'clusters', path: '/services', act: (page) => page.keyboard.press('c') },
  { name: 'palette', path: '/services', act: (page) => page.keyboard.press('Control+K') },
  {
    name: 'keyboard',
    path: '/services',
    act: (page) => page.locator('aside').getByRole('button').last().click(),
  },
];

interface Look {
  name: string;
  settings: Partial<Settings>;
  size: { width: number; height: number };
}

const looks: Look[] = [
  ...(['en', 'zh'] as const).flatMap((locale) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      [
        { width: 1280, height: 800 },
        { width: 1920, height: 1080 },
      ].map((size) => ({
        name: `${locale}-${theme}-${size.width}x${size.height}`,
        settings: { locale, theme, zoom: 1 },
        size,
      })),
    ),
  ),
  {
    name: 'en-light-1024x700',
    settings: { locale: 'en', theme: 'light', zoom: 1 },
    size: { width: 1024, height: 700 },
  },
  {
    name: 'zh-dark-zoom-150',
    settings: { locale: 'zh', theme: 'dark', zoom: 1.5 },
    size: { width: 1920, height: 1080 },
  },
];

/** Nothing is asked for any more and nothing moves: what is seen then stays so. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page
    .locator('main [role="status"]')
    .waitFor({ state: 'detached' })
    .catch(() => {});
  await page.waitForTimeout(400);
}

async function shoot(page: Page, look: Look, scene: Scene, folder: string): Promise<void> {
  await page.evaluate((path) => {
    location.hash = `#${path}`;
  }, scene.path);
  await settle(page);
  await scene.act?.(page);
  if (scene.act) await settle(page);
  await page.screenshot({ path: join(folder, `${scene.name}-${look.name}.png`) });
  if (scene.act) await page.keyboard.press('Escape');
}

async function shootAll(lab: WebLab, folder: string, wanted: readonly string[]): Promise<void> {
  const browser = await launchChromium();
  const chosen = scenes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const look of looks) {
    await lab.client.settings.update({ ...look.settings, tourSeen: true });
    const page = await browser.newPage({ viewport: look.size });
    page.on('pageerror', (error) => process.stderr.write(`${look.name}: ${error.stack}\n`));
    page.on('console', (message) => {
      if (message.type() === 'error') process.stderr.write(`${look.name}: ${message.text()}\n`);
    });
    await page.goto(lab.url);
    await page.locator('aside').waitFor();
    for (const scene of chosen) await shoot(page, look, scene, folder);
    await page.close();
    process.stderr.write(`${look.name}: ${chosen.length} pictures\n`);
  }
  await browser.close();
}

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('usage: node scripts/screenshots.ts FOLDER [VIEW…]\n');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const lab = await startWebLab();
try {
  await fillLab(lab);
  await shootAll(lab, folder, wanted);
} finally {
  await lab.stop();
}
