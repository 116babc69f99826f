import { type Command, Option } from 'commander';
import {
  configOption,
  dialectOption,
  elevateOption,
  type Finish,
  modeOption,
  strictConfigOption,
} from './options.ts';

const targetOption = (): Option =>
  new Option(
    '--target <target>',
    'the node: `host`, `netns:NAME`, `container:NAME` or `minikube:PROFILE`',
  ).makeOptionMandatory();

/** What is done to a node: `run` and `cleanup`. */
export function addNode(program: Command, finish: Finish): void {
  program
    .command('run')
    .description(
      "the engine as a node's kube-proxy: watches a cluster, writes the node; the rules stay at its end",
    )
    .option(
      '--kubeconfig <file>',
      "the cluster's kubeconfig (default: the one of the pod it runs in, or kubectl's)",
    )
    .option('--node <name>', "the node's name (default: hostnameOverride, or this host's name)")
    .addOption(targetOption())
    .addOption(elevateOption())
    .option('--hand-back', 'brings the node back to what it was when it ends, however it ends')
    .addOption(configOption())
    .addOption(strictConfigOption())
    .addOption(modeOption())
    .addOption(dialectOption().default('current'))
    .option('--json', 'prints one line of JSON when the first rules are written')
    .action(async (options) => {
      const { run } = await import('../run.ts');
      finish(await run(options));
    });
  program
    .command('cleanup')
    .description("takes kube-proxy's rules off a node, and nothing else")
    .addOption(targetOption())
    .addOption(elevateOption())
    .action(async (options) => {
      const { cleanup } = await import('../cleanup.ts');
      finish(await cleanup(options));
    });
}
