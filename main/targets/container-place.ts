/** A node that is a container: its commands run through the container runtime's `exec`. */
import { z } from 'zod';
import type { NodePlace } from '../helper/node-place.ts';
import { isInstalled } from '../requirements/tools.ts';
import { CommandError, runCommand } from '../run-command.ts';
import { type ContainerRuntime, TargetError } from './target-spec.ts';

const RUNTIMES: readonly ContainerRuntime[] = ['docker', 'podman', 'nerdctl'];
const INSPECT_TIMEOUT_MS = 15_000;

/** The parts of `inspect`'s answer that all three runtimes give. */
const inspectSchema = z
  .array(
    z.object({
      Id: z.string(),
      State: z.object({ Status: z.string().optional(), Running: z.boolean().optional(), Pid: z.int() }),
    }),
  )
  .min(1);

export interface NodeContainer {
  readonly runtime: ContainerRuntime;
  readonly name: string;
  readonly id: string;
  /** The container's first process as the host sees it; on macOS and Windows, inside the runtime's own machine. */
  readonly pid: number;
}

/**
 * Finds a running container by name: with the runtime given, else with the first that is installed and knows it.
 *
 * @throws TargetError
 */
export async function findContainer(name: string, runtime?: ContainerRuntime): Promise<NodeContainer> {
  const candidates = (runtime ? [runtime] : RUNTIMES).filter((command) => isInstalled(command));
  if (candidates.length === 0) {
    throw new TargetError(`${runtime ?? 'none of docker, podman and nerdctl'} is not installed`);
  }
  const refusals: string[] = [];
  for (const candidate of candidates) {
    try {
      return await inspect(candidate, name);
    } catch (error) {
      refusals.push(`${candidate}: ${error instanceof CommandError ? lastLine(error) : String(error)}`);
    }
  }
  throw new TargetError(`container ${name} was not found or does not run. ${refusals.join('; ')}`);
}

async function inspect(runtime: ContainerRuntime, name: string): Promise<NodeContainer> {
  const argv: [string, ...string[]] = [runtime, 'inspect', '--type', 'container', '--', name];
  // nerdctl has neither the type nor the end of options.
  const { stdout } = await runCommand(runtime === 'nerdctl' ? [runtime, 'inspect', name] : argv, {
    timeoutMs: INSPECT_TIMEOUT_MS,
  });
  const found = inspectSchema.safeParse(parseJson(stdout));
  const [container] = found.success ? found.data : [];
  if (!container) throw new TargetError(`\`${runtime} inspect\` gave an answer that is not understood`);
  const { State: state, Id: id } = container;
  if (!(state.Running ?? state.Status === 'running')) {
    throw new TargetError(`the container is ${state.Status ?? 'not running'}`);
  }
  return { runtime, name, id, pid: state.Pid };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lastLine(error: CommandError): string {
  return error.stderr.trim().split('\n').at(-1) || error.message;
}

/**
 * Commands inside a container. The container is addressed by its id: another one of the same name, started
 * meanwhile, is another node.
 */
export function containerPlace({ runtime, id }: NodeContainer): NodePlace {
  const exec = (argv: readonly string[]): [string, ...string[]] => [runtime, 'exec', '-i', id, ...argv];
  return {
    run: (argv, options = {}) => runCommand(exec(argv), options),
    readSetting: async (path) => {
      try {
        return (await runCommand(exec(['cat', `/proc/sys/${path}`]))).stdout.trim();
      } catch (error) {
        if (error instanceof CommandError && /No such file/.test(error.stderr)) return undefined;
        throw error;
      }
    },
    writeSetting: async (path, value) => {
      // tee takes the value from its input: no shell, and none of procps' own ideas of dots and slashes.
      await runCommand(exec(['tee', `/proc/sys/${path}`]), { input: value }).catch((error: unknown) => {
        if (!(error instanceof CommandError) || !/No such file/.test(error.stderr)) throw error;
      });
    },
  };
}
