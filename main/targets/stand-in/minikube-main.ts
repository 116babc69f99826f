/**
 * Stands in for `minikube ssh`: a node is a network namespace that the test holds. As minikube does with
 * `--native-ssh=false`, it hands over its streams, joins the words with blanks, and has a shell read them; with its own
 * client it asks for a terminal, so that lines end in CR LF and the input comes back.
 *
 *     node minikube-main.ts STATE_FOLDER ARGUMENT…
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Node {
  profile: string;
  node: string;
  state: 'Running' | 'Stopped';
  pid: number;
  ownUsers: boolean;
  /** Its ssh server does not answer. */
  silent: boolean;
  lacks: string[];
}

const [folder = '', ...argv] = process.argv.slice(2);
appendFileSync(join(folder, 'asked.jsonl'), `${JSON.stringify(argv)}\n`);

function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const before = argv.slice(0, argv.indexOf('--'));
const words = argv.slice(argv.indexOf('--') + 1);
const option = (name: string): string | undefined => {
  const at = before.indexOf(name);
  return at < 0 ? undefined : before[at + 1];
};
const profile = option('-p') ?? 'minikube';
const nodes = JSON.parse(readFileSync(join(folder, 'nodes.json'), 'utf8')) as Node[];
const own = nodes.filter((node) => node.profile === profile);
const [first] = own;
if (!before.includes('ssh')) end(`Error: unknown command "${before.at(-1)}" for "minikube"`, 64);
if (!first) {
  end(
    `* Profile "${profile}" not found. Run "minikube profile list" to view all profiles.\n  To start a cluster, run: "minikube start -p ${profile}"`,
    85,
  );
}
const wanted = option('--node');
const node = wanted === undefined ? first : own.find((each) => each.node === wanted);
if (!node) end(`X Exiting due to GUEST_NODE_RETRIEVE: retrieving node: Could not find node ${wanted}`, 80);
if (node.state === 'Stopped') {
  end(
    `* The control-plane node ${node.node} host is not running: state=Stopped\n  To start a cluster, run: "minikube start -p ${profile}"`,
    83,
  );
}
if (node.silent) end('ssh: exit status 255', 1);

const terminal = !before.includes('--native-ssh=false');
const enter = [
  '--target',
  String(node.pid),
  ...(node.ownUsers ? ['--user', '--preserve-credentials'] : []),
  '--net',
];
const child = spawn('nsenter', [...enter, '--', 'sh', '-c', words.join(' ')], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { PATH: `${join(folder, 'inside')}:/usr/sbin:/usr/bin:/sbin:/bin`, LACKS: node.lacks.join(' ') },
});
process.stdin.on('data', (chunk: Buffer) => {
  if (terminal) process.stdout.write(chunk);
  child.stdin.write(chunk);
});
// A terminal's end of input is a character, which nobody sends.
if (!terminal) process.stdin.on('end', () => child.stdin.end());
child.stdin.on('error', () => {});
child.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(terminal ? chunk.toString().replaceAll('\n', '\r\n') : chunk);
});
child.on('close', (code) => {
  if (code !== 0) end(`ssh: exit status ${code}`, 1);
});
