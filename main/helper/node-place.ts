import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type FollowedCommand, followCommand } from '../follow-command.ts';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { type CommandOutput, runCommand } from '../run-command.ts';
import { type NodeProcess, processesIn } from './node-processes.ts';

/** Where a node's commands run and its settings are: a network namespace, or a container behind its runtime. */
export interface NodePlace {
  /** Runs a command there. Rejects with CommandError on any other end than exit code 0. */
  run(
    argv: readonly [string, ...string[]],
    options?: { input?: string; timeoutMs?: number },
  ): Promise<CommandOutput>;
  /** Starts a command that goes on until it is closed, and hands on each line it prints; not every place can. */
  follow?: (argv: readonly [string, ...string[]], onLine: (line: string) => void) => FollowedCommand;
  /** The programs that run there; not every place can tell. */
  processes?: () => Promise<NodeProcess[]>;
  /** A setting below /proc/sys, trimmed; undefined for one that the node's kernel lacks. */
  readSetting(path: string): Promise<string | undefined>;
  /** Passed over for a setting that the node's kernel lacks. */
  writeSetting(path: string, value: string): Promise<void>;
}

/** @param within the network namespace; this process's own without it */
export function namespacePlace(within?: NetworkNamespace): NodePlace {
  const inside = <Result>(work: () => Result): Result => (within ? within.run(work) : work());
  return {
    run: (argv, options = {}) => runCommand(argv, { ...options, ...(within ? { within } : {}) }),
    // A kill -9 of this process must not leave it behind: the kernel ends it with its parent.
    follow: (argv, onLine) =>
      followCommand(['setpriv', '--pdeathsig', 'KILL', ...argv], onLine, within ? { within } : {}),
    processes: async () => processesIn(within),
    readSetting: async (path) =>
      inside(() => {
        const file = `/proc/sys/${path}`;
        return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
      }),
    writeSetting: async (path, value) =>
      inside(() => {
        const file = `/proc/sys/${path}`;
        if (existsSync(file)) writeFileSync(file, value);
      }),
  };
}
