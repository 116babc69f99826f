/** Answers HTTP: the page's files, the token's check, and the link that the browser is opened with. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sessionPath, tokenFragment } from '../../../app/contract/carrier.ts';
import { contentSecurityPolicy } from '../content-security-policy.ts';
import type { OpeningLinks } from './opening-links.ts';
import { openingPath } from './opening-links.ts';
import type { Encoding, PageFile, PageFiles } from './page-files.ts';
import type { RequestGuard } from './request-guard.ts';

const SECURITY_HEADERS = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

export interface PageServerOptions {
  guard: RequestGuard;
  files: PageFiles;
  links: OpeningLinks;
  token: string;
}

export function answerHttp(
  options: PageServerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const { method } = request;
    if (!options.guard.isForUs(request)) return end(response, 403, 'This server does not go by that name.');
    if (method !== 'GET' && method !== 'HEAD') {
      // A body that nobody reads would be taken for the next request.
      response.setHeader('connection', 'close');
      response.setHeader('allow', 'GET, HEAD');
      return end(response, 405, 'Only GET and HEAD are answered.');
    }
    const path = pathOf(request);
    if (path === sessionPath) return answerSession(options, request, response);
    if (path.startsWith(openingPath)) return answerOpening(options, path, response);
    const file = options.files.find(path);
    if (file) return sendFile(file, request, response);
    if (path === '/') return end(response, 503, 'The user interface is not built: run `npm run build`.');
    end(response, 404, 'There is no such page.');
  };
}

/** Without the query; a request line may hold a whole URL. */
function pathOf({ url = '/' }: IncomingMessage): string {
  try {
    return new URL(url, 'http://localhost').pathname;
  } catch {
    return '';
  }
}

function answerSession(
  { guard }: PageServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.setHeader('cache-control', 'no-store');
  if (!guard.isFromNoOtherPage(request)) end(response, 403, 'Pages of other sites have no business here.');
  else if (!guard.carriesTokenAsBearer(request)) end(response, 401, 'The token is missing or wrong.');
  else response.writeHead(204).end();
}

/** The token goes on in the fragment, which a browser keeps to itself. */
function answerOpening({ links, token }: PageServerOptions, path: string, response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store');
  const good = links.use(path.slice(openingPath.length));
  if (good) response.writeHead(303, { location: `/${tokenFragment(token)}` }).end();
  else end(response, 410, 'This link was used already. Open the address that was printed at the start.');
}

function sendFile(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('cache-control', file.cacheControl);
  response.setHeader('etag', file.entityTag);
  response.setHeader('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.entityTag) {
    response.writeHead(304).end();
    return;
  }
  const encoding = acceptedEncoding(request);
  const compressed = encoding && file.compressed(encoding);
  const body = compressed ?? file.content;
  response.writeHead(200, {
    'content-type': file.mediaType,
    'content-length': body.length,
    ...(compressed ? { 'content-encoding': encoding } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function acceptedEncoding({ headers }: IncomingMessage): Encoding | undefined {
  const accepted = String(headers['accept-encoding'] ?? '')
    .split(',')
    .filter((word) => !/;\s*q=0(\.0*)?\s*$/.test(word))
    .map((word) => word.split(';')[0]?.trim());
  if (accepted.includes('br')) return 'br';
  return accepted.includes('gzip') ? 'gzip' : undefined;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
