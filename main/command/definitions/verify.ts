import { type Command, Option } from 'commander';
import type { Dialect } from '../../../app/proxy/build-ruleset.ts';
import { BadInputError } from '../bad-input-error.ts';
import type { VerifyResult } from '../verify.ts';
import {
  collect,
  configOption,
  dialectOption,
  elevateOption,
  type Finish,
  familyOption,
  modeOption,
  strictConfigOption,
  wholeNumber,
} from './options.ts';

export function addVerify(program: Command, finish: Finish): void {
  program
    .command('verify')
    .description("what differs between a node's rules, as they are or saved, and those that should be there")
    .option(
      '--save <file>',
      'what iptables-save, ip6tables-save (or one after the other) or nft list ruleset, with -j or without, printed there; `-` for stdin',
    )
    .option(
      '-f, --file <file>',
      'with --save: objects in YAML or JSON, `-` for stdin; repeatable',
      collect,
      [],
    )
    .option('--target <target>', 'a node as it is now: `host`, `netns:NAME` or `container:NAME`')
    .option('--kubeconfig <file>', "with --target: the cluster's kubeconfig (default: kubectl's)")
    .option(
      '--node <name>',
      "with --target: the node's name (default: hostnameOverride, or this host's name)",
    )
    .addOption(
      new Option('--wait <seconds>', 'with --target: looks again until the node is right, so long').argParser(
        wholeNumber('--wait', 0, 86_400),
      ),
    )
    .addOption(elevateOption())
    .addOption(configOption())
    .addOption(strictConfigOption())
    .addOption(modeOption())
    .addOption(dialectOption().default('current'))
    .addOption(familyOption())
    .option('--node-address <ip>', "an address of the node's; repeatable", collect, [])
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { text, same, warnings } = await verifyAsAsked(options);
      for (const warning of warnings) process.stderr.write(`${warning}\n`);
      process.stdout.write(text);
      finish(same ? 0 : 1);
    });
}

async function verifyAsAsked(options: {
  target?: string;
  save?: string;
  file: string[];
  family?: string;
  nodeAddress: string[];
  dialect: Dialect;
}): Promise<VerifyResult> {
  const { file, family, nodeAddress, target, save, ...rest } = options;
  if (target !== undefined) {
    if (save !== undefined || file.length > 0) {
      throw new BadInputError('--target reads the node and its cluster; --save and -f are for saved ones');
    }
    const { verifyLive } = await import('../verify-live.ts');
    return verifyLive({ ...rest, target });
  }
  if (save === undefined || file.length === 0) {
    throw new BadInputError(
      'name a node with --target, or its saved rules with --save and the objects with -f',
    );
  }
  const { verify } = await import('../verify.ts');
  return verify({
    ...rest,
    save,
    files: file,
    nodeAddresses: nodeAddress,
    ...(family ? { family: family === 'ipv6' ? 'IPv6' : 'IPv4' } : {}),
  });
}
