/** `Menu`: checked as Electron checks it; a test clicks its items. */
import { BrowserWindow } from './browser-window.ts';

interface ItemOptions {
  id?: string;
  label?: string;
  role?: string;
  type?: string;
  accelerator?: string;
  click?: (item: object, window: BrowserWindow | undefined, event: object) => void;
  submenu?: ItemOptions[];
}

const ROLES = new Set(
  [
    'undo redo cut copy paste pasteAndMatchStyle delete selectAll reload forceReload toggleDevTools resetZoom',
    'zoomIn zoomOut toggleSpellChecker togglefullscreen window minimize close help about services hide hideOthers',
    'unhide quit startSpeaking stopSpeaking zoom front appMenu fileMenu editMenu viewMenu shareMenu windowMenu',
  ].flatMap((line) => line.toLowerCase().split(' ')),
);

class MenuItem {
  readonly id: string | undefined;
  readonly label: string;
  readonly submenu: Menu | undefined;
  readonly #options: ItemOptions;

  constructor(options: ItemOptions) {
    const { id, label, role, type, submenu } = options;
    if (role !== undefined && !ROLES.has(role.toLowerCase())) throw new Error(`Unknown role: ${role}`);
    if (label === undefined && role === undefined && type !== 'separator') {
      throw new TypeError('Invalid template for MenuItem: must have at least one of label, role or type');
    }
    this.#options = options;
    this.id = id;
    this.label = label ?? role ?? '';
    this.submenu = submenu && Menu.buildFromTemplate(submenu);
  }

  click(): void {
    this.#options.click?.(this, BrowserWindow.getFocusedWindow() ?? undefined, {});
  }
}

let applicationMenu: Menu | null = null;

export class Menu {
  readonly items: readonly MenuItem[];

  private constructor(items: readonly MenuItem[]) {
    this.items = items;
  }

  static buildFromTemplate(template: ItemOptions[]): Menu {
    return new Menu(template.map((options) => new MenuItem(options)));
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}
