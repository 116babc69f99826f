/** The lab's places, and how to run a command there from outside: `client`, `node`, `pod/NAME`. */
import { type StdioOptions, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { podNamespaceName } from './namespace-names.ts';

/** A word that names no place; the message lists those that there are. */
export class UnknownPlaceError extends Error {
  constructor(place: string, pods: readonly string[] = ['pod/NAME', 'pod/NAMESPACE/NAME']) {
    const shown = pods.length > 20 ? [...pods.slice(0, 20), '…'] : pods;
    super(`${place} is no place of the lab. There are: ${['client', 'node', ...shown].join(', ')}`);
    this.name = 'UnknownPlaceError';
  }
}

/** The network namespace behind `client`, `node`, `pod/NAME` (of namespace default) or `pod/NAMESPACE/NAME`. */
export function placeNamespaceName(place: string): string {
  if (place === 'client' || place === 'node') return place;
  const match = /^pod\/(?:([a-z0-9-]+)\/)?([a-z0-9][a-z0-9.-]*)$/.exec(place);
  if (!match?.[2]) throw new UnknownPlaceError(place);
  return podNamespaceName(match[1] ?? 'default', match[2]);
}

/** The lab's pods, as `pod/NAME` and `pod/NAMESPACE/NAME`. */
function podPlaces(names: string): string[] {
  return readdirSync(names).flatMap((name) => {
    const [kind, namespace, ...pod] = name.split('.');
    if (kind !== 'pod' || namespace === undefined) return [];
    return [namespace === 'default' ? `pod/${pod.join('.')}` : `pod/${namespace}/${pod.join('.')}`];
  });
}

/** Checks that the running lab has the place. Throws UnknownPlaceError with the pods that there are. */
export function checkPlace(supervisorPid: number, place: string): void {
  const names = `/proc/${supervisorPid}/root/run/netns`;
  if (!existsSync(names) || existsSync(`${names}/${placeNamespaceName(place)}`)) return;
  throw new UnknownPlaceError(place, podPlaces(names));
}

/** The working folder there: ours, unless the lab hides it behind a /run of its own. */
function workingFolder(): string {
  const folder = process.cwd();
  return folder === '/run' || folder.startsWith('/run/') ? '/' : folder;
}

/**
 * The argv that runs `command` in a place of the lab whose supervisor is `supervisorPid`: into its
 * namespaces, then into the place's. `setpriv` ties it to us at both forks, so that it ends with us.
 */
export function inPlace(
  supervisorPid: number,
  place: string,
  command: readonly string[],
): [string, ...string[]] {
  const userNamespace = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  return [
    'setpriv', '--pdeathsig', 'KILL', '--',
    'nsenter', '--target', String(supervisorPid), ...userNamespace, '--mount', '--pid', '--net',
    `--wdns=${workingFolder()}`, '--',
    'setpriv', '--pdeathsig', 'TERM', '--',
    'ip', 'netns', 'exec', placeNamespaceName(place),
    // ip gives 1 for a command that is not there; setpriv 127, as shells do.
    'setpriv', '--pdeathsig', 'TERM', '--', ...command,
  ]; // biome-ignore format: one program a line
}

/** nsenter forks into the pid namespace and does not pass signals on: they go to its child. */
function childOf(pid: number): number | undefined {
  try {
    const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10);
    return Number.isInteger(child) ? child : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs a command in the foreground, on this process's terminal, and resolves with the exit code a shell
 * would give it (128 + the signal's number where a signal ended it).
 */
export function runInForeground(
  argv: [string, ...string[]],
  stdio: StdioOptions = 'inherit',
): Promise<number> {
  const [command, ...args] = argv;
  const child = spawn(command, args, { stdio });
  const passOn = (signal: NodeJS.Signals): void => {
    const target = childOf(child.pid ?? 0) ?? child.pid;
    if (target) process.kill(target, signal);
  };
  // A terminal sends ^C to the whole foreground group itself; we only have to outlive it.
  const onInterrupt = (): void => {
    if (!process.stdin.isTTY) passOn('SIGINT');
  };
  const onTerminate = (): void => passOn('SIGTERM');
  const onHangUp = (): void => passOn('SIGHUP');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp);
      resolve(code ?? 128 + signalNumber(signal));
    });
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGKILL: 9,
    SIGPIPE: 13,
    SIGTERM: 15,
  };
  return (signal && numbers[signal]) ?? 1;
}
