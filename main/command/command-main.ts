/** The command `kube-proxy-lab`. Each subcommand's code is loaded when it is asked for. */
import { CommanderError } from 'commander';
import '../requirements/system-path.ts';
import { runCommandLine } from './command-line.ts';
import { reportError } from './exit.ts';

async function main(): Promise<number> {
  try {
    return await runCommandLine(process.argv, __VERSION__);
  } catch (error) {
    // commander has printed its own message; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error);
  }
}

// A reader that has seen enough (`| head`) ends us quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main();
