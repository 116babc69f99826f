/** A window as the web shell sees it: a WebSocket that speaks the contract. */
import { once } from 'node:events';
import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket } from 'ws';
import { tokenOfFragment, webSocketPath, webSocketProtocols } from '../../app/contract/carrier.ts';
import type { ClusterChange, ClusterState } from '../../app/contract/cluster.ts';
import type { contract } from '../../app/contract/contract.ts';
import { type FeedEvent, FeedReader } from '../../app/contract/feed-reader.ts';

export type EngineClient = ContractRouterClient<typeof contract>;

export interface Disguise {
  origin?: string;
  token?: string;
  /** What the Host header says. */
  host?: string;
}

/** A socket as a page of that address would open it, or another that pretends to. */
export function openSocket(ui: string, { origin, token, host }: Disguise = {}): WebSocket {
  const url = new URL(ui);
  const socket = new WebSocket(
    `ws://${url.host}${webSocketPath}`,
    webSocketProtocols(token ?? tokenOfFragment(url.hash) ?? ''),
    { origin: origin ?? url.origin, ...(host === undefined ? {} : { headers: { host } }) },
  );
  return socket;
}

/** The status that an upgrade was refused with. */
export function refusalOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => {});
  });
}

export class WindowUnderTest {
  readonly client: EngineClient;
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    // ws's sockets are the browser's in all that the link uses.
    this.client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  }

  static async open(ui: string): Promise<WindowUnderTest> {
    const socket = openSocket(ui);
    await once(socket, 'open');
    return new WindowUnderTest(socket);
  }

  /** Resolves with the cluster's state as soon as it is as looked for, as this window is told it. */
  async untilCluster<Found>(look: (state: ClusterState) => Found | undefined): Promise<Found> {
    const known = new Map<string, Map<string, object>>();
    const state = (): ClusterState =>
      Object.fromEntries(
        [...known].map(([name, items]) => [name, [...items.values()]]),
      ) as unknown as ClusterState;
    const reader = new FeedReader<ClusterState, ClusterChange>({
      reset: (snapshot) => {
        for (const [name, items] of Object.entries(snapshot)) {
          known.set(name, new Map(items.map((item) => [item.metadata.uid, item])));
        }
      },
      apply: (changes) => {
        for (const change of changes) {
          if (change.type === 'put')
            known.get(change.resource)?.set(change.object.metadata.uid, change.object);
          else known.get(change.resource)?.delete(change.uid);
        }
      },
    });
    for await (const event of await this.client.cluster.watch()) {
      reader.take(event as FeedEvent<ClusterState, ClusterChange>);
      const found = look(state());
      if (found !== undefined) return found;
    }
    throw new Error('the cluster feed has ended');
  }

  close(): void {
    this.socket.close();
  }
}

/** The first event of a feed; the subscription ends with it. */
export async function firstOf<Event>(feed: Promise<AsyncIterable<Event>>): Promise<Event> {
  for await (const event of await feed) return event;
  throw new Error('the feed has ended without an event');
}

/** The state that a feed begins with. */
export async function stateOf<State>(
  feed: Promise<AsyncIterable<{ kind: 'snapshot'; state: State } | { kind: 'changes' }>>,
): Promise<State> {
  const event = await firstOf(feed);
  if (event.kind !== 'snapshot') throw new Error('the feed does not begin with a snapshot');
  return event.state;
}

/** The error that a question is answered with, as the other side sees it. */
export async function errorOf(
  question: Promise<unknown>,
): Promise<{ code: string; message: string; data: unknown }> {
  try {
    await question;
  } catch (error) {
    if (error instanceof ORPCError) return { code: error.code, message: error.message, data: error.data };
    throw error;
  }
  throw new Error('it was answered without an error');
}
