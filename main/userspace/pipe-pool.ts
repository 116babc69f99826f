/** Pipes for `splice`: bulk data goes from socket to socket through one, without passing through this process. */
import * as libc from './libc.ts';

const F_SETPIPE_SZ = 1031;
/** More than a pipe's usual 64 KiB, and little enough that a user may have hundreds (pipe-user-pages-soft). */
const PIPE_BYTES = 256 * 1024;
const MAX_SPARE = 16;

export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

export class PipePool {
  readonly #spare: Pipe[] = [];
  readonly #ends = new Int32Array(new ArrayBuffer(8));
  readonly #endsAddress = libc.addressOf(this.#ends.buffer);

  /** An empty pipe; undefined where the system has none to give (open files). */
  take(): Pipe | undefined {
    const spare = this.#spare.pop();
    if (spare) return spare;
    if (libc.pipe(this.#endsAddress) < 0) return undefined;
    const [readEnd, writeEnd] = this.#ends as unknown as [number, number];
    // Refused to a user with many pipes: then it is a smaller pipe, and still right.
    libc.fcntl(writeEnd, F_SETPIPE_SZ, PIPE_BYTES);
    return { readEnd, writeEnd };
  }

  /** Takes an empty pipe back. */
  giveBack(pipe: Pipe): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(pipe);
    else this.discard(pipe);
  }

  /** Closes a pipe that may hold data. */
  discard({ readEnd, writeEnd }: Pipe): void {
    libc.close(readEnd);
    libc.close(writeEnd);
  }
}
