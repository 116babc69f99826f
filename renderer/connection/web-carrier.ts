import { RPCLink } from '@orpc/client/websocket';
import {
  type CallContext,
  callHeaders,
  sessionPath,
  tokenOfFragment,
  webSocketPath,
  webSocketProtocols,
} from '../../app/contract/carrier.ts';
import { type Carrier, UnauthorizedError } from './carrier.ts';

const tokenKey = 'kube-proxy-lab.token';

/**
 * Takes the token of the address that the program printed out of the address bar, so that it is neither
 * copied with the address nor kept in the history, and remembers it for this tab.
 */
export function tokenOfPage(): string | undefined {
  const token = tokenOfFragment(location.hash);
  if (token !== undefined) {
    sessionStorage.setItem(tokenKey, token);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return token ?? sessionStorage.getItem(tokenKey) ?? undefined;
}

/** A page's WebSocket cannot tell a refusal from a server that is away; this request can. */
async function isRefused(token: string): Promise<boolean> {
  const response = await fetch(sessionPath, {
    headers: { Authorization: `Bearer ${token}` },
    cache: 'no-store',
  });
  return response.status === 401;
}

/**
 * Connects to the engine behind the page's own origin.
 *
 * @throws UnauthorizedError; any other error means that nobody answers there now
 */
export async function openWebSocketCarrier(): Promise<Carrier> {
  const token = tokenOfPage();
  if (token === undefined) throw new UnauthorizedError();
  const url = new URL(webSocketPath, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, webSocketProtocols(token));
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  const opened = await Promise.race([
    new Promise<boolean>((resolve) => socket.addEventListener('open', () => resolve(true))),
    closed.then(() => false),
  ]);
  if (!opened) {
    if (await isRefused(token)) throw new UnauthorizedError();
    throw new Error('the engine does not answer');
  }
  const link = new RPCLink<CallContext>({
    websocket: socket,
    headers: ({ context }) => callHeaders(context),
  });
  return { link, closed, close: () => socket.close() };
}
