/**
 * A node that `minikube ssh` reaches: a virtual machine, or a container of another engine.
 *
 * minikube hands the words after `--` to the system's ssh, which joins them with blanks for the login shell of the
 * other side: so nothing but plain words goes there, and whatever else there is goes as input. Its own ssh client
 * (the default) would ask for a terminal, which echoes the input and ends lines in CR LF, and it does not end with
 * its input (minikube issues 8359 and 21710): hence `--native-ssh=false`.
 */
import type { NodePlace } from '../helper/node-place.ts';
import { processesThroughCommands } from '../helper/node-processes.ts';
import { isInstalled } from '../requirements/tools.ts';
import { CommandError, runCommand } from '../run-command.ts';
import { PlaceError } from './place-error.ts';
import { settingsThroughCommands } from './settings-through-commands.ts';
import { TargetError } from './target-spec.ts';

export interface MinikubeNode {
  readonly profile: string;
  /** As `minikube node list` names it; without it the first. */
  readonly node?: string;
}

/** Has the same meaning in every shell, quoted or not, and is no option where an operand is meant. */
const PLAIN_WORD = /^[A-Za-z0-9/._:,=+@%-]+$/;
/** ssh's own exit code, where it could not get through. */
const SSH_FAILED = 255;

/** @throws PlaceError where minikube or ssh is not installed */
export function minikubePlace(node: MinikubeNode): NodePlace {
  // Without an ssh to call, minikube takes its own client, whatever it was told.
  for (const program of ['minikube', 'ssh']) {
    if (!isInstalled(program)) {
      throw new PlaceError(
        'not-installed',
        `${program} is not installed; minikube nodes are reached with \`minikube ssh\``,
      );
    }
  }
  const run: NodePlace['run'] = async (argv, options = {}) => {
    const strange = argv.find((word) => !PLAIN_WORD.test(word));
    if (strange !== undefined) {
      throw new TargetError(
        `${JSON.stringify(strange)} would not reach a minikube node as it is: a shell reads it there`,
      );
    }
    const which = node.node === undefined ? [] : ['--node', node.node];
    try {
      return await runCommand(
        ['minikube', '-p', node.profile, 'ssh', '--native-ssh=false', ...which, '--', 'sudo', '-n', ...argv],
        options,
      );
    } catch (error) {
      throw error instanceof CommandError ? explained(error, argv, node) : error;
    }
  };
  return { run, processes: () => processesThroughCommands(run), ...settingsThroughCommands(run) };
}

/** minikube ends with a code of its own, and tells the command's in its last line. */
function explained(
  error: CommandError,
  argv: readonly [string, ...string[]],
  { profile, node }: MinikubeNode,
): Error {
  const { stderr, exitCode } = error;
  if (exitCode === null) return new CommandError(argv, null, stderr);
  const name = node === undefined ? profile : `${profile}/${node}`;
  const [line, status] = /^ssh: (?:exit status|Process exited with status) (\d+)\s*$/m.exec(stderr) ?? [];
  if (status !== undefined && Number(status) !== SSH_FAILED) {
    if (new RegExp(`^sudo: (?:${argv[0]}: command not found|unable to find)`, 'm').test(stderr)) {
      return new CommandError(argv, null, `${argv[0]} is not installed on minikube's node ${name}`);
    }
    return new CommandError(argv, Number(status), stderr.replace(line ?? '', ''));
  }
  if (
    /Profile "[^"]*" not found|cluster .*does not exist|retrieving node: Could not find node|node .*not found/i.test(
      stderr,
    )
  ) {
    return new PlaceError(
      'gone',
      `minikube has no node ${name}; \`minikube profile list\` and \`minikube node list -p ${profile}\` show them`,
      { cause: error },
    );
  }
  if (/not running|state=?[ :"]*(?:Stopped|Paused)|is stopped/i.test(stderr)) {
    return new PlaceError(
      'not-running',
      `minikube's node ${name} does not run; start it: minikube start -p ${profile}`,
      { cause: error },
    );
  }
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new PlaceError(
    'not-reachable',
    `minikube's node ${name} was not reached with \`minikube ssh\`: ${said}`,
    { cause: error },
  );
}
