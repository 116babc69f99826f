/**
 * How the contract reaches the interface: the words that shell and page both have to know.
 *
 * In a browser: a WebSocket to `webSocketPath` of the page's own origin. The token comes in the page's URL
 * fragment (`#token=…`), which browsers send to no server and put in no Referer; the page takes it out of
 * the address bar, keeps it in sessionStorage (an origin's own, port included, where a cookie would go to
 * every port of 127.0.0.1) and offers it as a WebSocket subprotocol beside `webSocketProtocol`. The server
 * answers a wrong one with 401, which a page's WebSocket cannot tell from a server that is away: a GET of
 * `sessionPath` with `Authorization: Bearer` can (204, or 401).
 *
 * In Electron: the page makes a MessageChannel and posts `{ type: electronConnect }` with one port to its own
 * window; the preload hands the port on. `window.kubeProxyLab` is there before the page's scripts. A port
 * whose engine has ended is closed; ask for another.
 *
 * With each question goes the cluster that it is about, as `clusterHeader`: another window may have chosen another one
 * meanwhile.
 */

export const webSocketPath = '/rpc';
/** The subprotocol that the server picks. */
export const webSocketProtocol = 'kube-proxy-lab';
const tokenProtocolPrefix = 'token.';
export const sessionPath = '/session';

/** The subprotocols a page offers: `new WebSocket(url, webSocketProtocols(token))`. */
export function webSocketProtocols(token: string): [string, string] {
  return [webSocketProtocol, `${tokenProtocolPrefix}${token}`];
}

/** The token among the offered subprotocols, as a server reads the header. */
export function tokenAmong(protocols: readonly string[]): string | undefined {
  return protocols.find((word) => word.startsWith(tokenProtocolPrefix))?.slice(tokenProtocolPrefix.length);
}

/** The fragment of the address that a lab hands out: `#token=…`. */
export function tokenFragment(token: string): string {
  return `#token=${token}`;
}

/** Reads `location.hash`; undefined where it carries no token. */
export function tokenOfFragment(hash: string): string | undefined {
  return /^#token=([A-Za-z0-9_-]{16,256})$/.exec(hash)?.[1];
}

/** Names the cluster (its id) that a question was meant for; without it the question is about the chosen one. */
export const clusterHeader = 'kube-proxy-lab-cluster';

/** What goes with a question beside its input. */
export interface CallContext {
  readonly cluster?: string | undefined;
}

/** The headers of a question, for the links of carriers. */
export function callHeaders({ cluster }: CallContext): Record<string, string> {
  return cluster === undefined ? {} : { [clusterHeader]: cluster };
}

/** The message a page posts to itself, with a port, to be connected. */
export const electronConnect = 'kube-proxy-lab:connect';

/** What the preload puts on `window.kubeProxyLab`. */
export interface ElectronShell {
  readonly shell: 'electron';
  readonly platform: string;
}
