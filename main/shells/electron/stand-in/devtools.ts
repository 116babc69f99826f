/** Chrome's devtools protocol over one WebSocket; each page is a session of it. */
import { EventEmitter } from 'node:events';
import WebSocket from 'ws';

type Parameters = Record<string, unknown>;

export class DevtoolsSession extends EventEmitter {
  readonly #connection: DevtoolsConnection;
  readonly id: string | undefined;

  constructor(connection: DevtoolsConnection, id: string | undefined) {
    super();
    this.#connection = connection;
    this.id = id;
  }

  send<Result = unknown>(method: string, params: Parameters = {}): Promise<Result> {
    return this.#connection.send<Result>(method, params, this.id);
  }
}

interface Waiting {
  method: string;
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

export class DevtoolsConnection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sessions = new Map<string | undefined, DevtoolsSession>();
  #nextId = 1;
  readonly browser: DevtoolsSession;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.browser = this.session(undefined);
    socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    socket.on('close', () => {
      for (const { method, reject } of this.#waiting.values())
        reject(new Error(`the browser has gone: ${method}`));
      this.browser.emit('disconnected');
    });
  }

  static open(endpoint: string): Promise<DevtoolsConnection> {
    const socket = new WebSocket(endpoint, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => resolve(new DevtoolsConnection(socket)));
    });
  }

  session(id: string | undefined): DevtoolsSession {
    const known = this.#sessions.get(id) ?? new DevtoolsSession(this, id);
    this.#sessions.set(id, known);
    return known;
  }

  send<Result>(method: string, params: Parameters, sessionId: string | undefined): Promise<Result> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
  }

  #take(message: {
    id?: number;
    result?: never;
    error?: { message: string };
    method?: string;
    params?: unknown;
    sessionId?: string;
  }): void {
    if (message.id === undefined) {
      this.#sessions.get(message.sessionId)?.emit(message.method ?? '', message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) waiting?.reject(new Error(`${waiting.method}: ${message.error.message}`));
    else waiting?.resolve(message.result as never);
  }
}
