/** The browser whose windows are the app's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { DevtoolsConnection } from './devtools.ts';

export interface Chromium {
  devtools: DevtoolsConnection;
  /** Where a test connects to the same browser. */
  endpoint: string;
  close(): Promise<void>;
}

function switches(userData: string, ofApp: string[]): string[] {
  return [
    ...(process.env['DISPLAY'] ? [] : ['--headless=new']),
    // Chromium's sandbox does not start as root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-default-apps',
    '--disable-extensions',
    '--no-first-run',
    '--no-default-browser-check',
    '--no-startup-window',
    '--password-store=basic',
    '--remote-debugging-port=0',
    `--user-data-dir=${userData}`,
    ...ofApp,
  ];
}

function devtoolsEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-16_384);
      const endpoint = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (endpoint) resolve(endpoint);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`Chromium did not start:\n${said}`)));
  });
}

export async function startChromium(userData: string, ofApp: string[]): Promise<Chromium> {
  // It dies with this process, killed too, as Electron's windows do.
  const argv = ['--pdeathsig', 'KILL', '--', 'chromium', ...switches(userData, ofApp)];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.once('exit', () => child.kill('SIGKILL'));
  const endpoint = await devtoolsEndpoint(child);
  const devtools = await DevtoolsConnection.open(endpoint);
  return {
    devtools,
    endpoint,
    close: async () => {
      devtools.browser.send('Browser.close').catch(() => {});
      const late = setTimeout(() => child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(late);
    },
  };
}
