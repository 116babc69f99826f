/** `MessagePortMain`: this process's end of a page's port. Messages wait until it is started. */
import { EventEmitter } from 'node:events';

export type PackedData = string | { base64: string } | { json: string };

function unpack(data: PackedData): unknown {
  if (typeof data === 'string') return data;
  return 'json' in data ? JSON.parse(data.json) : new Uint8Array(Buffer.from(data.base64, 'base64')).buffer;
}

function pack(data: unknown): PackedData {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return { base64: Buffer.from(data).toString('base64') };
  if (data instanceof Uint8Array) return { base64: Buffer.from(data).toString('base64') };
  return { json: JSON.stringify(data) };
}

export class MessagePortMain extends EventEmitter {
  readonly #send: (data: PackedData) => void;
  readonly #end: () => void;
  #waiting: PackedData[] | undefined = [];
  #closed = false;

  constructor(way: { send: (data: PackedData) => void; end: () => void }) {
    super();
    this.#send = way.send;
    this.#end = way.end;
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const data of waiting) this.arrived(data);
  }

  postMessage(data: unknown): void {
    if (!this.#closed) this.#send(pack(data));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end();
  }

  /** From the page. */
  arrived(data: PackedData): void {
    if (this.#closed) return;
    if (this.#waiting) this.#waiting.push(data);
    else this.emit('message', { data: unpack(data), ports: [] });
  }

  /** The page has closed its end, or has gone. */
  disconnected(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}
