import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepWindowState, placeWindow, readWindowState } from './window-state.ts';

const laptop = { x: 0, y: 24, width: 1440, height: 876 };
const projector = { x: 1440, y: 0, width: 1920, height: 1080 };
const kept = { x: 1500, y: 40, width: 1600, height: 900, maximized: false };

describe('the place of the window', () => {
  it.each([
    ['none was kept: a size, the system chooses where', undefined, [laptop], { width: 1280, height: 800 }],
    ['its display is there', kept, [laptop, projector], { x: 1500, y: 40, width: 1600, height: 900 }],
    ['its display has gone: it fits the one there is', kept, [laptop], { width: 1440, height: 876 }],
    [
      'its title bar is above every display',
      { ...kept, x: 100, y: -600, width: 1200, height: 800 },
      [laptop],
      { width: 1200, height: 800 },
    ],
    [
      'only a sliver is on the display',
      { ...kept, x: 1400, y: 100, width: 1200, height: 800 },
      [laptop],
      { width: 1200, height: 800 },
    ],
    [
      'it was made smaller than the views need',
      { ...kept, x: 10, y: 40, width: 300, height: 200 },
      [laptop],
      { x: 10, y: 40, width: 1024, height: 700 },
    ],
  ])('%s', (_why, state, displays, bounds) => {
    expect(placeWindow(state, displays)).toEqual(bounds);
  });
});

describe('the file of the window', () => {
  it('is read as it was kept, and is nothing where it is broken or away', () => {
    const folder = mkdtempSync(join(tmpdir(), 'window-state-'));
    try {
      const file = join(folder, 'new', 'window.json');
      expect(readWindowState(file)).toBeUndefined();
      keepWindowState(file, kept);
      expect(readWindowState(file)).toEqual(kept);
      writeFileSync(file, '{"x": "left"}');
      expect(readWindowState(file)).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
