/** The command line of `kube-proxy-lab`: its commands, and what is read into the words given. */
import { Command } from 'commander';
import { BadInputError } from './bad-input-error.ts';
import { addDoctor } from './definitions/doctor.ts';
import { addLab } from './definitions/lab.ts';
import { addNode } from './definitions/node.ts';
import type { Finish } from './definitions/options.ts';
import { addProbe } from './definitions/probe.ts';
import { addRender } from './definitions/render.ts';
import { addStart } from './definitions/start.ts';
import { addVerify } from './definitions/verify.ts';

const name = 'kube-proxy-lab';

/**
 * Runs what the words ask for (`process.argv`). Gives the exit code.
 * @throws CommanderError for what commander has told of already, help and version among it; what a command throws
 */
export async function runCommandLine(argv: string[], version: string): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(version, (code) => {
    exitCode = code;
  });
  refuseUnknownCommand(program, argv[2]);
  await program.parseAsync(separateCommand(argv));
  return exitCode;
}

function buildProgram(version: string, finish: Finish): Command {
  const program = new Command(name)
    .description('Learn, see and test how a Kubernetes Service becomes packets.')
    .version(version, '-V, --version')
    .showHelpAfterError(`(${name} --help lists the commands)`);
  for (const add of [addStart, addLab, addRender, addVerify, addProbe, addNode, addDoctor])
    add(program, finish);
  const all = (command: Command): void => {
    command.exitOverride();
    for (const sub of command.commands) all(sub);
  };
  all(program);
  return program;
}

/** Without a command the lab is started; a word that is no command is a slip, not something to start with. */
function refuseUnknownCommand({ commands }: Command, word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || word === 'help') return;
  if (commands.some((command) => command.name() === word)) return;
  throw new BadInputError(`there is no command '${word}'; ${name} --help lists those there are`);
}

/**
 * `lab exec node iptables-save -t nat` without the `--`: what comes after the place (and our own `--data`) is
 * the command's, its options included.
 */
function separateCommand(argv: string[]): string[] {
  const [node = '', program = '', lab, exec, ...rest] = argv;
  if (lab !== 'lab' || exec !== 'exec' || rest.includes('--')) return argv;
  let place = false;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    if (word === '--data') i++;
    else if (word.startsWith('--data=') || word === '--help' || word === '-h') continue;
    else if (!place) place = true;
    else return [node, program, lab, exec, ...rest.slice(0, i), '--', ...rest.slice(i)];
  }
  return argv;
}
