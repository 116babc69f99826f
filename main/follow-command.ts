import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { NetworkNamespace } from './namespaces/network-namespace.ts';
import { CommandError } from './run-command.ts';

/** A command that goes on until it is told to end. */
export interface FollowedCommand {
  /** Resolves when it has ended after `close`; rejects with CommandError when it ended by itself. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Starts an argv array, never a shell string, and hands on each line that it prints. */
export function followCommand(
  argv: readonly [string, ...string[]],
  onLine: (line: string) => void,
  { within }: { within?: NetworkNamespace } = {},
): FollowedCommand {
  const [command, ...args] = argv;
  const start = (): ChildProcessByStdio<null, Readable, Readable> =>
    spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const child = within ? within.run(start) : start();
  let closed = false;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-4096);
  });
  createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? `${command} is not installed` : error.message;
      reject(new CommandError(argv, null, why));
    });
    child.on('close', (code) => (closed ? resolve() : reject(new CommandError(argv, code, stderr))));
  });
  // Whoever wants to know asks `ended`; nobody has to.
  ended.catch(() => {});
  return {
    ended,
    close: () => {
      closed = true;
      child.kill('SIGKILL');
    },
  };
}
