/** The engine's end of a relay process. */
import type { MessageChannel } from '../helper/verb-channel.ts';
import {
  type ListeningReply,
  type RelayReply,
  type RelayRequest,
  relayReplySchema,
  type ServeRequest,
  type StatisticsReply,
} from './protocol.ts';

/** What the engine wants served: a `serve` request without what the client adds. */
export type ServedState = Omit<ServeRequest, 'type' | 'sequence'>;

export interface RelayEvents {
  /** Nothing is served or about to be, nothing drains: the process may be ended. */
  onIdle?: () => void;
  onWarning?: (message: string) => void;
}

/** The relay ended, or refused a request. */
export class RelayError extends Error {
  readonly code: 'ended' | 'rejected';

  constructor(code: 'ended' | 'rejected', message: string) {
    super(message);
    this.name = 'RelayError';
    this.code = code;
  }
}

interface Waiting {
  resolve: (reply: RelayReply) => void;
  reject: (error: RelayError) => void;
}

export class RelayClient {
  /** Settles when the process takes requests; rejects with RelayError where it ends before. */
  readonly ready: Promise<void>;
  readonly #channel: MessageChannel;
  readonly #events: RelayEvents;
  readonly #waiting = new Map<number, Waiting>();
  #markReady: () => void = () => {};
  #failReady: (error: RelayError) => void = () => {};
  #sequence = 0;
  /** The relay said that it was idle before it knew of a `serve` that is under way. */
  #idleUnlessServed = false;
  #ended = false;

  constructor(channel: MessageChannel, events: RelayEvents = {}) {
    this.#channel = channel;
    this.#events = events;
    this.ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#failReady = reject;
    });
    // Whoever does not wait for it learns of the end from the next request.
    this.ready.catch(() => {});
    channel.onMessage((message) => this.#take(message));
    channel.onClose(() => this.#end());
  }

  /** Makes `state` the whole of what is served; what it leaves out drains. Throws RelayError. */
  async serve(state: ServedState): Promise<ListeningReply> {
    const reply = await this.#ask((sequence) => ({ type: 'serve', sequence, ...state }));
    if (reply.type !== 'listening') throw new RelayError('rejected', `answered serve with ${reply.type}`);
    const stillIdle = this.#idleUnlessServed && reply.ports.length === 0 && reply.failures.length === 0;
    this.#idleUnlessServed = false;
    if (stillIdle && this.#waiting.size === 0) this.#events.onIdle?.();
    return reply;
  }

  /** What the listeners have done; `connections` asks for so many of the latest live ones. Throws RelayError. */
  async statistics(options: { connections?: number } = {}): Promise<StatisticsReply> {
    const reply = await this.#ask((sequence) => ({ type: 'statistics', sequence, ...options }));
    if (reply.type !== 'statistics') {
      throw new RelayError('rejected', `answered statistics with ${reply.type}`);
    }
    return reply;
  }

  #ask(request: (sequence: number) => RelayRequest): Promise<RelayReply> {
    if (this.#ended) return Promise.reject(endedError());
    this.#sequence += 1;
    const sequence = this.#sequence;
    return new Promise((resolve, reject) => {
      this.#waiting.set(sequence, { resolve, reject });
      this.#channel.send(request(sequence));
    });
  }

  #take(message: unknown): void {
    const reply = relayReplySchema.parse(message);
    switch (reply.type) {
      case 'ready':
        this.#markReady();
        break;
      case 'idle':
        if (this.#waiting.size > 0) this.#idleUnlessServed = true;
        else this.#events.onIdle?.();
        break;
      case 'warning':
        this.#events.onWarning?.(reply.message);
        break;
      case 'rejected':
        this.#settle(reply.sequence, (waiting) =>
          waiting.reject(new RelayError('rejected', `the relay refused the request: ${reply.message}`)),
        );
        break;
      case 'listening':
      case 'statistics':
        this.#settle(reply.sequence, (waiting) => waiting.resolve(reply));
    }
  }

  #settle(sequence: number | undefined, how: (waiting: Waiting) => void): void {
    const waiting = sequence === undefined ? undefined : this.#waiting.get(sequence);
    if (sequence === undefined || !waiting) return;
    this.#waiting.delete(sequence);
    how(waiting);
  }

  #end(): void {
    this.#ended = true;
    this.#failReady(endedError());
    for (const waiting of this.#waiting.values()) waiting.reject(endedError());
    this.#waiting.clear();
  }
}

function endedError(): RelayError {
  return new RelayError('ended', 'the relay process has ended');
}
