/** `ipcMain`, and a page's messages to it. */
import { EventEmitter } from 'node:events';
import { MessagePortMain, type PackedData } from './message-port-main.ts';
import type { WebContents } from './web-contents.ts';

export const ipcMain = new EventEmitter();

export type FromPage =
  | { type: 'send'; channel: string; args: unknown[]; ports: number[] }
  | { type: 'port'; port: number; data: PackedData }
  | { type: 'portClosed'; port: number }
  | { type: 'open'; url: string }
  | { type: 'preloadFailed'; error: string };

/** The ports of one page: they end with it. */
export class PagePorts {
  readonly #ports = new Map<number, MessagePortMain>();
  readonly #tell: (message: object) => void;

  constructor(tell: (message: object) => void) {
    this.#tell = tell;
  }

  take(message: FromPage, contents: WebContents): void {
    if (message.type === 'port') this.#ports.get(message.port)?.arrived(message.data);
    else if (message.type === 'portClosed') this.#drop(message.port);
    else if (message.type === 'open') contents.opensWindow(message.url);
    else if (message.type === 'preloadFailed') contents.preloadFailed(message.error);
    else {
      const ports = message.ports.map((number) => this.#add(number));
      const event = { sender: contents, senderFrame: contents.mainFrame, ports, processId: 0, frameId: 0 };
      ipcMain.emit(message.channel, event, ...message.args);
    }
  }

  end(): void {
    for (const number of [...this.#ports.keys()]) this.#drop(number);
  }

  #add(number: number): MessagePortMain {
    const port = new MessagePortMain({
      send: (data) => this.#tell({ type: 'port', port: number, data }),
      end: () => {
        this.#ports.delete(number);
        this.#tell({ type: 'closePort', port: number });
      },
    });
    this.#ports.set(number, port);
    return port;
  }

  #drop(number: number): void {
    this.#ports.get(number)?.disconnected();
    this.#ports.delete(number);
  }
}
