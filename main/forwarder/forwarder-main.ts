/**
 * The forwarder: runs in the lab's client namespace and holds listening sockets of this computer, which the
 * lab's process opened and handed over. A socket stays in the namespace it was opened in, so that what is
 * accepted here and what is dialled here are in two worlds, with this process between them.
 */
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { forwardConnections } from './connections.ts';
import { forwardDatagrams } from './datagrams.ts';
import { type FromForwarder, toForwarderSchema } from './protocol.ts';

/** What ends each forwarder. */
const open = new Map<string, () => void>();

function send(message: FromForwarder): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

process.on('message', (message, handle) => {
  const request = toForwarderSchema.parse(message);
  if (request.type === 'close') {
    open.get(request.id)?.();
    open.delete(request.id);
    // The handle lets go of its port at the end of this turn of the event loop.
    setImmediate(() => send({ type: 'closed', id: request.id }));
    return;
  }
  const { id, address, port, protocol } = request;
  const target = { address, port };
  const events = {
    count: (count: number) => send({ type: 'connections', id, count }),
    failed: (code: string) => send({ type: 'failed', id, code }),
  };
  open.set(
    id,
    protocol === 'TCP'
      ? forwardConnections(handle as Server, target, events)
      : forwardDatagrams(handle as DatagramSocket, target, events),
  );
  send({ type: 'opened', id });
});
process.on('disconnect', () => process.exit(0));
send({ type: 'ready' });
