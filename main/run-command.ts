import { spawn } from 'node:child_process';
import type { NetworkNamespace } from './namespaces/network-namespace.ts';

/** A command that could not be started, was ended by a signal, or said no. */
export class CommandError extends Error {
  readonly argv: readonly string[];
  /** null where a signal ended it or it never started. */
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(argv: readonly string[], exitCode: number | null, stderr: string) {
    const said = stderr.trim().split('\n').slice(-3).join('; ');
    super(
      `${argv[0]} ${exitCode === null ? 'did not run to its end' : `failed with exit code ${exitCode}`}${said ? `: ${said}` : ''}`,
    );
    this.name = 'CommandError';
    this.argv = argv;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

export interface CommandOptions {
  /** Written to the command's standard input; without it, standard input is empty. */
  input?: string;
  /** The network namespace to run in; this process's own without it. */
  within?: NetworkNamespace;
  /** Killed after so many milliseconds; 60,000 without it. */
  timeoutMs?: number;
}

export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/**
 * The one place that starts a command and waits for it: an argv array, never a shell string.
 * Resolves with what it printed; rejects with CommandError on any other end than exit code 0.
 */
export function runCommand(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const { within, timeoutMs = 60_000 } = options;
  const [command, ...args] = argv;
  const start = () =>
    spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
  const child = within ? within.run(start) : start();
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? `${command} is not installed` : error.message;
      reject(new CommandError(argv, null, why));
    });
    child.on('close', (exitCode, signal) => {
      const output = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (exitCode === 0) resolve(output);
      else {
        const ended =
          signal === null ? '' : `ended by ${signal}${child.killed ? `, after ${timeoutMs / 1000} s` : ''}`;
        const said = output.stderr || output.stdout;
        reject(
          new CommandError(
            argv,
            exitCode,
            ended ? `${said && !said.endsWith('\n') ? `${said}\n` : said}${ended}` : said,
          ),
        );
      }
    });
    // A command that ends before it has read its input is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
