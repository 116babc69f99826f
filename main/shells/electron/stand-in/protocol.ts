/** `protocol`: schemes of the app's own, answered by its handlers. */
import { needsReady, state } from './state.ts';

type Handler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, Handler>();
let declared = false;

export const protocol = {
  registerSchemesAsPrivileged(
    schemes: { scheme: string; privileges?: { standard?: boolean; secure?: boolean } }[],
  ): void {
    if (state.ready)
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    if (declared) throw new Error('protocol.registerSchemesAsPrivileged can be called only once');
    declared = true;
    for (const { scheme, privileges } of schemes) {
      if (privileges?.standard && privileges.secure) state.schemes.add(scheme);
    }
  },
  handle(scheme: string, handler: Handler): void {
    needsReady('protocol.handle');
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    handlers.set(scheme, handler);
  },
};

/** What the app's handler answers; undefined where the scheme has none. */
export async function answerOf(request: {
  url: string;
  method: string;
  headers: Record<string, string>;
}): Promise<Response | undefined> {
  const { url, method, headers } = request;
  return handlers.get(url.slice(0, url.indexOf(':')))?.(new Request(url, { method, headers }));
}
