import { createSocket, type Socket } from 'node:dgram';
import type { ForwarderEvents, Target } from './connections.ts';

/** A client that is silent for so long has gone: as long as connection tracking remembers an answered flow. */
const QUIET_MS = 120_000;
const MOST_CLIENTS = 4096;

interface Flow {
  far: Socket;
  timer: NodeJS.Timeout;
}

/** Leads datagrams to the target and the answers back, a socket for each client. The returned function ends all. */
export function forwardDatagrams(near: Socket, target: Target, events: ForwarderEvents): () => void {
  const flows = new Map<string, Flow>();
  const end = (client: string): void => {
    const flow = flows.get(client);
    if (!flow) return;
    flows.delete(client);
    clearTimeout(flow.timer);
    flow.far.close();
    events.count(flows.size);
  };
  const begin = (client: string, answer: (data: Buffer) => void): Flow => {
    const far = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
    far.on('message', answer);
    far.on('error', (error: NodeJS.ErrnoException) => {
      events.failed(error.code ?? 'EUNKNOWN');
      end(client);
    });
    // A connected socket is told of what comes back as ICMP.
    far.connect(target.port, target.address);
    const flow = { far, timer: setTimeout(() => end(client), QUIET_MS) };
    flows.set(client, flow);
    events.count(flows.size);
    return flow;
  };
  near.on('message', (data, { address, port }) => {
    const client = `${address} ${port}`;
    if (!flows.has(client) && flows.size >= MOST_CLIENTS) return;
    const flow = flows.get(client) ?? begin(client, (answer) => near.send(answer, port, address));
    flow.timer.refresh();
    whenConnected(flow.far, () => flow.far.send(data, () => {}));
  });
  return () => {
    for (const client of [...flows.keys()]) end(client);
    near.close();
  };
}

function whenConnected(socket: Socket, then: () => void): void {
  try {
    socket.remoteAddress();
    then();
  } catch {
    socket.once('connect', then);
  }
}
