/**
 * Messages over a byte stream: each is its length (4 bytes, big endian) and so many bytes of JSON. A peer that
 * announces more than the bound, or sends what is no JSON, is cut off: nothing after it could be trusted.
 */
import type { Duplex } from 'node:stream';
import type { MessageChannel } from './verb-channel.ts';

const HEADER_BYTES = 4;

export interface FrameChannel extends MessageChannel {
  close(): void;
}

export interface FrameChannelOptions {
  /** The longest message taken, in bytes; asked for each, so that it may grow once the peer is known. */
  readonly mostBytes: number;
}

export function frameChannel(stream: Duplex, options: FrameChannelOptions): FrameChannel {
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let chunks: Buffer[] = [];
  let buffered = 0;
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    chunks = [];
    stream.destroy();
    for (const listener of closeListeners) listener();
  };
  /** Takes bytes off the front; undefined while there are too few. */
  const take = (length: number): Buffer | undefined => {
    if (buffered < length) return undefined;
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    buffered -= length;
    chunks = buffered > 0 ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  };
  let expected: number | undefined;
  const readFrames = (): void => {
    for (;;) {
      if (expected === undefined) {
        const header = take(HEADER_BYTES);
        if (!header) return;
        expected = header.readUInt32BE(0);
        if (expected > options.mostBytes) {
          close();
          return;
        }
      }
      const body = take(expected);
      if (!body) return;
      expected = undefined;
      let message: unknown;
      try {
        message = JSON.parse(body.toString('utf8'));
      } catch {
        close();
        return;
      }
      for (const listener of messageListeners) listener(message);
      if (closed) return;
    }
  };
  stream.on('data', (chunk: Buffer) => {
    if (closed) return;
    chunks.push(chunk);
    buffered += chunk.length;
    readFrames();
  });
  stream.on('error', close);
  stream.on('end', close);
  stream.on('close', close);
  return {
    send: (message) => {
      if (closed) return;
      const body = Buffer.from(JSON.stringify(message), 'utf8');
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32BE(body.length, 0);
      stream.write(Buffer.concat([header, body]));
    },
    onMessage: (listener) => messageListeners.push(listener),
    onClose: (listener) => closeListeners.push(listener),
    close,
  };
}
