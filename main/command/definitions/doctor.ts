import type { Command } from 'commander';
import { configOption, type Finish } from './options.ts';

export function addDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .description('what this machine has and lacks, with the remedy')
    .addOption(configOption())
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { doctor } = await import('../doctor.ts');
      finish(await doctor(options));
    });
}
