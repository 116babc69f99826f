/** Starts the lab's supervisor in namespaces of its own, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { channelToChild } from '../helper/process-channel.ts';
import { callVerbs, type VerbClient } from '../helper/verb-channel.ts';
import { programFile } from '../program-files.ts';
import { installCommand, missingTools, type RequiredTool } from '../requirements/tools.ts';
import { type SupervisorVerbs, supervisorVerbs } from './supervisor/protocol.ts';

/** The lab cannot run on this machine, or not now; the message says what to do. */
export class LabStartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LabStartError';
  }
}

export interface LabProcess {
  verbs: VerbClient<SupervisorVerbs>;
  /** The supervisor's process id as the host sees it: whose namespaces `nsenter` enters. */
  supervisorPid: number;
  /** Resolves with a sentence when the supervisor ends, asked or not. */
  ended: Promise<string>;
  /** Ends the supervisor and waits until it has gone. */
  close(): Promise<void>;
}

/**
 * As an ordinary user, a user namespace in which that user is root gives the right to make the others.
 * `--kill-child` and `setpriv --pdeathsig` tie the three processes together: whichever parent goes, however
 * it goes, the kernel kills the one below, and with the first process of a pid namespace all in it.
 */
function supervisorArgv(): [string, ...string[]] {
  const userNamespace = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [
    'setpriv', '--pdeathsig', 'KILL', '--',
    'unshare', ...userNamespace, '--net', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--',
    process.execPath, programFile('supervisor'),
  ]; // biome-ignore format: one program a line
}

function explainMissing(tools: RequiredTool[]): string {
  const names = tools.map(({ command }) => command).join(', ');
  return `${names} ${tools.length > 1 ? 'are' : 'is'} not installed, which the lab cannot do without. Install with: ${installCommand(tools)}`;
}

function explainStartFailure(stderr: string): string {
  const said = stderr.trim();
  if (/uid_map|unshare failed|Operation not permitted|No space left|EPERM/i.test(said)) {
    return [
      'this machine does not let an ordinary user make namespaces, which the lab is made of.',
      'Remedy, as root, one of: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 24.04),',
      '`sysctl -w kernel.unprivileged_userns_clone=1` (older Debian), `sysctl -w user.max_user_namespaces=10000`;',
      `or run kube-proxy-lab as root. (${said.split('\n').at(-1) ?? ''})`,
    ].join('\n');
  }
  return `the lab's supervisor did not start: ${said || 'it said nothing'}`;
}

/** The only child of `pid`. unshare forks once, at the start, and then waits. */
function onlyChild(pid: number): number {
  const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10);
  if (!Number.isInteger(child)) throw new LabStartError(`process ${pid} has no child`);
  return child;
}

/** What the child says: kept until it is up, as the cause of what goes wrong, and passed on from then. */
class ChildErrors {
  #kept = '';
  #passOn: ((text: string) => void) | undefined;

  constructor(child: ChildProcess) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (this.#passOn) this.#passOn(text);
      else this.#kept = (this.#kept + text).slice(-8192);
    });
  }

  get text(): string {
    return this.#kept;
  }

  passOn(to: (text: string) => void): void {
    this.#passOn = to;
    if (this.#kept !== '') to(this.#kept);
  }
}

/**
 * Starts the supervisor and has it make node and client. Rejects with LabStartError where the machine does
 * not allow it; then nothing is left.
 */
export async function startLabProcess(log: (text: string) => void = () => {}): Promise<LabProcess> {
  const missing = missingTools().filter(({ need }) => need === 'lab');
  if (missing.length > 0) throw new LabStartError(explainMissing(missing));
  const [command, ...args] = supervisorArgv();
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const errors = new ChildErrors(child);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    // 'close' comes once stderr is read to its end, so that what it said is known.
    child.on('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  const verbs = callVerbs(channelToChild(child), supervisorVerbs);
  try {
    await verbs.createNetwork({});
  } catch (error) {
    child.kill('SIGKILL');
    const how = await ended;
    throw new LabStartError(
      explainStartFailure(errors.text || (error instanceof Error ? error.message : how)),
      {
        cause: error,
      },
    );
  }
  errors.passOn(log);
  return {
    verbs,
    supervisorPid: onlyChild(child.pid ?? 0),
    ended,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
