import { type Command, Option } from 'commander';
import {
  collect,
  configOption,
  dialectOption,
  familyOption,
  modeOption,
  strictConfigOption,
} from './options.ts';

export function addRender(program: Command): void {
  program
    .command('render')
    .description('objects to rules: what kube-proxy would write for them')
    .requiredOption('-f, --file <file>', 'objects in YAML or JSON, `-` for stdin; repeatable', collect)
    .addOption(configOption())
    .addOption(strictConfigOption())
    .addOption(modeOption())
    .addOption(dialectOption().default('current'))
    .addOption(familyOption())
    .option('--node-address <ip>', "an address of the node's; repeatable", collect, [])
    .option('-o, --output <file>', 'where to write; without it, to stdout')
    .addOption(
      new Option('--format <format>', 'how the rules are printed').choices([
        'restore', 'save', 'nft', 'script', 'remove-script', 'json', 'mermaid', 'svg', 'markdown', 'html',
      ]), // biome-ignore format: a list of words
    )
    .action(async (options) => {
      const { render } = await import('../render.ts');
      const { file, family, nodeAddress, output, ...rest } = options;
      const { pieces, warnings } = render({
        ...rest,
        files: file,
        nodeAddresses: nodeAddress,
        ...(family ? { family: family === 'ipv6' ? 'IPv6' : 'IPv4' } : {}),
      });
      for (const warning of warnings) process.stderr.write(`${warning}\n`);
      const { writeOutput } = await import('../write-output.ts');
      writeOutput(output, pieces);
    });
}
