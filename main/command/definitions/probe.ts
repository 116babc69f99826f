import { type Command, Option } from 'commander';
import { dataOption, type Finish, wholeNumber } from './options.ts';

export function addProbe(program: Command, finish: Finish): void {
  program
    .command('probe')
    .description('sends requests and says who answered, how fast, and why not')
    .requiredOption('--from <place>', '`client`, `node`, `pod/NAME` of the running lab, or `here`')
    .argument('<target>', '`10.0.0.5:30964`, `mysql-service:3306` or `mysql-service/nodePort`')
    .addOption(new Option('--protocol <protocol>', 'what to speak').choices(['http', 'tcp', 'udp']))
    .addOption(
      new Option('-n, --requests <number>', 'how many').default(1).argParser(wholeNumber('-n', 1, 1_000_000)),
    )
    .addOption(
      new Option('-c, --concurrency <number>', 'how many at a time')
        .default(1)
        .argParser(wholeNumber('-c', 1, 10_000)),
    )
    .option('--keep-alive', 'keeps connections for further requests')
    .addOption(
      new Option('--timeout <ms>', 'gives a request up after so many milliseconds')
        .default(3000)
        .argParser(wholeNumber('--timeout', 1, 600_000)),
    )
    .addOption(dataOption())
    .option('--json', 'prints JSON')
    .action(async (target: string, options) => {
      const { probe } = await import('../probe.ts');
      finish(await probe({ target, ...options }));
    });
}
