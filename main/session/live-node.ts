/** The node beyond its rules: what it can do, who listens there, which connections the kernel tracks. */
import type { FeedEvent } from '../../app/contract/feed.ts';
import type { NodeInfo, NodeState } from '../../app/contract/node.ts';
import { readableSysctlSchema } from '../helper/node-protocol.ts';
import type { StatisticsReply } from '../userspace/protocol.ts';
import type { AttachedNode, NodeAddresses } from './attached-node.ts';
import { Feed } from './feed.ts';
import { Polling } from './polling.ts';

const MOST_CONNECTIONS = 200;
const MOST_CONNTRACK = 1000;

const NOTHING_YET: NodeState = {
  listeners: [],
  connections: [],
  relayBytes: null,
  conntrack: [],
  conntrackCount: 0,
  conntrackError: null,
  sysctls: [],
};

export interface LiveNodeOptions extends AttachedNode {
  addresses: () => NodeAddresses;
  log: (line: string) => void;
}

export class LiveNode {
  readonly #options: LiveNodeOptions;
  readonly #feed: Feed<NodeState, never>;
  readonly #polling: Polling;
  #state = NOTHING_YET;
  #text = '';

  constructor(options: LiveNodeOptions) {
    this.#options = options;
    this.#feed = new Feed(() => this.#state);
    this.#polling = new Polling({
      read: () => this.#read(),
      failed: (error) =>
        options.log(`the node cannot be read: ${error instanceof Error ? error.message : String(error)}`),
    });
  }

  info(): NodeInfo {
    const { engine, nodeName, place, kernel, addresses } = this.#options;
    return {
      ...addresses(),
      name: nodeName,
      target: place,
      kernel,
      capabilities: { ...engine.capabilities },
    };
  }

  /** Rejects where the node cannot be read. */
  async subscribe(
    intervalMs: number,
    signal?: AbortSignal,
  ): Promise<AsyncIteratorObject<FeedEvent<NodeState, never>, undefined, void>> {
    const ended = await this.#polling.add(intervalMs);
    return this.#feed.subscribe(signal, ended);
  }

  close(): void {
    this.#polling.close();
    this.#feed.close();
  }

  async #read(): Promise<void> {
    const { target } = this.#options;
    const [statistics, conntrack, sysctls] = await Promise.all([
      target.userspace.statistics(),
      this.#conntrack(),
      this.#sysctls(),
    ]);
    const state = { ...relayState(statistics), ...conntrack, sysctls };
    const text = JSON.stringify(state);
    this.#state = state;
    if (text !== this.#text) this.#feed.reset();
    this.#text = text;
  }

  async #conntrack(): Promise<Pick<NodeState, 'conntrack' | 'conntrackCount' | 'conntrackError'>> {
    const { engine, target } = this.#options;
    const none = { conntrack: [], conntrackCount: 0 };
    const tool = engine.capabilities?.conntrack;
    if (tool?.available === false) return { ...none, conntrackError: tool.reason };
    try {
      const [ipv4, ipv6] = await Promise.all([
        target.verbs.readConntrack({ family: 'IPv4', most: MOST_CONNTRACK }),
        target.verbs.readConntrack({ family: 'IPv6', most: MOST_CONNTRACK }),
      ]);
      return {
        conntrack: [...ipv4.flows, ...ipv6.flows].slice(0, MOST_CONNTRACK),
        conntrackCount: ipv4.count + ipv6.count,
        conntrackError: null,
      };
    } catch (error) {
      return { ...none, conntrackError: error instanceof Error ? error.message : String(error) };
    }
  }

  async #sysctls(): Promise<NodeState['sysctls']> {
    const { verbs } = this.#options.target;
    const all = await Promise.all(
      readableSysctlSchema.options.map(async (name) => ({
        name: name.replaceAll('/', '.'),
        value: await verbs.readSysctl({ name }),
      })),
    );
    return all.filter(({ value }) => value !== '');
  }
}

function relayState(
  statistics: StatisticsReply | undefined,
): Pick<NodeState, 'listeners' | 'connections' | 'relayBytes'> {
  if (!statistics) return { listeners: [], connections: [], relayBytes: null };
  return {
    listeners: statistics.listeners.map(({ key, ...listener }) => ({ servicePort: key, ...listener })),
    connections: statistics.connections
      .slice(0, MOST_CONNECTIONS)
      .map(({ key, ...connection }) => ({ servicePort: key, ...connection })),
    relayBytes: statistics.rssBytes,
  };
}
