/** What a page asks for: the app's own schemes are answered by the app; a navigation is asked of it first. */
import { answerOf } from './protocol.ts';
import { toApp } from './urls.ts';

export interface PausedRequest {
  requestId: string;
  frameId: string;
  resourceType: string;
  request: { url: string; method: string; headers: Record<string, string> };
}

type Send = (method: string, params: object) => Promise<unknown>;

function isOurs(url: string, schemes: ReadonlySet<string>): boolean {
  return toApp(url, schemes) !== url;
}

async function fulfil(paused: PausedRequest, schemes: ReadonlySet<string>, send: Send): Promise<void> {
  const { requestId, request } = paused;
  const url = toApp(request.url, schemes);
  const response = await answerOf({ url, method: request.method, headers: request.headers });
  if (!response) {
    await send('Fetch.failRequest', { requestId, errorReason: 'AddressUnreachable' });
    return;
  }
  await send('Fetch.fulfillRequest', {
    requestId,
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  });
}

/** `mayNavigate` is asked for documents alone. */
export async function answerRequest(
  paused: PausedRequest,
  options: {
    schemes: ReadonlySet<string>;
    send: Send;
    mayNavigate: (url: string, frameId: string) => boolean;
  },
): Promise<void> {
  const { schemes, send, mayNavigate } = options;
  const { requestId, resourceType, request, frameId } = paused;
  if (resourceType === 'Document' && !mayNavigate(toApp(request.url, schemes), frameId)) {
    await send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
  } else if (isOurs(request.url, schemes)) await fulfil(paused, schemes, send);
  else await send('Fetch.continueRequest', { requestId });
}
