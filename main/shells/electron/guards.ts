/**
 * What pages may not do, whatever runs in them: leave our pages, open windows, ask for permissions, embed
 * others. The interface shows text that others wrote; should a script of theirs ever run, it finds nothing.
 */
import { app, type Session, shell, type WebContents } from 'electron';
import { isOurPage } from './app-protocol.ts';
import { mayOpenOutside } from './external-links.ts';

function openOutside(url: string): void {
  if (mayOpenOutside(url)) void shell.openExternal(url);
}

function guardContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (isOurPage(event.url)) return;
    event.preventDefault();
    openOutside(event.url);
  });
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
}

/** For every page there will be. Before the first. */
export function guardEveryPage(): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents));
}

/** The clipboard alone: the copy buttons write to it on a click. */
const WRITE_CLIPBOARD = 'clipboard-sanitized-write';

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, grant) => {
    grant(permission === WRITE_CLIPBOARD && isOurPage(contents.getURL()));
  });
  session.setPermissionCheckHandler(
    (contents, permission) => permission === WRITE_CLIPBOARD && isOurPage(contents?.getURL() ?? ''),
  );
  session.setDevicePermissionHandler(() => false);
}
