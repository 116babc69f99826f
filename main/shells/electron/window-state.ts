/** Where the window was, kept in the data folder, and put where a display still shows it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

const windowStateSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

/** The smallest window whose views fit, and the one of the first start; both in device-independent pixels. */
export const leastSize = { width: 1024, height: 700 };
const FIRST_SIZE = { width: 1280, height: 800 };
/** So much of the title bar has to be on a display for a hand to drag the window by. */
const GRIP = { width: 120, height: 32 };

function overlap(a: Rectangle, b: Rectangle): { width: number; height: number } {
  return {
    width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
  };
}

function canBeHeld(window: Rectangle, display: Rectangle): boolean {
  const { width, height } = overlap({ ...window, height: GRIP.height }, display);
  return width >= GRIP.width && height >= GRIP.height;
}

/** Bounds for a window, without a place where the system is to choose it. `displays` are their work areas. */
export function placeWindow(
  kept: WindowState | undefined,
  displays: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  if (!kept) return FIRST_SIZE;
  const largest = displays.reduce(
    (most, { width, height }) => ({
      width: Math.max(most.width, width),
      height: Math.max(most.height, height),
    }),
    leastSize,
  );
  const size = {
    width: Math.min(Math.max(kept.width, leastSize.width), largest.width),
    height: Math.min(Math.max(kept.height, leastSize.height), largest.height),
  };
  const bounds = { x: kept.x, y: kept.y, ...size };
  return displays.some((display) => canBeHeld(bounds, display)) ? bounds : size;
}

/** Undefined where none was kept, or what was kept is no window's state. */
export function readWindowState(file: string): WindowState | undefined {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export function keepWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.next`, file);
}
