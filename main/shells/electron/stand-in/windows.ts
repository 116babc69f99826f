/** The windows there are, in the order they were opened. */
import { EventEmitter } from 'node:events';
import type { BrowserWindow } from './browser-window.ts';

class OpenWindows extends EventEmitter {
  readonly all = new Set<BrowserWindow>();
  focused: BrowserWindow | undefined;

  opened(window: BrowserWindow): void {
    this.all.add(window);
  }

  closed(window: BrowserWindow): void {
    this.all.delete(window);
    if (this.focused === window) this.focused = [...this.all].at(-1);
    if (this.all.size === 0) this.emit('last-closed');
  }
}

export const openWindows = new OpenWindows();

/** False where a window would not close. */
export function closeAllWindows(): boolean {
  for (const window of [...openWindows.all]) {
    window.close();
    if (openWindows.all.has(window)) return false;
  }
  return true;
}
