import { type Command, Option } from 'commander';
import { dataOption, type Finish, wholeNumber } from './options.ts';

export function addStart(program: Command, finish: Finish): void {
  program
    .command('start', { isDefault: true })
    .description('starts the lab, and the window where there is one')
    .option('--web', 'serves the user interface to a browser')
    .addOption(new Option('--host <address>', 'the loopback address to serve on').default('127.0.0.1'))
    .addOption(
      new Option('--port <number>', 'the port to serve on; 0 for any').argParser(
        wholeNumber('--port', 0, 65535),
      ),
    )
    .option('--no-open', 'does not open a browser')
    .addOption(dataOption())
    .option('--json', 'prints one line of JSON when the lab is ready')
    .action(async (options) => {
      const { start } = await import('../start.ts');
      finish(await start(options));
    });
}
