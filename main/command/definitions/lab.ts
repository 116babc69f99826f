import { Command } from 'commander';
import {
  configOption,
  dataOption,
  dialectOption,
  type Finish,
  MODES,
  modeOption,
  strictConfigOption,
} from './options.ts';

export function addLab(program: Command, finish: Finish): void {
  const lab = program.command('lab').description('the embedded lab: a node, pods and an outside client');
  lab
    .command('up')
    .description('starts the lab without a window, in the foreground until a signal')
    .addOption(modeOption().default('iptables'))
    .addOption(dialectOption().default('current'))
    .addOption(configOption())
    .addOption(strictConfigOption())
    .addOption(dataOption())
    .option('--json', 'prints one line of JSON when the lab is ready')
    .action(async (options) => {
      const { labUp } = await import('../lab-up.ts');
      finish(await labUp(options));
    });
  lab
    .command('exec')
    .description('runs a command in a place of the running lab: client, node or pod/NAME')
    .argument('<place>', '`client`, `node`, `pod/NAME` or `pod/NAMESPACE/NAME`')
    .argument('<command...>', 'the command and its arguments, after `--`')
    .addOption(dataOption())
    .action(async (place: string, command: string[], options) => {
      const { labExec } = await import('../lab-exec.ts');
      finish(await labExec({ place, command, ...options }));
    });
  lab
    .command('mode')
    .description("switches the running lab's proxy mode, while traffic flows")
    .addArgument(new Command().createArgument('<mode>', 'proxy mode').choices(MODES))
    .addOption(dialectOption())
    .addOption(dataOption())
    .action(async (mode: string, options) => {
      const { labMode } = await import('../lab-mode.ts');
      finish(await labMode({ mode, ...options }));
    });
  lab
    .command('status')
    .description('mode, node, pods, last sync, where the kubeconfig is')
    .addOption(dataOption())
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { labStatus } = await import('../lab-status.ts');
      finish(await labStatus(options));
    });
  lab
    .command('load-balancer')
    .description("switches the lab's load balancer: LoadBalancer Services get an address outside")
    .addArgument(new Command().createArgument('<state>', 'on or off').choices(['on', 'off']))
    .addOption(dataOption())
    .action(async (state: string, options) => {
      const { labLoadBalancer } = await import('../lab-mode.ts');
      finish(await labLoadBalancer({ enabled: state === 'on', ...options }));
    });
}
