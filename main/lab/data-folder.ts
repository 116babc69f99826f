import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The platform's own place for this user's data, unless `--data` named another. Always absolute. */
export function dataFolder(named: string | undefined): string {
  if (named !== undefined) return resolve(named);
  if (process.platform === 'darwin') return join(home(), 'Library', 'Application Support', 'kube-proxy-lab');
  if (process.platform === 'win32') {
    return join(process.env['LOCALAPPDATA'] ?? join(home(), 'AppData', 'Local'), 'kube-proxy-lab');
  }
  const given = process.env['XDG_DATA_HOME'] ?? '';
  // The XDG specification has a relative path ignored.
  return join(isAbsolute(given) ? given : join(home(), '.local', 'share'), 'kube-proxy-lab');
}

/** The user's home; the one in the list of users where HOME is empty or relative. */
function home(): string {
  const told = homedir();
  return isAbsolute(told) ? told : userInfo().homedir;
}
