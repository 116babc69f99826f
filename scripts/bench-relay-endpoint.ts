/**
 * The pod of bench-relay.ts: answers any HTTP request with one short body, `GET /bulk` with gigabytes.
 *
 * It stands on the relay's own event loop because a node:http server would need more of the two cores than
 * all the proxies that are compared.
 */
import { EPOLLIN, EPOLLOUT, EventLoop } from '../main/userspace/event-loop.ts';
import * as libc from '../main/userspace/libc.ts';
import { accept, listenTcp } from '../main/userspace/sockets.ts';

const BULK_BYTES = 4_000_000_000;
const loop = new EventLoop();
const request = Buffer.from(new ArrayBuffer(64 * 1024));
const requestAddress = libc.addressOf(request.buffer as ArrayBuffer);
const block = new ArrayBuffer(1 << 20);
const blockAddress = libc.addressOf(block);

class Answer {
  readonly address: number;
  readonly length: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(length: number, headers: string[], body = '') {
    const head = ['HTTP/1.1 200 OK', `Content-Length: ${length}`, ...headers].join('\r\n');
    this.#bytes = new Uint8Array(new TextEncoder().encode(`${head}\r\n\r\n${body}`));
    this.address = libc.addressOf(this.#bytes.buffer);
    this.length = this.#bytes.length;
  }
}

const kept = new Answer(6, [], 'hello\n');
const closed = new Answer(6, ['Connection: close'], 'hello\n');
const bulk = new Answer(BULK_BYTES, ['Connection: close']);

function close(fd: number): void {
  loop.unwatch(fd, { closing: true });
  libc.close(fd);
}

function sendBulk(fd: number): void {
  let left = BULK_BYTES;
  libc.send(fd, bulk.address, bulk.length);
  loop.unwatch(fd);
  loop.watch(fd, EPOLLOUT, {
    onReady: () => {
      const written = libc.send(fd, blockAddress, Math.min(left, block.byteLength));
      if (written > 0) left -= written;
      if (left === 0 || (written < 0 && written !== -libc.EAGAIN)) close(fd);
    },
  });
}

function answer(fd: number): void {
  const length = libc.recv(fd, requestAddress, request.length);
  if (length === -libc.EAGAIN) return;
  if (length <= 0) {
    close(fd);
    return;
  }
  const text = request.toString('latin1', 0, length);
  if (text.startsWith('GET /bulk')) sendBulk(fd);
  else if (/connection: close/i.test(text)) {
    libc.send(fd, closed.address, closed.length);
    close(fd);
  } else libc.send(fd, kept.address, kept.length);
}

const listener = listenTcp('IPv4', Number(process.argv[2]));
if (listener < 0) throw new Error(`listen: ${libc.errnoName(-listener)}`);
loop.watch(listener, EPOLLIN, {
  onReady: () => {
    const fd = accept(listener);
    if (fd >= 0) loop.watch(fd, EPOLLIN, { onReady: answer });
  },
});
loop.start();
