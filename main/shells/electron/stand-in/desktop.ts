/** `shell`, `dialog`, `screen`, `nativeTheme`: the desktop around the app. A test puts its own answers in. */
import { needsReady } from './state.ts';

export const shell = {
  async openExternal(url: string): Promise<void> {
    throw new Error(`nobody is here to open ${url}`);
  },
};

export const dialog = {
  /** Nobody answers, as with a user who has gone for coffee. */
  showMessageBox(_options: object): Promise<{ response: number }> {
    needsReady('dialog.showMessageBox');
    return new Promise(() => {});
  },
};

const display = { x: 0, y: 0, width: 1920, height: 1080 };

export const screen = {
  getAllDisplays(): { bounds: typeof display; workArea: typeof display }[] {
    needsReady('screen');
    return [{ bounds: display, workArea: display }];
  },
};

export const nativeTheme = { shouldUseDarkColors: false };
