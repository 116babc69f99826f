/** What docker, podman and nerdctl say of themselves, told apart from what a command inside a container says. */
import type { CommandError } from '../run-command.ts';
import { PlaceError, type PlaceErrorCode } from './place-error.ts';
import type { ContainerRuntime } from './target-spec.ts';

interface Words {
  says: RegExp;
  code: PlaceErrorCode;
  why(runtime: ContainerRuntime, name: string): string;
}

/**
 * In the order they are looked for. Docker's daemon and client as of 20.10 to 29, podman 4 and 5, nerdctl 1 and 2.
 * Each begins a line of its own on standard error.
 */
const WORDS: readonly Words[] = [
  {
    says: /^(?:Got )?permission denied while trying to connect to the docker (?:daemon socket|API)|^(?:Error: |.*level=fatal msg=".*)(?:rootless containerd not running|cannot access containerd socket|.*podman\.sock: connect: permission denied)/im,
    code: 'no-permission',
    why: (runtime) =>
      runtime === 'docker'
        ? 'this user may not use docker: put it into the group docker (sudo usermod -aG docker $USER, then log in anew), or start the app as root'
        : `this user may not use ${runtime}, or has one of its own: start the app as the user whose containers they are`,
  },
  {
    says: /^Cannot connect to the Docker daemon|^error during connect:|^failed to connect to the docker API|^(?:Error: |)Cannot connect to Podman|^Error: unable to connect to Podman socket|level=fatal msg="(?:failed to (?:dial|connect)|cannot connect)/im,
    code: 'not-reachable',
    why: (runtime) =>
      runtime === 'podman'
        ? "podman's machine does not answer: start it (podman machine start)"
        : `${runtime}'s daemon does not answer: start it (Docker Desktop, or sudo systemctl start ${runtime === 'docker' ? 'docker' : 'containerd'})`,
  },
  {
    says: /^(?:Error response from daemon: |Error: |error: )no such (?:container|object)|^Error: (?:inspecting object: )?no(?: such)? container|level=fatal msg="(?:1 errors:\\n)?no such (?:container|object)/im,
    code: 'gone',
    why: (runtime, name) => `${runtime} knows no container ${name}; \`${runtime} ps --all\` shows them`,
  },
  {
    says: /^(?:Error response from daemon: |Error: ).*\bis paused\b|level=fatal msg=".*\bpaused\b/im,
    code: 'paused',
    why: (runtime, name) => `container ${name} is paused; go on with it: ${runtime} unpause ${name}`,
  },
  {
    says: /^(?:Error response from daemon: |Error: ).*(?:is not running|container state improper|is not paused)|level=fatal msg="(?:cannot exec in a stopped state|no running task found|container .* is not running)/im,
    code: 'not-running',
    why: (runtime, name) => `container ${name} does not run; start it: ${runtime} start ${name}`,
  },
];

/**
 * The runtime's own refusal, where it is one. Podman says `Error:` as nft does: its own codes are 125 and above.
 * Docker's and nerdctl's own code is 1, which is anybody's, and their words are their own.
 */
export function runtimeRefusal(
  runtime: ContainerRuntime,
  name: string,
  error: CommandError,
): PlaceError | undefined {
  if (error.exitCode === null) {
    return /is not installed$/.test(error.stderr)
      ? new PlaceError('not-installed', `${runtime} is not installed`, { cause: error })
      : undefined;
  }
  if (runtime === 'podman' && error.exitCode < 125) return undefined;
  const found = WORDS.find(({ says }) => says.test(error.stderr));
  return found && new PlaceError(found.code, found.why(runtime, name), { cause: error });
}

/** Whether the runtime says that the container has no such program: 127, or docker's 126 of before version 23. */
export function saysNoSuchProgram({ exitCode, stderr }: CommandError): boolean {
  return (
    exitCode !== null &&
    exitCode > 0 &&
    /exec.*(?:executable file|file) not found in \$?PATH|exec: "[^"]*": (?:stat .*: )?no such file or directory/i.test(
      stderr,
    )
  );
}

/** The code of the command itself, which nerdctl before version 2 tells in words. */
export function ownExitCode({ exitCode, stderr }: CommandError): number | null {
  const [, told] = /level=fatal msg="exec failed with exit code (\d+)"/.exec(stderr) ?? [];
  return told === undefined ? exitCode : Number(told);
}
