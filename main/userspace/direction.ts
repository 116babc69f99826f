/**
 * One way of a relayed TCP connection: bytes from one socket to the other, and the end of the stream.
 *
 * Messages are copied through one buffer that all connections share, since each chunk is written before the
 * next is read. When reads fill that buffer time after time it is a bulk stream: then the kernel moves the
 * data through a pipe (`splice`), until the chunks are small again. What the sink does not take waits in the
 * pipe (or, once, in a copy), and nothing more is read meanwhile: the source feels the sink's backpressure.
 */
import * as libc from './libc.ts';
import type { Pipe, PipePool } from './pipe-pool.ts';

const CHUNK_BYTES = 64 * 1024;
const shared = new Uint8Array(new ArrayBuffer(CHUNK_BYTES));
const sharedAddress = libc.addressOf(shared.buffer);

/** So many full chunks in a row make a bulk stream; a spliced chunk below the minimum ends it. */
const BULK_AFTER_CHUNKS = 2;
const BULK_MIN_BYTES = 16 * 1024;
const MAX_SPLICE_BYTES = 1 << 20;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
/** Chunks in a row before other connections get their turn. */
const CHUNKS_PER_TURN = 8;

/**
 * How a pump ended: it `waits` for one of its sockets, has `more` to do in the next turn, has `finished` (the
 * stream's end was passed on), or is `broken` (one of its sockets was reset).
 */
export type PumpResult = 'waits' | 'more' | 'finished' | 'broken';

export class Direction {
  /** What epoll has told and no call has refuted since. A fresh socket is taken to be writable. */
  readable = false;
  writable = true;
  /** epoll saw the source's end: read until it comes, even after a chunk that emptied the socket. */
  endInSight = false;
  finished = false;
  /** The source's end was read. */
  ended = false;
  bytes = 0;

  readonly #source: number;
  readonly #sink: number;
  readonly #pipes: PipePool;
  #pipe: Pipe | undefined;
  #inPipe = 0;
  #fullChunks = 0;
  #leftover: { bytes: Uint8Array<ArrayBuffer>; from: number } | undefined;

  constructor(source: number, sink: number, pipes: PipePool) {
    this.#source = source;
    this.#sink = sink;
    this.#pipes = pipes;
  }

  /** Moves what can be moved now. */
  pump(): PumpResult {
    if (this.finished) return 'finished';
    for (let chunks = 0; chunks < CHUNKS_PER_TURN; ) {
      let result = 0;
      if (this.#leftover) {
        if (!this.writable) return 'waits';
        result = this.#writeLeftover(this.#leftover);
      } else if (this.#inPipe > 0) {
        if (!this.writable) return 'waits';
        result = this.#emptyPipe();
      } else if (this.ended) {
        return this.#finish();
      } else {
        if (!this.readable || !this.writable) return 'waits';
        result = this.#fullChunks >= BULK_AFTER_CHUNKS ? this.#fillPipe() : this.#copy();
        chunks += 1;
      }
      if (result < 0) return 'broken';
    }
    return 'more';
  }

  /** Gives back what it holds; the sockets are their owner's. */
  release(): void {
    this.#leftover = undefined;
    if (!this.#pipe) return;
    if (this.#inPipe > 0) this.#pipes.discard(this.#pipe);
    else this.#pipes.giveBack(this.#pipe);
    this.#pipe = undefined;
    this.#inPipe = 0;
  }

  /** Passes the end of the stream on. The other way goes on for as long as it likes. */
  #finish(): PumpResult {
    this.release();
    if (libc.shutdown(this.#sink, libc.SHUT_WR) < 0) return 'broken';
    this.finished = true;
    return 'finished';
  }

  /** A read's outcome: the bytes read, 0 with `ended` or `readable` changed, or minus errno. */
  #tookIn(count: number): number {
    if (count > 0) {
      this.bytes += count;
      return count;
    }
    if (count === 0) this.ended = true;
    else if (count === -libc.EAGAIN) this.readable = false;
    else if (count !== -libc.EINTR) return count;
    return 0;
  }

  /** A write's outcome: the bytes written, 0 with `writable` taken back, or minus errno. */
  #tookOut(count: number): number {
    if (count >= 0) return count;
    if (count === -libc.EAGAIN) this.writable = false;
    else if (count !== -libc.EINTR) return count;
    return 0;
  }

  #copy(): number {
    const count = this.#tookIn(libc.recv(this.#source, sharedAddress, CHUNK_BYTES));
    if (count <= 0) return count;
    if (count === CHUNK_BYTES) this.#fullChunks += 1;
    else {
      this.#fullChunks = 0;
      // A short read has emptied the socket: epoll tells when there is more, unless it told of the end already.
      if (!this.endInSight) this.readable = false;
    }
    const written = this.#tookOut(libc.send(this.#sink, sharedAddress, count));
    if (written < 0) return written;
    if (written < count) {
      this.#leftover = { bytes: new Uint8Array(shared.slice(written, count)), from: 0 };
      this.writable = false;
      // The sink is the slower side: let the pipe hold what it does not take.
      this.#fullChunks = BULK_AFTER_CHUNKS;
    }
    return count;
  }

  #writeLeftover(leftover: { bytes: Uint8Array<ArrayBuffer>; from: number }): number {
    const { bytes, from } = leftover;
    const written = this.#tookOut(
      libc.send(this.#sink, libc.addressOf(bytes.buffer) + from, bytes.length - from),
    );
    if (written < 0) return written;
    leftover.from += written;
    if (leftover.from === bytes.length) this.#leftover = undefined;
    else this.writable = false;
    return written;
  }

  #fillPipe(): number {
    this.#pipe ??= this.#pipes.take();
    if (!this.#pipe) {
      this.#fullChunks = 0;
      return 0;
    }
    // The pipe is empty here, so that EAGAIN speaks of the socket alone.
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    const count = this.#tookIn(libc.splice(this.#source, this.#pipe.writeEnd, MAX_SPLICE_BYTES, flags));
    if (count <= 0) return count;
    this.#inPipe = count;
    if (count < BULK_MIN_BYTES) this.#fullChunks = 0;
    return count;
  }

  #emptyPipe(): number {
    const pipe = this.#pipe as Pipe;
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    const written = this.#tookOut(libc.splice(pipe.readEnd, this.#sink, this.#inPipe, flags));
    if (written < 0) return written;
    this.#inPipe -= written;
    if (this.#inPipe === 0 && this.#fullChunks === 0) this.release();
    return written;
  }
}
