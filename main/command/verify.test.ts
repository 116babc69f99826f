import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { renderText } from '../testing/rendered-text.ts';
import { BadInputError } from './bad-input-error.ts';
import { type ToldFinding, verify } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'kpl-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string): string {
  files += 1;
  const path = join(folder, `input-${files}`);
  writeFileSync(path, content);
  return path;
}

function cluster(endpoints: readonly string[]): string {
  return file(`apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, clusterIP: 10.254.0.10, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: idle}
spec: {clusterIP: 10.254.0.11, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-a, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [${endpoints.map((address) => `{addresses: [${address}], nodeName: lab-node}`).join(', ')}]
---
apiVersion: v1
kind: Node
metadata: {name: lab-node}
status: {addresses: [{type: InternalIP, address: 10.0.0.5}]}
`);
}

const OBJECTS = cluster(['10.244.0.1', '10.244.0.2']);

/** What a node holds that has those endpoints. */
function saved(mode: ProxyMode, endpoints = ['10.244.0.1', '10.244.0.2']): string {
  const format = mode === 'nftables' ? 'nft' : 'save';
  if (format === 'save') {
    return renderText({ files: [cluster(endpoints)], mode, format, family: 'IPv4' }).text;
  }
  return asListed(renderText({ files: [cluster(endpoints)], mode, format, family: 'IPv4' }).text);
}

/** `add rule T C …` lines as `nft list ruleset` shows them. */
function asListed(transaction: string): string {
  const blocks = new Map<string, string[]>();
  for (const line of transaction.split('\n')) {
    const [, kind, name, rest] = /^add (chain|set|map) ip kube-proxy (\S+)(?: \{ (.*) \})?$/.exec(line) ?? [];
    if (kind !== undefined) {
      const properties = (rest ?? '').split(/ ; ?/).filter((part) => part.trim() !== '');
      const isBase = kind === 'chain' && properties[0]?.startsWith('type');
      blocks.set(
        `${kind} ${name}`,
        isBase ? [`${properties.slice(0, 2).join('; ')};`, ...properties.slice(2)] : properties,
      );
    }
    const [, chain = '', rule] = /^add rule ip kube-proxy (\S+) (.*)$/.exec(line) ?? [];
    if (rule !== undefined) blocks.get(`chain ${chain}`)?.push(rule);
    const [, set = '', element] = /^add element ip kube-proxy (\S+) \{ (.*) \}$/.exec(line) ?? [];
    if (element !== undefined) {
      (blocks.get(`map ${set}`) ?? blocks.get(`set ${set}`))?.push(`elements = { ${element} }`);
    }
  }
  const text = [...blocks].map(([head, lines]) => {
    const elements = lines.flatMap((line) => /^elements = \{ (.*) \}$/.exec(line)?.[1] ?? []);
    const others = lines.filter((line) => !line.startsWith('elements'));
    const all = elements.length > 0 ? [...others, `elements = { ${elements.join(', ')} }`] : others;
    return `\t${head} {\n${all.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
  });
  return `table ip kube-proxy {\n${text.join('\n')}}\n`;
}

function findings(save: string, mode?: ProxyMode): ToldFinding[] {
  const { text } = verify({ save: file(save), files: [OBJECTS], json: true, ...(mode ? { mode } : {}) });
  return (JSON.parse(text) as { findings: ToldFinding[] }).findings;
}

function words(save: string): string[] {
  return findings(save).map(({ service, words: said }) => `${service ?? '-'}: ${said}`);
}

describe.each<ProxyMode>(['iptables', 'userspace', 'nftables'])('%s mode', (mode) => {
  test('the rules that should be there are the same, and tell their mode', () => {
    const { same, text } = verify({ save: file(saved(mode)), files: [OBJECTS] });
    expect(text).toMatch(new RegExp(`^as it should be: all \\d+ rules of ${mode} mode on lab-node`));
    expect(same).toBe(true);
  });

  test('a Service that the node knows nothing of is missing', () => {
    const text = saved(mode)
      .split('\n')
      .filter((line) => !line.includes('10.254.0.11'))
      .join('\n');
    expect(
      findings(mode === 'nftables' ? saved(mode).replaceAll('10.254.0.11', '10.254.9.9') : text),
    ).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'missing', service: 'default/idle' })]),
    );
  });
});

describe.each<ProxyMode>(['iptables', 'nftables'])('endpoints in %s mode', (mode) => {
  test('one that has gone is stale, a new one is missing, and nothing else is said', () => {
    const save = saved(mode, ['10.244.0.1', '10.244.0.7']);
    expect(words(save).filter((line) => line.includes('endpoint'))).toEqual([
      'default/web: stale endpoint 10.244.0.7:8080',
      'default/web: missing endpoint 10.244.0.2:8080',
    ]);
  });

  test('a wanted rule says which object and field want it', () => {
    const [rule] = findings(saved(mode, ['10.244.0.1']))
      .flatMap(({ rules }) => rules)
      .filter(({ side }) => side === 'wanted');
    expect(rule?.because).toMatch(/^EndpointSlice default\/web-a endpoints/);
  });
});

test('other shares follow from an endpoint that comes or goes, and are not told', () => {
  expect(words(saved('iptables', ['10.244.0.1']))).toEqual(['default/web: missing endpoint 10.244.0.2:8080']);
});

const IPTABLES = saved('iptables');

describe('what was done by hand', () => {
  test.each<[string, string, string[]]>([
    [
      'a rule with another target',
      IPTABLES.replace(/(-A KUBE-NODEPORTS -p tcp .*--dport 30080) -j KUBE-EXT-\S+/, '$1 -j ACCEPT'),
      ['default/web: rule in KUBE-NODEPORTS changed by hand'],
    ],
    [
      'a rule of somebody else in a chain of ours',
      IPTABLES.replace(/^-A KUBE-MARK-MASQ/m, '-A KUBE-MARK-MASQ -s 9.9.9.9/32 -j RETURN\n$&'),
      ['-: foreign rule in KUBE-MARK-MASQ'],
    ],
    [
      'a jump that was deleted',
      IPTABLES.replace(/^-A OUTPUT .*-j KUBE-SERVICES\n(?=-A POST)/m, ''),
      ['-: missing rule in OUTPUT to KUBE-SERVICES'],
    ],
  ])('%s', (_name, save, expected) => {
    expect(save).not.toBe(IPTABLES);
    expect(words(save)).toEqual(expected);
  });
});

test.each<[string, string]>([
  ['counters', IPTABLES.replaceAll('[0:0]', '[12:3456]').replaceAll(/^-A/gm, '[7:89] -A')],
  [
    'foreign chains and rules, and the kubelet',
    IPTABLES.replaceAll(
      /^\*nat$/gm,
      '*nat\n:MINE - [0:0]\n-A MINE -j RETURN\n:KUBE-KUBELET-CANARY - [0:0]',
    ).replace(/^-A PREROUTING/m, '-A PREROUTING -j MINE\n$&'),
  ],
  [
    'the order of chains that all Services share',
    IPTABLES.replace(/^(-A KUBE-SERVICES -d 10.254.0.10.*\n)(-A KUBE-SERVICES -d .*\n)/m, '$2$1'),
  ],
  [
    'a kernel without named counters',
    renderText({ files: [OBJECTS], format: 'save' })
      .text.replaceAll(/^.*localhost_nps.*\n/gm, '')
      .replaceAll(/ -m nfacct \S+ {2}\S+/g, ''),
  ],
])('%s do not matter', (_name, save) => {
  expect(words(save)).toEqual([]);
});

test('both families in one file are both compared', () => {
  const text = (family: 'IPv4' | 'IPv6'): string =>
    `# Generated by ${family === 'IPv4' ? 'iptables' : 'ip6tables'}-save v1.8.9 (nf_tables)\n${
      renderText({ files: [OBJECTS], format: 'save', family }).text
    }`;
  const both = text('IPv4') + text('IPv6').replace(/^-A KUBE-MARK-MASQ.*\n/m, '');
  expect(findings(both)).toMatchObject([{ family: 'IPv6', words: 'missing rule in KUBE-MARK-MASQ' }]);
});

test.each<[string, string, RegExp]>([
  ['text that is no rules', 'hello\n', /line 1: .*expected is what iptables-save/],
  ['JSON that is not of nft', '{"a": 1}', /expected is what iptables-save/],
])('%s is refused', (_name, save, expected) => {
  expect(() => findings(save)).toThrow(BadInputError);
  expect(() => findings(save)).toThrow(expected);
});

test('a node without any rules lacks them all', () => {
  expect(words('')).toEqual(expect.arrayContaining(['-: missing chain KUBE-SERVICES']));
});
