/** An empty network namespace as a node: for tests that write rules and read them back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { followCommand } from '../follow-command.ts';
import type { NodePlace } from '../helper/node-place.ts';
import { nodeVerbs } from '../helper/node-protocol.ts';
import { nodeVerbHandlers } from '../helper/node-verbs.ts';
import { callVerbs, type MessageChannel, serveVerbs } from '../helper/verb-channel.ts';
import { runCommand } from '../run-command.ts';
import type { NodeTarget } from '../targets/node-target.ts';

/** Whether it needs a user namespace of its own: an ordinary user does. */
const OWN_USERS = process.getuid?.() !== 0;

export class NodeUnderTest implements AsyncDisposable {
  readonly target: NodeTarget;
  /** A process whose namespaces the rules go to; with it, the namespaces and their rules are gone. */
  readonly #holder: ChildProcess;
  readonly #ownUsers: boolean;

  private constructor(holder: ChildProcess, ownUsers: boolean) {
    this.#holder = holder;
    this.#ownUsers = ownUsers;
    const [here, there] = channelPair();
    const place: NodePlace = {
      run: (argv, options) => this.run(argv, options?.input),
      follow: (argv, onLine) => followCommand(this.#inside(argv), onLine),
      readSetting: async () => undefined,
      writeSetting: async () => {},
    };
    serveVerbs(there, nodeVerbs, nodeVerbHandlers(place));
    this.target = {
      name: 'a network namespace',
      verbs: callVerbs(here, nodeVerbs),
      userspace: {
        serve: async () => ({ ports: [], failures: [] }),
        statistics: async () => undefined,
      },
      healthChecks: { serve: async () => [] },
    };
  }

  /** @param ownUsers with the limits of an ordinary user's node, whoever runs the test. */
  static async make({ ownUsers = OWN_USERS } = {}): Promise<NodeUnderTest> {
    const holder = spawn(
      'unshare',
      [
        ...(ownUsers ? ['--user', '--map-root-user'] : []),
        '--net',
        'sh',
        '-c',
        'echo ready; exec sleep infinity',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (holder.stdout) await once(holder.stdout, 'data');
    return new NodeUnderTest(holder, ownUsers);
  }

  /** Runs a command on the node. Rejects with CommandError on any other end than exit code 0. */
  run(argv: readonly [string, ...string[]], input = ''): Promise<{ stdout: string; stderr: string }> {
    return runCommand(this.#inside(argv), { input });
  }

  #inside(argv: readonly string[]): [string, ...string[]] {
    const users = this.#ownUsers ? ['--user', '--preserve-credentials'] : [];
    return ['nsenter', '--target', String(this.#holder.pid), ...users, '--net', '--', ...argv];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await ended;
  }
}

/** Two ends of a channel within this process; messages are copied as between processes. */
function channelPair(): [MessageChannel, MessageChannel] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (own: 0 | 1): MessageChannel => ({
    send: (message) => {
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => {
        for (const listener of listeners[own === 0 ? 1 : 0]) listener(copy);
      });
    },
    onMessage: (listener) => listeners[own].push(listener),
    onClose: () => {},
  });
  return [end(0), end(1)];
}
