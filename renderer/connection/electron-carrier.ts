import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { type CallContext, callHeaders, electronConnect } from '../../app/contract/carrier.ts';
import type { Carrier } from './carrier.ts';
import type { EngineClient } from './engine-client.ts';

/**
 * Resolves when an engine has answered. A port can always be had; whether an engine is at its other end shows
 * only so, by a question that it answers before the lab is up.
 */
async function firstAnswer(link: Carrier['link']): Promise<void> {
  const client: EngineClient = createORPCClient(link);
  const settings = await client.settings.watch();
  void settings.return?.();
}

/**
 * Asks the preload for the engine: one end of a channel goes to it, the other is ours.
 *
 * @throws where the port is closed before an engine has answered
 */
export async function openElectronCarrier(): Promise<Carrier> {
  const { port1, port2 } = new MessageChannel();
  const closed = new Promise<void>((resolve) => port1.addEventListener('close', () => resolve()));
  const link = new RPCLink<CallContext>({ port: port1, headers: ({ context }) => callHeaders(context) });
  port1.start();
  window.postMessage({ type: electronConnect }, location.origin === 'null' ? '*' : location.origin, [port2]);
  await firstAnswer(link);
  return { link, closed, close: () => port1.close() };
}
