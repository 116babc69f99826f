/** `session`: what pages are permitted. The app's handlers are asked as a page is loaded. */
import type { WebContents } from './web-contents.ts';

type RequestHandler = (
  contents: WebContents,
  permission: string,
  callback: (granted: boolean) => void,
  details: object,
) => void;
type CheckHandler = (
  contents: WebContents | null,
  permission: string,
  origin: string,
  details: object,
) => boolean;

/** Electron's names, and those of the devtools protocol. */
export const permissions: readonly (readonly [electron: string, devtools: string])[] = [
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['geolocation', 'geolocation'],
  ['notifications', 'notifications'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
];

class Session {
  #onRequest: RequestHandler | undefined;
  #onCheck: CheckHandler | undefined;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#onRequest = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#onCheck = handler;
  }

  setDevicePermissionHandler(_handler: (details: object) => boolean): void {
    // No device is there to be asked for.
  }

  /** Without a handler Electron grants everything. */
  permits(contents: WebContents, permission: string): boolean {
    if (this.#onCheck && !this.#onCheck(contents, permission, contents.getURL(), {})) return false;
    let granted = true;
    this.#onRequest?.(
      contents,
      permission,
      (answer) => {
        granted = answer;
      },
      {},
    );
    return granted;
  }
}

export const defaultSession = new Session();
export const session = { defaultSession };
