/** A node that is a container: its commands run through the container runtime's `exec`. */
import { readFileSync, readlinkSync } from 'node:fs';
import { followCommand } from '../follow-command.ts';
import type { NodePlace } from '../helper/node-place.ts';
import { processesThroughCommands } from '../helper/node-processes.ts';
import { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { CommandError, runCommand } from '../run-command.ts';
import type { NodeContainer } from './container-runtime.ts';
import { ownExitCode, runtimeRefusal, saysNoSuchProgram } from './container-runtime-words.ts';
import { PlaceError } from './place-error.ts';
import { settingsThroughCommands } from './settings-through-commands.ts';

/**
 * Commands inside a container, as its root. The container is addressed by its id: another one of the same name, started
 * meanwhile, is another node. What the command says is a CommandError of its own; what the runtime says is a
 * PlaceError.
 */
export function containerPlace(container: NodeContainer): NodePlace {
  const { runtime, id, name } = container;
  const run: NodePlace['run'] = async (argv, options = {}) => {
    try {
      // Without a terminal: `-t` would mix both outputs, and end lines in CR LF.
      return await runCommand([runtime, 'exec', '-i', '--user', '0', id, ...argv], options);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const refusal = runtimeRefusal(runtime, name, error);
      if (refusal) throw refusal;
      if (saysNoSuchProgram(error)) {
        throw new CommandError(argv, null, `${argv[0]} is not installed in container ${name}`);
      }
      const exitCode = ownExitCode(error);
      // 128 and a signal's number: killed, as all of a container is when it is stopped.
      if (exitCode === 137) await assertRuns(container);
      throw new CommandError(argv, exitCode, error.stderr);
    }
  };
  const follow: NodePlace['follow'] = (argv, onLine) =>
    // Nothing ends what runs in a container when its client is killed: it ends by itself, and is started again.
    followCommand([runtime, 'exec', '-i', '--user', '0', id, 'timeout', FOLLOWED_SECONDS, ...argv], onLine);
  return {
    run,
    follow,
    processes: () => processesThroughCommands(run),
    ...settingsThroughCommands(run),
  };
}

async function assertRuns({ runtime, id, name }: NodeContainer): Promise<void> {
  try {
    await runCommand([runtime, 'exec', '-i', id, 'true']);
  } catch (error) {
    const refusal = error instanceof CommandError && runtimeRefusal(runtime, name, error);
    if (refusal) throw refusal;
  }
}

const FOLLOWED_SECONDS = '600';

/**
 * Opens the container's network namespace, for root of the machine whose kernel runs it. The process id that the
 * runtime gives is one of its own machine, which need not be this one (Docker Desktop, a remote context): nothing is
 * entered before the container itself says that it runs on this kernel and in that namespace.
 *
 * @throws PlaceError
 */
export async function enterContainer(container: NodeContainer): Promise<NetworkNamespace> {
  const { name, pid } = container;
  const unlike = (cause?: unknown): PlaceError =>
    new PlaceError(
      'not-reachable',
      `container ${name} does not show that it runs on this very machine (it may be in a virtual one, or a remote one): its network is not entered from here`,
      { cause },
    );
  const { run } = containerPlace(container);
  const ask = async (argv: [string, ...string[]]): Promise<string> => {
    try {
      return (await run(argv)).stdout.trim();
    } catch (error) {
      throw error instanceof CommandError ? unlike(error) : error;
    }
  };
  const bootId = await ask(['cat', '/proc/sys/kernel/random/boot_id']);
  if (bootId !== readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) throw unlike();
  const inside = await ask(['readlink', '/proc/self/ns/net']);
  let namespace: NetworkNamespace;
  try {
    namespace = NetworkNamespace.ofProcess(pid);
  } catch (error) {
    throw unlike(error);
  }
  // Looked at after it was opened: a process id may be another's by now.
  const entered = namespace.run(() => readlinkSync('/proc/thread-self/ns/net'));
  if (entered === inside) return namespace;
  namespace.close();
  throw unlike();
}
