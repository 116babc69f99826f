import { RPCLink } from '@orpc/client/message-port';
import { electronConnect } from '../../app/contract/carrier.ts';
import type { Carrier } from './carrier.ts';

/** Asks the preload for the engine: one end of a channel goes to it, the other is ours. */
export async function openElectronCarrier(): Promise<Carrier> {
  const { port1, port2 } = new MessageChannel();
  const closed = new Promise<void>((resolve) => port1.addEventListener('close', () => resolve()));
  const link = new RPCLink({ port: port1 });
  port1.start();
  window.postMessage({ type: electronConnect }, location.origin === 'null' ? '*' : location.origin, [port2]);
  return { link, closed, close: () => port1.close() };
}
