import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The platform's own place for this user's data, unless `--data` named another. Always absolute. */
export function dataFolder(named: string | undefined): string {
  if (named !== undefined) return resolve(named);
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'kube-proxy-lab');
  if (process.platform === 'win32') {
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'kube-proxy-lab');
  }
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'kube-proxy-lab');
}
