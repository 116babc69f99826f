/**
 * The relay process. Started inside the node's network namespace with an IPC channel, it serves what the
 * engine tells it to and ends with the channel, however the engine ends.
 */
import * as z from 'zod/mini';
import { EPOLLIN, EventLoop } from './event-loop.ts';
import { type RelayReply, type RelayRequest, relayRequestSchema } from './protocol.ts';
import { Relay } from './relay.ts';
import { collectStatistics } from './statistics.ts';

/** The channel's descriptor; Node has it (`process.channel.fd`), its types do not. */
function channelDescriptor(): number {
  const { fd } = (process.channel ?? {}) as { fd?: number };
  if (fd === undefined) throw new Error('the relay is started by kube-proxy-lab, with a channel to it');
  return fd;
}

function send(message: RelayReply): void {
  // A parent that has just gone is noticed through `disconnect`; the callback keeps it from throwing here.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function sequenceOf(message: unknown): { sequence?: number } {
  const { sequence } = (message ?? {}) as { sequence?: unknown };
  return Number.isInteger(sequence) ? { sequence: sequence as number } : {};
}

function main(): void {
  // What `ss -p` and `ps` call the one who listens: here this is kube-proxy's part.
  process.title = 'kube-proxy';
  const loop = new EventLoop();
  loop.watch(channelDescriptor(), EPOLLIN, { onReady: () => {} });
  const relay = new Relay(loop, send);

  const answer = (request: RelayRequest): RelayReply => {
    switch (request.type) {
      case 'serve':
        return relay.serve(request);
      case 'statistics':
        return collectStatistics(relay.listeners(), request, loop.now);
    }
  };

  process.on('message', (message: unknown) => {
    const request = relayRequestSchema.safeParse(message);
    if (request.success) send(answer(request.data));
    else send({ type: 'rejected', ...sequenceOf(message), message: z.prettifyError(request.error) });
  });
  process.on('disconnect', () => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  loop.start();
  send({ type: 'ready' });
}

main();
