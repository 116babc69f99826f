/**
 * Stands in for docker, podman and nerdctl where there is no container engine: containers are network namespaces that
 * the test holds, and everything a command says, its streams and its exit codes are as those programs have them
 * (recorded from docker 20.10, podman 4.3; nerdctl from its source). It stands alone: a test copies it to where
 * an ordinary user may run it.
 *
 *     node container-runtime-main.ts STATE_FOLDER docker|podman|nerdctl ARGUMENT…
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

interface Container {
  id: string;
  name: string;
  state: 'running' | 'paused' | 'exited';
  /** Of the process whose network namespace it has. */
  pid: number;
  /** What `inspect` says instead. */
  claimedPid?: number;
  ownUsers: boolean;
  startedAt: string;
  labels: Record<string, string>;
  address: string;
  ports: Record<string, { HostIp: string; HostPort: string }[]>;
  /** Programs that its image lacks. */
  lacks: string[];
}

/** What goes wrong; with `program`, only when that is run inside. */
interface Trouble {
  how: 'no-daemon' | 'no-permission' | 'slow' | 'cut-off' | 'killed' | 'silent-cut-off';
  program?: string;
  milliseconds?: number;
}

const [folder = '', runtime = '', ...argv] = process.argv.slice(2);

/** What each of them says, and the code it ends with. */
const SAYS: Record<string, Record<string, (about: string) => [text: string, code: number]>> = {
  docker: {
    none: (name) => [`Error response from daemon: No such container: ${name}`, 1],
    stopped: (id) => [`Error response from daemon: Container ${id} is not running`, 1],
    paused: (name) => [
      `Error response from daemon: Container ${name} is paused, unpause the container before exec`,
      1,
    ],
    lacks: (program) => [
      `OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
      126,
    ],
    'no-daemon': () => [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      1,
    ],
    'no-permission': () => [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/containers/json": dial unix /var/run/docker.sock: connect: permission denied',
      1,
    ],
    usage: (flag) => [
      `unknown flag: ${flag}\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]`,
      125,
    ],
  },
  podman: {
    none: (name) => [`Error: no container with name or ID "${name}" found: no such container`, 125],
    stopped: () => [
      'Error: can only create exec sessions on running containers: container state improper',
      255,
    ],
    paused: () => [
      'Error: can only create exec sessions on running containers: container state improper',
      255,
    ],
    lacks: (program) => [
      `Error: runc: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found`,
      127,
    ],
    'no-daemon': () => [
      'Cannot connect to Podman. Please verify your connection to the Linux system using `podman system connection list`, or try `podman machine init` and `podman machine start` to manage a new Linux VM\nError: unable to connect to Podman socket: connection refused',
      125,
    ],
    'no-permission': () => [
      'Error: unable to connect to Podman socket: dial unix /run/podman/podman.sock: connect: permission denied',
      125,
    ],
    usage: (flag) => [`Error: unknown flag: ${flag}\nSee 'podman exec --help'`, 125],
  },
  nerdctl: {
    none: (name) => [`time="2026-01-01T00:00:00Z" level=fatal msg="no such container ${name}"`, 1],
    stopped: () => [
      'time="2026-01-01T00:00:00Z" level=fatal msg="cannot exec in a stopped state: unknown"',
      1,
    ],
    paused: () => [
      'time="2026-01-01T00:00:00Z" level=fatal msg="cannot exec in a paused container: unknown"',
      1,
    ],
    lacks: (program) => [
      `time="2026-01-01T00:00:00Z" level=fatal msg="OCI runtime exec failed: exec failed: unable to start container process: exec: \\"${program}\\": executable file not found in $PATH: unknown"`,
      1,
    ],
    'no-daemon': () => [
      'time="2026-01-01T00:00:00Z" level=fatal msg="cannot connect to containerd: failed to dial \\"/run/containerd/containerd.sock\\""',
      1,
    ],
    'no-permission': () => [
      'time="2026-01-01T00:00:00Z" level=fatal msg="rootless containerd not running? (hint: use `containerd-rootless-setuptool.sh install` to start rootless containerd)"',
      1,
    ],
    usage: (flag) => [`time="2026-01-01T00:00:00Z" level=fatal msg="unknown flag: ${flag}"`, 1],
  },
};

function say(what: string, about = ''): never {
  const [text, code] = SAYS[runtime]?.[what]?.(about) ?? [`${runtime}: ${what}`, 125];
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

function read<Value>(file: string, otherwise: Value): Value {
  const path = join(folder, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Value) : otherwise;
}

const containers = read<Container[]>('containers.json', []);
const trouble = read<Trouble | null>('trouble.json', null);
const find = (name: string): Container | undefined =>
  containers.find(
    (container) => container.name === name || (name.length >= 3 && container.id.startsWith(name)),
  );

/** Takes options off the front, as cobra does without interspersed arguments: what is not known ends the command. */
function options(words: string[], known: Record<string, 'flag' | 'value'>): Map<string, string> {
  const given = new Map<string, string>();
  for (let word = words[0]; word?.startsWith('-'); word = words[0]) {
    words.shift();
    if (word === '--') break;
    const [name = '', joined] = word.split(/=(.*)/s);
    const kind = Object.hasOwn(known, name) ? known[name] : say('usage', name);
    given.set(name, kind === 'flag' ? '' : (joined ?? words.shift() ?? say('usage', name)));
  }
  return given;
}

function inspect(words: string[]): void {
  options(words, runtime === 'nerdctl' ? {} : { '--type': 'value' });
  const found = words.map(find);
  const missing = words.find((_name, index) => !found[index]);
  process.stdout.write(
    `${JSON.stringify(
      found.flatMap((container) => (container ? [described(container)] : [])),
      null,
      4,
    )}\n`,
  );
  if (missing === undefined) return;
  if (runtime !== 'podman') say('none', missing);
  process.stderr.write(`Error: inspecting object: no such container ${missing}\n`);
  process.exitCode = 125;
}

function described({
  id,
  name,
  state,
  pid,
  claimedPid = pid,
  startedAt,
  labels,
  address,
  ports,
}: Container): object {
  return {
    Id: id,
    Name: runtime === 'docker' ? `/${name}` : name,
    State: {
      Status: state,
      Running: state !== 'exited',
      Paused: state === 'paused',
      Pid: state === 'exited' ? 0 : claimedPid,
      StartedAt: startedAt,
    },
    Config: { Labels: labels },
    NetworkSettings: {
      Ports: ports,
      IPAddress: '',
      Networks: { kind: { IPAddress: address, GlobalIPv6Address: '' } },
    },
  };
}

function list(words: string[]): void {
  const given = options(words, {
    '--all': 'flag',
    '--no-trunc': 'flag',
    '--filter': 'value',
    '--format': 'value',
  });
  const [, key = '', value] = /^label=([^=]*)(?:=(.*))?$/s.exec(given.get('--filter') ?? '') ?? [];
  for (const { id, labels, state } of containers) {
    if (!given.has('--all') && state === 'exited') continue;
    if (Object.hasOwn(labels, key) && (value === undefined || labels[key] === value))
      process.stdout.write(`${id}\n`);
  }
}

/** The parts of `info` that tell whose machine it is; a test says what they are in `info.json`. */
function info(words: string[]): void {
  options(words, { '--format': 'value' });
  const usual =
    runtime === 'podman'
      ? { host: { hostname: hostname(), serviceIsRemote: false, security: { rootless: false } } }
      : {
          Name: hostname(),
          OperatingSystem: 'Debian GNU/Linux 13 (trixie)',
          SecurityOptions: ['name=seccomp,profile=builtin'],
        };
  process.stdout.write(`${JSON.stringify({ ...usual, ...read('info.json', {}) })}\n`);
}

async function exec(words: string[]): Promise<void> {
  options(words, { '-i': 'flag', '--user': 'value', '--privileged': 'flag' });
  const [name = '', program = '', ...rest] = words;
  const container = find(name) ?? say('none', name);
  if (container.state === 'exited') say('stopped', container.id);
  if (container.state === 'paused') say('paused', container.name);
  if (container.lacks.includes(program)) say('lacks', program);
  const concerns = trouble?.program === undefined || trouble.program === program ? trouble?.how : undefined;
  const inside = [
    '--target',
    String(container.pid),
    ...(container.ownUsers ? ['--user', '--preserve-credentials'] : []),
    '--net',
  ];
  const child = spawn('nsenter', [...inside, '--', program, ...rest], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  process.stdin.on('error', () => {}).pipe(child.stdin.on('error', () => {}));
  if (concerns === 'cut-off' || concerns === 'silent-cut-off') {
    child.stdout.once('data', (chunk: Buffer) => {
      // Half of what there was, and the connection to the daemon is gone.
      process.stdout.write(chunk.subarray(0, chunk.length / 2), () =>
        process.exit(concerns === 'cut-off' ? 255 : 0),
      );
    });
  } else child.stdout.pipe(process.stdout);
  // The container is stopped: its processes are killed, and the client is told nothing but the code.
  if (concerns === 'killed') child.kill('SIGKILL');
  const code = await new Promise<number>((resolve) =>
    child.on('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGKILL' ? 137 : 143))),
  );
  if (runtime === 'nerdctl' && code !== 0) {
    process.stderr.write(
      `time="2026-01-01T00:00:00Z" level=fatal msg="exec failed with exit code ${code}"\n`,
    );
    process.exitCode = 1;
  } else process.exitCode = code;
}

appendFileSync(join(folder, 'asked.jsonl'), `${JSON.stringify([runtime, ...argv])}\n`);
if (trouble && trouble.program === undefined && trouble.how.startsWith('no-')) say(trouble.how);
if (trouble?.how === 'slow') await new Promise((resolve) => setTimeout(resolve, trouble.milliseconds));
const [verb, ...words] = argv;
if (verb === 'inspect') inspect(words);
else if (verb === 'ps') list(words);
else if (verb === 'exec') await exec(words);
else if (verb === 'info') info(words);
else say('usage', String(verb));
