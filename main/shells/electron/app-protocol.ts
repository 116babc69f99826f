/** The scheme that our pages come from: the built interface's files and nothing else. */
import { protocol } from 'electron';
import { contentSecurityPolicy } from '../content-security-policy.ts';
import { PageFiles } from '../web/page-files.ts';

const SCHEME = 'app';
const HOST = 'kube-proxy-lab';

export const pageUrl = `${SCHEME}://${HOST}/index.html`;

/** Whether a URL is a page of ours. Node gives a scheme it does not know no origin to compare. */
export function isOurPage(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol: scheme, host, username, password } = new URL(url);
  return scheme === `${SCHEME}:` && host === HOST && username === '' && password === '';
}

/** Before the app is ready: gives the scheme an origin, and what secure pages may do. */
export function declareAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

const HEADERS = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Once the app is ready. */
export function serveAppScheme(folder: string): void {
  const files = new PageFiles(folder);
  protocol.handle(SCHEME, ({ url, method }) => {
    const found = isOurPage(url) ? files.find(new URL(url).pathname) : undefined;
    if (!found) return new Response('not found', { status: 404, headers: HEADERS });
    if (method !== 'GET') return new Response('only GET', { status: 405, headers: HEADERS });
    return new Response(new Uint8Array(found.content), {
      headers: { ...HEADERS, 'content-type': found.mediaType },
    });
  });
}
