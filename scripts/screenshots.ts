/**
 * Pictures of the window, to be looked at one by one: every view in both themes, both languages and two
 * sizes, once at the smallest size and twice at presenter zoom.
 *
 *     npx node scripts/screenshots.ts FOLDER [SCENE…]
 *
 * It starts a lab of its own with the document's Services, sends some traffic, and ends it again. So it does with a
 * second cluster whose node is a network namespace, which only root can have.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Settings } from '../app/contract/settings.ts';
import { KindStandIn } from '../main/kind/stand-in/kind-stand-in.ts';
import { fillLab, launchChromium, sendRequests, startWebLab, type WebLab } from '../main/testing/web-lab.ts';
import { PicturedCluster } from './screenshot-cluster.ts';
import { attachedScenes, clusterScenes, labScenes, type Scene } from './screenshot-scenes.ts';

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
  {
    name: 'en-light-zoom-150-1280x800',
    settings: { locale: 'en', theme: 'light', zoom: 1.5 },
    size: { width: 1280, height: 800 },
  },
];

/** Nothing is asked for any more and nothing moves: what is seen then stays so. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('.skeleton, .spinner'));
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

interface Shooting {
  lab: WebLab;
  scenes: readonly Scene[];
  /** Before each look: what would have passed meanwhile. */
  again?: () => Promise<void>;
}

async function shootAll({ lab, scenes, again }: Shooting, folder: string): Promise<void> {
  const browser = await launchChromium();
  for (const look of looks) {
    await lab.client.settings.update({ ...look.settings, tourSeen: true });
    const page = await browser.newPage({ viewport: look.size });
    page.on('pageerror', (error) => process.stderr.write(`${look.name}: ${error.stack}\n`));
    page.on('console', (message) => {
      if (message.type() === 'error') process.stderr.write(`${look.name}: ${message.text()}\n`);
    });
    await again?.();
    await page.goto(lab.url);
    await page.locator('aside').waitFor();
    for (const scene of scenes) await shoot(page, look, scene, folder);
    await page.close();
    process.stderr.write(`${look.name}: ${scenes.map(({ name }) => name).join(' ')}\n`);
  }
  await browser.close();
}

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('usage: node scripts/screenshots.ts FOLDER [SCENE…]\n');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const chosenOf = (scenes: readonly Scene[]): readonly Scene[] =>
  scenes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const [ofLab, ofCluster, ofNode] = [chosenOf(labScenes), chosenOf(clusterScenes), chosenOf(attachedScenes)];
using kind = new KindStandIn();
kind.clusters = ['workshop', 'ipv6-trial'];
process.env['PATH'] = `${kind.folder}:${process.env['PATH']}`;
await using ended = new AsyncDisposableStack();
const lab = await startWebLab();
ended.defer(() => lab.stop());
if (ofLab.length > 0) {
  await fillLab(lab);
  const again = async (): Promise<void> => {
    // Connections are tracked for two minutes after their end.
    await sendRequests(lab, 'mysql-service/nodePort', 60);
    await sendRequests(lab, 'ssh-service1/nodePort', 8);
  };
  await shootAll({ lab, scenes: ofLab, again }, folder);
}
if (ofCluster.length + ofNode.length > 0 && process.getuid?.() !== 0) {
  process.stderr.write(
    'the second cluster is left out: its node is a network namespace, which only root can have\n',
  );
} else if (ofCluster.length + ofNode.length > 0) {
  const cluster = await PicturedCluster.start();
  ended.defer(() => cluster.close());
  await cluster.choose(lab);
  if (ofCluster.length > 0) await shootAll({ lab, scenes: ofCluster }, folder);
  if (ofNode.length > 0) {
    await cluster.attach(lab);
    await shootAll({ lab, scenes: ofNode }, folder);
  }
}
