/** `kind`, started and listened to: it works for minutes, and says on standard error what it does. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { CommandError } from '../run-command.ts';

export interface KindCommandOptions {
  /** Written to its standard input. */
  input?: string;
  onLine: (line: string) => void;
  /** Asks it to end, as ^C does, and ends it for good where it does not. */
  signal?: AbortSignal;
}

const KILL_AFTER_MS = 10_000;
const LONGEST_LINE = 500;

/** Resolves when it has ended well; rejects with CommandError. Lines come without colours and spinners. */
export function kindCommand(
  args: readonly string[],
  { input = '', onLine, signal }: KindCommandOptions,
): Promise<void> {
  const argv = ['kind', ...args];
  // A group of its own: what it started (docker, kubeadm in a container) hears a ^C as well.
  const child = spawn('kind', args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const said: string[] = [];
  const take = (line: string): void => {
    // A spinner writes over its line.
    const text = stripVTControlCharacters(line.split('\r').findLast((part) => part.trim() !== '') ?? '');
    const shown = text.trimEnd().slice(0, LONGEST_LINE);
    if (shown.trim() === '') return;
    said.push(shown);
    onLine(shown);
  };
  const closed = [child.stdout, child.stderr].map((stream) => {
    const lines = createInterface({ input: stream });
    lines.on('line', take);
    return new Promise<void>((resolve) => lines.on('close', resolve));
  });
  const end = (how: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    } catch {
      // It has ended meanwhile.
    }
  };
  let killing: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    end('SIGINT');
    killing = setTimeout(() => end('SIGKILL'), KILL_AFTER_MS);
  };
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(new CommandError(argv, null, error.message)));
    child.on('close', async (code) => {
      await Promise.all(closed);
      if (code === 0) resolve();
      else reject(new CommandError(argv, code, said.slice(-5).join('\n')));
    });
  }).finally(() => {
    clearTimeout(killing);
    signal?.removeEventListener('abort', cancel);
  });
}
