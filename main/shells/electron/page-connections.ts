/** Pages that ask for the engine. Who asks is looked at: a main frame of ours, in a window of ours. */
import { BrowserWindow, type IpcMainEvent, ipcMain, type MessagePortMain } from 'electron';
import { electronConnect } from '../../../app/contract/carrier.ts';
import { isOurPage } from './app-protocol.ts';

function isOurs({ sender, senderFrame }: IpcMainEvent): boolean {
  return (
    senderFrame !== null &&
    senderFrame.parent === null &&
    isOurPage(senderFrame.url) &&
    BrowserWindow.fromWebContents(sender) !== null
  );
}

export function onPageConnects(connect: (port: MessagePortMain) => void): void {
  ipcMain.on(electronConnect, (event) => {
    const [port, ...more] = event.ports;
    if (port && more.length === 0 && isOurs(event)) connect(port);
    else for (const refused of event.ports) refused.close();
  });
}
