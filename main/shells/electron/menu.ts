/** The application's menu: the standard roles, and the views. */
import { BrowserWindow, Menu, type MenuItemConstructorOptions, shell } from 'electron';
import type { messagesFor } from './messages.ts';
import { goChannel, views } from './view-names.ts';

const DOCUMENTATION = 'https://kubernetes.io/docs/reference/networking/virtual-ips/';

export function buildMenu(options: {
  messages: ReturnType<typeof messagesFor>;
  platform: string;
  newWindow: () => void;
}): Menu {
  const { messages, platform, newWindow } = options;
  const viewItems = views.map(
    (view, index): MenuItemConstructorOptions => ({
      id: `view-${view}`,
      label: messages.views[view],
      accelerator: `CmdOrCtrl+${index + 1}`,
      click: () => BrowserWindow.getFocusedWindow()?.webContents.send(goChannel, view),
    }),
  );
  return Menu.buildFromTemplate([
    ...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: messages.file,
      submenu: [
        { id: 'new-window', label: messages.newWindow, accelerator: 'CmdOrCtrl+Shift+N', click: newWindow },
        { type: 'separator' },
        platform === 'darwin' ? { role: 'close' } : { role: 'quit', label: messages.quit },
      ],
    },
    { role: 'editMenu' },
    {
      label: messages.view,
      submenu: [
        ...viewItems,
        { type: 'separator' },
        { role: 'reload' },
        { role: 'togglefullscreen' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      label: messages.help,
      submenu: [{ label: messages.documentation, click: () => void shell.openExternal(DOCUMENTATION) }],
    },
  ]);
}
