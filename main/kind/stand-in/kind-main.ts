/**
 * Stands in for kind where there is no container engine: what it prints and its exit codes are as kind 0.30 has them, as
 * its source writes them; its clusters are names in a file. It stands alone: a test copies it.
 *
 *     node kind-main.ts STATE_FOLDER ARGUMENT…
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', ...argv] = process.argv.slice(2);
const file = (name: string): string => join(folder, name);
const read = <Value>(name: string, otherwise: Value): Value =>
  existsSync(file(name)) ? (JSON.parse(readFileSync(file(name), 'utf8')) as Value) : otherwise;
const clusters = (): string[] => read<string[]>('clusters.json', []);
const keep = (names: string[]): void => writeFileSync(file('clusters.json'), JSON.stringify(names));
const trouble = read<{ how?: string; milliseconds?: number }>('trouble.json', {});
const option = (name: string): string => argv[argv.indexOf(name) + 1] ?? '';
const say = (text: string): boolean => process.stderr.write(text);
const step = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function input(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

async function create(name: string): Promise<void> {
  const config = await input();
  appendFileSync(file('configs.jsonl'), `${JSON.stringify(config)}\n`);
  if (clusters().includes(name)) {
    say(`ERROR: failed to create cluster: node(s) already exist for a cluster with the name "${name}"\n`);
    process.exit(1);
  }
  say(`Creating cluster "${name}" ...\n`);
  // Its containers are there from here on, whatever becomes of them.
  keep([...clusters(), name]);
  say(' • Ensuring node image (kindest/node:v1.34.0) 🖼  ...\n');
  await step(trouble.milliseconds ?? 0);
  if (trouble.how === 'no-image') {
    keep(clusters().filter((one) => one !== name));
    say(' ✗ Ensuring node image (kindest/node:v1.34.0) 🖼\n');
    say(
      'ERROR: failed to create cluster: failed to pull image "kindest/node:v1.34.0": command "docker pull kindest/node:v1.34.0" failed with error: exit status 1\n\nCommand Output: Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    );
    process.exit(1);
  }
  // Half a line, and no end of it.
  if (trouble.how === 'killed') {
    say(' • Preparing no');
    process.kill(process.pid, 'SIGKILL');
  }
  say(
    ' ✓ Ensuring node image (kindest/node:v1.34.0) 🖼\n\u001b[?25l\r\u001b[K ⠈⠁ Starting control-plane 🕹️\r\u001b[K ✓ Starting control-plane 🕹️\n',
  );
  process.stdout.write(`Set kubectl context to "kind-${name}"\n`);
}

appendFileSync(file('asked.jsonl'), `${JSON.stringify(argv)}\n`);
if (trouble.how === 'deaf') process.on('SIGINT', () => {});
const [verb, what] = argv;
if (trouble.how === 'no-daemon' && verb !== 'version') {
  say(
    'ERROR: failed to list clusters: command "docker ps -a --filter label=io.x-k8s.kind.cluster" failed with error: exit status 1\n\nCommand Output: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
  );
  process.exit(1);
}
if (verb === 'version') process.stdout.write('0.30.0\n');
else if (verb === 'get' && what === 'clusters') {
  if (clusters().length === 0) say('No kind clusters found.\n');
  for (const name of clusters()) process.stdout.write(`${name}\n`);
} else if (verb === 'create') await create(option('--name'));
else if (verb === 'delete') {
  const name = option('--name');
  say(`Deleting cluster "${name}" ...\n`);
  if (trouble.how === 'undeletable') {
    say(
      'ERROR: failed to delete cluster "x": failed to delete nodes: command "docker rm -f -v x" failed with error: exit status 1\n',
    );
    process.exit(1);
  }
  keep(clusters().filter((one) => one !== name));
  say(`Deleted nodes: ["${name}-control-plane"]\n`);
} else {
  say(`ERROR: unknown command "${verb}" for "kind"\n`);
  process.exit(1);
}
