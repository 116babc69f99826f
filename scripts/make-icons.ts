/**
 * Makes the icons of every platform from `resources/icons/icon.svg`; their results are kept in the repository,
 * so that packaging needs no browser. Chromium draws, and the files around the PNGs are written here: ICO and
 * ICNS are both a table of contents before PNGs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const folder = join(import.meta.dirname, '..', 'resources', 'icons');
/** The freedesktop sizes, which electron-builder takes by these names. */
const LINUX_SIZES = [16, 32, 48, 64, 128, 256, 512];
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Apple's types of PNG icons: size in pixels by type (Icon Services, `icns`). */
const ICNS_TYPES = {
  icp4: 16,
  icp5: 32,
  ic07: 128,
  ic08: 256,
  ic09: 512,
  ic10: 1024,
  ic11: 32,
  ic12: 64,
  ic13: 256,
  ic14: 512,
};

async function drawPngs(sizes: number[]): Promise<Map<number, Buffer>> {
  const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const page = await browser.newPage();
    const pngs = new Map<number, Buffer>();
    for (const size of new Set(sizes)) {
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(
        `<style>html,body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`,
      );
      pngs.set(size, await page.screenshot({ omitBackground: true }));
    }
    return pngs;
  } finally {
    await browser.close();
  }
}

function png(pngs: Map<number, Buffer>, size: number): Buffer {
  const found = pngs.get(size);
  if (!found) throw new Error(`no icon of ${size} pixels was drawn`);
  return found;
}

/** Windows' ICO: a header, 16 bytes an image, the images. A size of 256 is written as 0. */
function ico(pngs: Map<number, Buffer>): Buffer {
  const header = Buffer.alloc(6 + 16 * ICO_SIZES.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(ICO_SIZES.length, 4);
  let offset = header.length;
  ICO_SIZES.forEach((size, index) => {
    const at = 6 + 16 * index;
    const image = png(pngs, size);
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(image.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += image.length;
  });
  return Buffer.concat([header, ...ICO_SIZES.map((size) => png(pngs, size))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(8 + content.length, 4);
  return Buffer.concat([head, content]);
}

function icns(pngs: Map<number, Buffer>): Buffer {
  return chunk(
    'icns',
    Buffer.concat(Object.entries(ICNS_TYPES).map(([type, size]) => chunk(type, png(pngs, size)))),
  );
}

const pngs = await drawPngs([...LINUX_SIZES, ...ICO_SIZES, ...Object.values(ICNS_TYPES)]);
for (const size of LINUX_SIZES) writeFileSync(join(folder, `${size}x${size}.png`), png(pngs, size));
writeFileSync(join(folder, 'icon.ico'), ico(pngs));
writeFileSync(join(folder, 'icon.icns'), icns(pngs));
