/**
 * Starts the elevated helper and waits for it: a socket in a folder that only this user can enter, a one-time token
 * in a file beside it. The first peer that shows the token is the helper; nobody else gets a word, and there is no
 * second.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStartTime } from '../process-start-time.ts';
import { type FrameChannel, frameChannel } from './frame-channel.ts';
import {
  type HelperVerbs,
  helloSchema,
  helperVerbs,
  MOST_MESSAGE_BYTES,
  mostHelperVerbsAtOnce,
} from './helper-protocol.ts';
import { callVerbs, type VerbClient } from './verb-channel.ts';

/** Why there is no helper; the message says what to do. */
export class ElevationError extends Error {
  /** `cancelled`: the person said no, which is fine. `no-agent`: nobody could ask. `failed`: anything else. */
  readonly code: 'cancelled' | 'no-agent' | 'failed';

  constructor(code: ElevationError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ElevationError';
    this.code = code;
  }
}

export interface ElevatedHelper {
  readonly verbs: VerbClient<HelperVerbs>;
  /** Ends the helper, which undoes what it changed unless it was to stay; resolves when it has gone. */
  close(): Promise<void>;
  /** Resolves when the connection has ended, asked or not. */
  readonly ended: Promise<void>;
}

/** Has the helper started with the rendezvous file; rejects with ElevationError where it cannot be. */
export type HelperStarter = (rendezvousFile: string) => {
  /** Settles when the helper's process has ended, or could not be started. */
  ended: Promise<void>;
};

/** A person may take their time with the password. */
const ELEVATION_TIMEOUT_MS = 180_000;
/** Followed by the process id of whoever waits, and what `mkdtemp` adds. */
const FOLDER = 'kube-proxy-lab-helper-';
const HELLO_TIMEOUT_MS = 5_000;
/** A hello is a few hundred bytes; nothing longer is read from somebody unknown. */
const MOST_HELLO_BYTES = 4096;

/**
 * @param signal gives up waiting: a helper that comes later finds nobody, and ends without having done anything
 * @throws ElevationError
 */
export async function startElevatedHelper(
  start: HelperStarter,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ElevatedHelper> {
  removeForsaken();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  const socket =
    process.platform === 'win32' ? `\\\\.\\pipe\\${folder.split(/[\\/]/).at(-1)}` : join(folder, 'socket');
  const file = join(folder, 'rendezvous.json');
  const token = randomBytes(32).toString('base64url');
  const server = createServer();
  const cleanUp = (): void => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    writeFileSync(file, JSON.stringify({ socket, token }), { mode: 0o600, flag: 'wx' });
    const { channel, processEnded } = await meet(server, { token, start: () => start(file), signal });
    const ended = new Promise<void>((resolve) => channel.onClose(resolve));
    return {
      verbs: callVerbs(channel, helperVerbs, mostHelperVerbsAtOnce),
      ended,
      close: async () => {
        channel.close();
        // It has something to undo: whoever closes may rely on that being done.
        await processEnded.catch(() => {});
      },
    };
  } finally {
    // The token is worth nothing any more, and no second peer is let in.
    cleanUp();
  }
}

/** Takes away the folders of those who were killed while they waited for their helper. */
function removeForsaken(): void {
  const uid = process.getuid?.();
  for (const name of readdirSync(tmpdir()).filter((file) => file.startsWith(FOLDER))) {
    const pid = Number(/^\d+(?=-)/.exec(name.slice(FOLDER.length))?.[0]);
    if (!pid || processStartTime(pid) !== undefined) continue;
    const path = join(tmpdir(), name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && (uid === undefined || found.uid === uid)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Waits for the helper among those who connect. */
function meet(
  server: Server,
  {
    token,
    start,
    signal,
  }: { token: string; start: () => { ended: Promise<void> }; signal: AbortSignal | undefined },
): Promise<{ channel: FrameChannel; processEnded: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new ElevationError('failed', 'the helper did not come within three minutes; try again'));
    }, ELEVATION_TIMEOUT_MS);
    const cancel = (): void => {
      clearTimeout(timer);
      reject(new ElevationError('cancelled', 'nothing was changed: it was cancelled'));
    };
    if (signal?.aborted) return cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const { ended } = start();
    server.on('connection', (peer) => {
      greet(peer, token, (channel) => {
        // Whoever waited for it has gone.
        if (signal?.aborted) return channel.close();
        signal?.removeEventListener('abort', cancel);
        clearTimeout(timer);
        resolve({ channel, processEnded: ended });
      });
    });
    ended.then(
      () => reject(new ElevationError('failed', 'the helper ended before it answered')),
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof ElevationError ? error : new ElevationError('failed', String(error)));
      },
    );
  });
}

function greet(peer: Socket, token: string, accept: (channel: FrameChannel) => void): void {
  let mostBytes = MOST_HELLO_BYTES;
  const options = {
    get mostBytes() {
      return mostBytes;
    },
  };
  const channel = frameChannel(peer, options);
  const timer = setTimeout(() => channel.close(), HELLO_TIMEOUT_MS);
  let known = false;
  channel.onClose(() => clearTimeout(timer));
  channel.onMessage((message) => {
    if (known) return;
    clearTimeout(timer);
    const hello = helloSchema.safeParse(message);
    if (!hello.success || !sameToken(hello.data.token, token)) return channel.close();
    known = true;
    mostBytes = MOST_MESSAGE_BYTES;
    accept(channel);
  });
}

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
