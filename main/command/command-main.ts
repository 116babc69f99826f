/** The command `kube-proxy-lab`. Each subcommand's code is loaded when it is asked for. */
import { Command, CommanderError, Option } from 'commander';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import { BadInputError } from './bad-input-error.ts';
import type { VerifyResult } from './verify.ts';
import '../requirements/system-path.ts';
import { reportError } from './exit.ts';

const MODES = ['userspace', 'iptables', 'nftables'];
const DIALECTS = ['current', 'classic'];

const dataOption = (): Option =>
  new Option('--data <folder>', "the lab's data folder (default: the platform's own for this user)");
const modeOption = (): Option => new Option('--mode <mode>', 'proxy mode').choices(MODES);
const dialectOption = (): Option =>
  new Option(
    '--dialect <dialect>',
    'whose rules: current (kube-proxy 1.36; userspace mode: 1.25) or classic (1.2, as books show it)',
  ).choices(DIALECTS);
const configOption = (): Option =>
  new Option('--config <file>', 'a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)');
const strictConfigOption = (): Option =>
  new Option('--strict-config', 'an unknown field of the configuration is an error, not a warning');

const familyOption = (): Option => new Option('--family <family>', 'one IP family').choices(['ipv4', 'ipv6']);

const elevateOption = (): Option =>
  new Option('--elevate', "where it takes root, asks for the right: sudo, or the desktop's dialog");

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new BadInputError(`${name} takes a whole number from ${least} to ${most}, not ${text}`);
    }
    return value;
  };
}

/** The exit code that a subcommand's action ends with. */
let exitCode = 0;

function addLab(program: Command): void {
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
      const { labUp } = await import('./lab-up.ts');
      exitCode = await labUp(options);
    });
  lab
    .command('exec')
    .description('runs a command in a place of the running lab: client, node or pod/NAME')
    .argument('<place>', '`client`, `node`, `pod/NAME` or `pod/NAMESPACE/NAME`')
    .argument('<command...>', 'the command and its arguments, after `--`')
    .addOption(dataOption())
    .action(async (place: string, command: string[], options) => {
      const { labExec } = await import('./lab-exec.ts');
      exitCode = await labExec({ place, command, ...options });
    });
  lab
    .command('mode')
    .description("switches the running lab's proxy mode, while traffic flows")
    .addArgument(new Command().createArgument('<mode>', 'proxy mode').choices(MODES))
    .addOption(dialectOption())
    .addOption(dataOption())
    .action(async (mode: string, options) => {
      const { labMode } = await import('./lab-mode.ts');
      exitCode = await labMode({ mode, ...options });
    });
  lab
    .command('status')
    .description('mode, node, pods, last sync, where the kubeconfig is')
    .addOption(dataOption())
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { labStatus } = await import('./lab-status.ts');
      exitCode = await labStatus(options);
    });
  lab
    .command('load-balancer')
    .description("switches the lab's load balancer: LoadBalancer Services get an address outside")
    .addArgument(new Command().createArgument('<state>', 'on or off').choices(['on', 'off']))
    .addOption(dataOption())
    .action(async (state: string, options) => {
      const { labLoadBalancer } = await import('./lab-mode.ts');
      exitCode = await labLoadBalancer({ enabled: state === 'on', ...options });
    });
}

function addStart(program: Command): void {
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
      const { start } = await import('./start.ts');
      exitCode = await start(options);
    });
}

function addRender(program: Command): void {
  program
    .command('render')
    .description('objects to rules: what kube-proxy would write for them')
    .requiredOption('-f, --file <file>', 'objects in YAML or JSON, `-` for stdin; repeatable', collect, [])
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
      const { render } = await import('./render.ts');
      const { file, family, nodeAddress, output, ...rest } = options;
      const { pieces, warnings } = render({
        ...rest,
        files: file,
        nodeAddresses: nodeAddress,
        ...(family ? { family: family === 'ipv6' ? 'IPv6' : 'IPv4' } : {}),
      });
      for (const warning of warnings) process.stderr.write(`${warning}\n`);
      const { writeOutput } = await import('./write-output.ts');
      writeOutput(output, pieces);
    });
}

function addVerify(program: Command): void {
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
      exitCode = same ? 0 : 1;
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
    const { verifyLive } = await import('./verify-live.ts');
    return verifyLive({ ...rest, target });
  }
  if (save === undefined || file.length === 0) {
    throw new BadInputError(
      'name a node with --target, or its saved rules with --save and the objects with -f',
    );
  }
  const { verify } = await import('./verify.ts');
  return verify({
    ...rest,
    save,
    files: file,
    nodeAddresses: nodeAddress,
    ...(family ? { family: family === 'ipv6' ? 'IPv6' : 'IPv4' } : {}),
  });
}

function addProbe(program: Command): void {
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
      const { probe } = await import('./probe.ts');
      exitCode = await probe({ target, ...options });
    });
}

const targetOption = (): Option =>
  new Option(
    '--target <target>',
    'the node: `host`, `netns:NAME`, `container:NAME` or `minikube:PROFILE`',
  ).makeOptionMandatory();

function addRun(program: Command): void {
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
      const { run } = await import('./run.ts');
      exitCode = await run(options);
    });
  program
    .command('cleanup')
    .description("takes kube-proxy's rules off a node, and nothing else")
    .addOption(targetOption())
    .addOption(elevateOption())
    .action(async (options) => {
      const { cleanup } = await import('./cleanup.ts');
      exitCode = await cleanup(options);
    });
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what this machine has and lacks, with the remedy')
    .addOption(configOption())
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { doctor } = await import('./doctor.ts');
      exitCode = await doctor(options);
    });
}

function buildProgram(): Command {
  const program = new Command('kube-proxy-lab')
    .description('Learn, see and test how a Kubernetes Service becomes packets.')
    .version(__VERSION__, '-V, --version')
    .showHelpAfterError('(kube-proxy-lab --help lists the commands)');
  addStart(program);
  addLab(program);
  addRender(program);
  addVerify(program);
  addProbe(program);
  addRun(program);
  addDoctor(program);
  const all = (command: Command): void => {
    command.exitOverride();
    for (const sub of command.commands) all(sub);
  };
  all(program);
  return program;
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

async function main(): Promise<number> {
  try {
    await buildProgram().parseAsync(separateCommand(process.argv));
    return exitCode;
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
