import { isIPv4 } from 'node:net';
import { rendererFolder } from '../program-files.ts';
import { startWebShell } from '../shells/web/web-shell.ts';
import { BadInputError } from './bad-input-error.ts';
import { labUp } from './lab-up.ts';
import { openBrowser } from './open-browser.ts';
import { appForWindow, startWindow } from './start-window.ts';

export interface StartOptions {
  web?: boolean;
  host: string;
  port?: number;
  open: boolean;
  data?: string;
  json?: boolean;
}

/** The loopback address that was meant. Throws BadInputError for any other. */
function loopbackAddress(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  if (host === '::1' || host === '[::1]') return '::1';
  if (isIPv4(host) && host.startsWith('127.')) return host;
  throw new BadInputError(`--host ${host} is not a loopback address: nothing listens elsewhere`);
}

/** Options that only a browser makes sense with. */
function isForBrowser({ web, host, port, open }: StartOptions): boolean {
  return Boolean(web) || port !== undefined || !open || host !== '127.0.0.1';
}

/**
 * Opens the app, in the foreground: in Electron where it is there, else served to a browser. Gives the exit
 * code.
 */
export async function start(options: StartOptions): Promise<number> {
  const address = loopbackAddress(options.host);
  const app = isForBrowser(options) ? undefined : appForWindow((line) => process.stderr.write(`${line}\n`));
  return app ? startWindow(app, options) : startWeb(options, address);
}

async function startWeb(options: StartOptions, address: string): Promise<number> {
  return labUp({
    mode: 'iptables',
    dialect: 'current',
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.json === undefined ? {} : { json: options.json }),
    openShell: (dataDir) => async (context) => {
      const shell = await startWebShell({
        context,
        dataDir,
        folder: rendererFolder(),
        address,
        ...(options.port === undefined ? {} : { port: options.port }),
      });
      // The browser takes longer to start than the lab: both at once.
      if (options.open) openBrowser(shell.openingUrl());
      return shell;
    },
  });
}
