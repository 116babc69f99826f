/** The engine's ends of the pages' ports: each is a port as oRPC's message-port adapter takes one. */
import { packPortData, type ToEngine, unpackPortData } from './port-messages.ts';

interface PortEvent {
  data: unknown;
}

/** Shaped as Electron's `MessagePortMain`, which the adapter knows. */
export interface EnginePort {
  on(event: string, listener: (event?: PortEvent) => void): void;
  postMessage(data: unknown): void;
}

type OutOfEngine = Extract<ToEngine, { type: 'message' | 'close' }>;

class Port implements EnginePort {
  readonly #listeners = new Map<string, ((event?: PortEvent) => void)[]>();
  readonly #post: (data: unknown) => void;

  constructor(post: (data: unknown) => void) {
    this.#post = post;
  }

  on(event: string, listener: (event?: PortEvent) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  postMessage(data: unknown): void {
    this.#post(data);
  }

  emit(event: string, value?: PortEvent): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }
}

export class EnginePorts {
  readonly #open = new Map<number, Port>();
  readonly #send: (message: OutOfEngine) => void;
  readonly #answer: (port: EnginePort) => void;

  /** `answer` is given each new port, and has the contract answered on it. */
  constructor(options: { send: (message: OutOfEngine) => void; answer: (port: EnginePort) => void }) {
    this.#send = options.send;
    this.#answer = options.answer;
  }

  take(message: ToEngine): void {
    if (message.type === 'open') this.#opened(message.port);
    else if (message.type === 'close') this.#closed(message.port);
    else this.#open.get(message.port)?.emit('message', { data: unpackPortData(message.data) });
  }

  #opened(number: number): void {
    const port = new Port((data) => {
      // An answer that comes after its page has gone is nobody's.
      if (this.#open.has(number)) this.#send({ type: 'message', port: number, data: packPortData(data) });
    });
    this.#open.set(number, port);
    this.#answer(port);
  }

  #closed(number: number): void {
    const port = this.#open.get(number);
    this.#open.delete(number);
    port?.emit('close');
  }
}
