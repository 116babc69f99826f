/**
 * Measures what the project promises to be fast, beside what its peers were measured to need.
 *
 *   npm run bench [-- --rounds N --all]
 *
 * Starts the built command as a user would, its process included; prints medians. With `--all` the other
 * benchmarks (scripts/bench-*.ts) run after it, those whose tools are there. Times drift from machine to machine,
 * and with what else runs: compare figures of one run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const root = join(import.meta.dirname, '..');
const command = join(root, 'bin', 'kube-proxy-lab');
const folder = mkdtempSync(join(tmpdir(), 'bench-render-'));
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, all: { type: 'boolean', default: false } },
});

const SERVICES = 10_000;

/** kube-proxy 1.36, measured on 2 cores: seconds of the first full sync of so many Services with 2 endpoints each. */
const KUBE_PROXY_FIRST_SYNC: readonly [services: number, iptables: string, limit: string][] = [
  [1000, '0.44 s', '0.16 s'],
  [5000, '11.0 s', '1.0 s'],
  [10_000, '75 s', '2.6 s'],
];

interface Figures {
  seconds: number;
  megabytes: number;
}

/** One Service port and two endpoints each, as an API server hands them out. */
function cluster(services: number): object[] {
  const objects: object[] = [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'lab-node' },
      status: { addresses: [{ type: 'InternalIP', address: '10.0.0.5' }] },
    },
  ];
  const address = (net: string, index: number): string =>
    `${net}.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  for (let index = 0; index < services; index++) {
    const [name, clusterIP] = [`service-${index}`, address('10.254', index)];
    objects.push(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: {
          type: 'ClusterIP',
          clusterIP,
          clusterIPs: [clusterIP],
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
          selector: { app: name },
          sessionAffinity: 'None',
        },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-a`,
          namespace: 'default',
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [0, 1].map((endpoint) => ({
          addresses: [address('10.244', 2 * index + endpoint)],
          nodeName: 'lab-node',
          conditions: { ready: true, serving: true, terminating: false },
        })),
      },
    );
  }
  return objects;
}

/** The median of several runs, by wall clock; memory is the largest resident set. */
function measure(program: string, args: readonly string[], { endsWith = 0 } = {}): Figures {
  const report = join(folder, 'time');
  const runs = Array.from({ length: Number(options.rounds) }, (): Figures => {
    const argv = ['-f', '%e %M', '-o', report, program, ...args];
    const { status, stderr, error } = spawnSync('/usr/bin/time', argv, {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (error) throw new Error(`needs /usr/bin/time (Debian: time): ${error.message}`);
    if (status !== endsWith) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    // Of a command that ends with another code, time says so first.
    const last = readFileSync(report, 'utf8').trim().split('\n').at(-1) ?? '';
    const [seconds = 0, kilobytes = 0] = last.split(' ').map(Number);
    return { seconds, megabytes: kilobytes / 1024 };
  });
  runs.sort((a, b) => a.seconds - b.seconds);
  return runs[Math.floor(runs.length / 2)] ?? { seconds: 0, megabytes: 0 };
}

function row(name: string, { seconds, megabytes }: Figures, aim: string): string {
  return [
    name.padEnd(44),
    `${seconds.toFixed(2)} s`.padStart(8),
    `${megabytes.toFixed(0)} MB`.padStart(8),
    aim,
  ].join('  ');
}

function benchRender(): void {
  const objects = cluster(SERVICES);
  const json = join(folder, 'objects.json');
  const yaml = join(folder, 'objects.yaml');
  writeFileSync(json, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  writeFileSync(yaml, objects.map((object) => stringify(object)).join('---\n'));
  console.log(`render of ${SERVICES} Services with 2 endpoints each, process start included`);
  for (const mode of ['iptables', 'userspace', 'nftables']) {
    const figures = measure(command, ['render', '-f', json, '--mode', mode, '--family', 'ipv4']);
    console.log(row(`from JSON, ${mode} mode`, figures, 'aim: 1 s, 400 MB'));
  }
  const parser = `
    const { readFileSync } = require('node:fs');
    const { parseAllDocuments } = require('yaml');
    for (const document of parseAllDocuments(readFileSync(${JSON.stringify(yaml)}, 'utf8'))) document.toJS();`;
  const alone = measure(process.execPath, ['-e', parser]);
  const rendered = measure(command, ['render', '-f', yaml, '--family', 'ipv4']);
  const share = (rendered.seconds / alone.seconds).toFixed(2);
  console.log(row('YAML parser alone', alone, ''));
  console.log(row('from YAML, iptables mode', rendered, `${share} times the parser; aim: 1.5`));
}

const MEGABYTE = 1 << 20;

/** What is no manifest. */
const BAD_FILES: readonly [name: string, content: string][] = [
  ['a megabyte of quotes', '"'.repeat(MEGABYTE)],
  ['a megabyte of brackets', '['.repeat(MEGABYTE)],
  ['a megabyte of braces', '{'.repeat(MEGABYTE)],
  ['100,000 empty documents', '---\n'.repeat(100_000)],
  ['JSON nested 100,000 deep', `{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  [
    'aliases of aliases',
    `a0: &a0 x\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]\n`).join('')}`,
  ],
];

/** Shell commands that print without end. */
const ENDLESS: readonly [name: string, command: string][] = [
  ['yes without end', 'yes'],
  ['prose without end', "yes 'lorem ipsum dolor sit amet'"],
  ['random bytes without end', 'cat /dev/urandom'],
];

function benchBadInput(): void {
  const refused = (name: string, program: string, args: readonly string[]): void =>
    console.log(row(name, measure(program, args, { endsWith: 2 }), 'refused; aim: 1 s'));
  console.log('\nrender of what is no manifest');
  const file = join(folder, 'bad');
  writeFileSync(file, '');
  truncateSync(file, 1024 * MEGABYTE);
  refused('a gigabyte', command, ['render', '-f', file]);
  for (const [name, content] of BAD_FILES) {
    writeFileSync(file, content);
    refused(name, command, ['render', '-f', file]);
  }
  for (const [name, endless] of ENDLESS) {
    refused(name, 'sh', ['-c', `${endless} 2> /dev/null | "$0" render -f -`, command]);
  }
}

function printPeers(): void {
  console.log(
    '\nkube-proxy 1.36, measured: first full sync in iptables mode; what iptables-restore alone needs',
  );
  for (const [services, sync, limit] of KUBE_PROXY_FIRST_SYNC) {
    console.log(`${`${services} Services`.padEnd(44)}  ${sync.padStart(8)}  ${limit.padStart(8)}`);
  }
}

/** Each says by its exit code, or in its own words, what it lacks. */
function benchOthers(): void {
  const others = readdirSync(import.meta.dirname).filter(
    (name) => /^bench-.+\.ts$/.test(name) && !name.endsWith('-endpoint.ts'),
  );
  for (const name of others) {
    console.log(`\n${name}`);
    const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name)], { stdio: 'inherit' });
    if (status !== 0) console.log(`${name} did not end well (exit code ${status})`);
  }
}

try {
  benchRender();
  printPeers();
  benchBadInput();
  if (options.all) benchOthers();
} finally {
  rmSync(folder, { recursive: true });
}
