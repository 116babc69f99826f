import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type RenderedText, renderText } from '../testing/rendered-text.ts';
import { BadInputError } from './bad-input-error.ts';
import { readInput } from './read-input.ts';
import type { RenderOptions } from './render.ts';

const folder = mkdtempSync(join(tmpdir(), 'kpl-render-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `input-${files}`);
  writeFileSync(path, content);
  return path;
}

const CLUSTER = `apiVersion: v1
kind: Service
metadata: {name: mysql-service}
spec: {type: NodePort, clusterIP: 10.254.162.44, ports: [{port: 3306, nodePort: 30964}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: mysql-a, labels: {kubernetes.io/service-name: mysql-service}}
addressType: IPv4
ports: [{port: 3306}]
endpoints: [{addresses: [192.168.125.129], nodeName: lab-node}]
---
apiVersion: v1
kind: Node
metadata: {name: lab-node}
status: {addresses: [{type: InternalIP, address: 10.0.0.5}]}
`;

const CONFIG = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function renderCluster(options: Partial<RenderOptions> = {}, cluster = CLUSTER): RenderedText {
  return renderText({ files: [file(cluster)], ...options });
}

function failure(options: Partial<RenderOptions>, cluster = CLUSTER): string {
  try {
    renderCluster(options, cluster);
  } catch (error) {
    if (error instanceof BadInputError) return error.message;
    throw error;
  }
  throw new Error('expected a failure');
}

test('objects become rules for iptables-restore', () => {
  const { text, warnings } = renderCluster();
  expect(text).toMatch(/^\*mangle\n/);
  expect(text).toContain('-j DNAT --to-destination 192.168.125.129:3306\n');
  expect(text).toMatch(/\nCOMMIT\n$/);
  expect(warnings).toEqual([]);
});

test('several files are one cluster', () => {
  const [service = '', ...rest] = CLUSTER.split('---\n');
  const { text } = renderText({ files: [file(service), file(rest.join('---\n'))] });
  expect(text).toContain('192.168.125.129:3306');
});

test('JSON says the same as YAML', () => {
  const items = CLUSTER.split('---\n').map((document) => execJson(document));
  expect(renderCluster({}, JSON.stringify({ apiVersion: 'v1', kind: 'List', items })).text).toBe(
    renderCluster().text,
  );
}, 30_000);

function execJson(yaml: string): unknown {
  const script =
    "const yaml = require('yaml'); console.log(JSON.stringify(yaml.parse(require('fs').readFileSync(0, 'utf8'))))";
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { input: yaml, encoding: 'utf8' }));
}

test('the options override the configuration', () => {
  const config = file(`${CONFIG}mode: nftables\n`);
  expect(renderCluster({ config, mode: 'iptables' }).text).toMatch(/^\*mangle/);
  expect(renderCluster({ dialect: 'classic' }).text).toContain('"default/mysql-service: cluster IP"');
  expect(renderCluster({ family: 'IPv6' }).text).not.toContain('10.254.162.44');
});

describe('the node', () => {
  const LOCAL = CLUSTER.replace('type: NodePort,', 'type: NodePort, externalTrafficPolicy: Local,');
  const hasLocalEndpoint = (text: string): boolean => text.includes(':KUBE-SVL-');
  test('is the one that hostnameOverride names', () => {
    const config = (name: string): string => file(`${CONFIG}hostnameOverride: ${name}\n`);
    expect(hasLocalEndpoint(renderCluster({ config: config('lab-node') }, LOCAL).text)).toBe(true);
    expect(hasLocalEndpoint(renderCluster({ config: config('other') }, LOCAL).text)).toBe(false);
  });
  test('is the only one there is, where nothing names it', () => {
    expect(hasLocalEndpoint(renderCluster({}, LOCAL).text)).toBe(true);
  });
  test('has the given addresses too', () => {
    const config = file(`${CONFIG}nodePortAddresses: [10.0.0.0/8]\n`);
    const { text } = renderCluster({ config, nodeAddresses: ['10.244.0.1'] });
    expect(text.match(/-d \S+ (?=.*NOTE)/g)).toEqual(['-d 10.0.0.5/32 ', '-d 10.244.0.1/32 ']);
  });
});

test('what is left out or passed over is said', () => {
  const config = file(`${CONFIG}iptables: {masqueradeBits: 3}\n`);
  const cluster = CLUSTER.replace(
    'type: NodePort,',
    'type: NodePort, externalIPs: ["fd00::1"], colour: red,',
  );
  const { warnings } = renderCluster({ config, dialect: 'classic' }, cluster);
  expect(warnings.map((warning) => warning.replace(folder, ''))).toEqual([
    expect.stringMatching(/line 3, column 12: iptables.masqueradeBits: unknown field$/),
    expect.stringMatching(/document 1: Service "mysql-service": unknown field "spec.colour"$/),
    'Service default/mysql-service spec.externalIPs[0]: is IPv6, and the Service has no IPv6 cluster IP',
  ]);
});

describe('bad input ends in one message', () => {
  test.each<[string, () => string, RegExp]>([
    ['no such file', () => failure({ files: [join(folder, 'none')] }), /none: no such file$/],
    ['a directory', () => failure({ files: [folder] }), /is a directory; name the files in it$/],
    ['no UTF-8', () => failure({ files: [file(Uint8Array.of(0xff, 0x41))] }), /is not text in UTF-8$/],
    [
      'UTF-16',
      () => failure({ files: [file(Uint8Array.of(0xff, 0xfe, 0x41, 0))] }),
      /is text in UTF-16; save it as UTF-8$/,
    ],
    ['zeros without end', () => failure({ files: ['/dev/zero'] }), /is not text: it holds zero bytes$/],
    [
      'aliases that multiply',
      () =>
        failure(
          {},
          `a: &a [x, x, x]\n${[...'bcdefghij'].map((to, at) => `${to}: &${to} [${'*x,'.repeat(9).replaceAll('x', 'abcdefghij'[at] ?? '')}]\n`).join('')}`,
        ),
      /Excessive alias count/,
    ],
    [
      'an alias of itself',
      () => failure({}, 'kind: &a [*a]\n'),
      /an alias stands inside the node that it names/,
    ],
    ['blocks nested deeply', () => failure({}, `${'- '.repeat(5000)}x\n`), /is nested too deeply$/],
    ['lists nested deeply', () => failure({}, '['.repeat(5000)), /is nested too deeply$/],
    [
      'more fields than the parser can compare',
      () => failure({}, `kind: x\n${Array.from({ length: 20_000 }, (_, at) => `k${at}: v\n`).join('')}`),
      /has 20001 fields in one mapping$/,
    ],
    [
      'binary',
      () => failure({ files: [file(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0))] }),
      /is not text: it holds zero bytes$/,
    ],
    [
      'an invalid Service',
      () => failure({}, CLUSTER.replace('port: 3306, n', 'port: 0, n')),
      /Service "mysql-service" is invalid: spec.ports\[0\].port: Invalid value: 0/,
    ],
    [
      'an invalid configuration',
      () => failure({ config: file(`${CONFIG}mode: x\n`) }),
      /mode: Invalid value: "x"/,
    ],
    [
      'a configuration of a megabyte',
      () => failure({ config: file('"'.repeat(1 << 20)) }),
      /is larger than 64 KiB; no KubeProxyConfiguration is$/,
    ],
    [
      'an unknown field, strictly',
      () => failure({ config: file(`${CONFIG}x: 1\n`), strictConfig: true }),
      /line 3, column 1: x: unknown field$/,
    ],
    [
      'a mode that is not spoken',
      () => failure({ config: file(`${CONFIG}mode: ipvs\n`) }),
      /choose userspace, iptables or nftables/,
    ],
    [
      'an address that is none',
      () => failure({ nodeAddresses: ['10.0.0'] }),
      /--node-address 10.0.0: is no IP address/,
    ],
  ])('%s', (_name, message, expected) => {
    expect(message()).toMatch(expected);
  });

  test('many problems are counted, not all told', () => {
    const documents = Array.from(
      { length: 30 },
      (_, n) => `apiVersion: v1\nkind: Service\nmetadata: {name: s${n}}\n`,
    );
    expect(failure({}, documents.join('---\n')).split('\n').at(-1)).toBe('… and 10 more');
  });

  test('a file of a gigabyte is refused at once', () => {
    const path = file('');
    truncateSync(path, 2 ** 30);
    expect(failure({ files: [path] })).toMatch(/is larger than \d+ MiB; split it/);
  });
});

describe('standard input', () => {
  const script = `import('${join(import.meta.dirname, 'read-input.ts')}').then(({ readInput }) => {
    try { console.log(readInput('-').length); } catch (error) { console.log(error.message); }
  });`;
  const read = (input: string | Uint8Array): string =>
    spawnSync(process.execPath, ['-e', script], { input, encoding: 'utf8' }).stdout.trim();
  test('is read to its end', () => {
    expect(read('x'.repeat(3_000_000))).toBe('3000000');
    expect(read('')).toBe('0');
  });
  test('has a name in messages', () => {
    expect(read(Uint8Array.of(0xff))).toBe('standard input: is not text in UTF-8');
  });
});

describe('a pipe without end is given up', () => {
  test.each([
    [
      'of nothing that is expected',
      'y',
      '{ word: "kind", otherwise: "is no manifest" }',
      /fifo0: is no manifest$/,
    ],
    ['of what is expected', 'kind', '{ word: "kind", otherwise: "is no manifest" }', /fifo1: is larger than/],
    ['of which nothing is expected', 'y', 'undefined', /fifo2: is larger than/],
  ])(
    '%s',
    (_name, line, expected, message) => {
      const fifo = join(folder, `fifo${pipes++}`);
      execFileSync('mkfifo', [fifo]);
      const script = `import('${join(import.meta.dirname, 'read-input.ts')}').then(({ readInput, OF_A_CLUSTER }) => {
      try { readInput('${fifo}', { ...OF_A_CLUSTER, expected: ${expected} }); } catch (error) { console.log(error.message); }
    });`;
      const reader = spawnSync(
        'sh',
        ['-c', `(timeout 20 yes ${line} > ${fifo}) & exec ${process.execPath} -e "$0"`, script],
        { encoding: 'utf8' },
      );
      expect(reader.stdout.trim()).toMatch(message);
    },
    30_000,
  );
});

let pipes = 0;

test('a file with a byte order mark is read without it', () => {
  expect(readInput(file('\uFEFFkind: x'))).toBe('kind: x');
});
