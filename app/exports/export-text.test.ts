import { describe, expect, test } from 'vitest';
import type { ExportFormat } from '../contract/exports.ts';
import { exportFormats } from '../contract/exports.ts';
import type { IPFamily, Service } from '../kubernetes/objects.ts';
import { buildRuleset } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { randomCluster } from '../proxy/random-cluster.ts';
import type { IptablesRuleset } from '../ruleset/model.ts';
import { FRAME } from '../ruleset/origin.ts';
import { ExportError } from './export-error.ts';
import { type ExportRequest, exportText } from './export-text.ts';
import { exportFormatsOf, formatInfo } from './formats.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const MODES: ProxyMode[] = ['iptables', 'userspace', 'nftables'];

function request(mode: ProxyMode, format: ExportFormat, families = FAMILIES): ExportRequest {
  const cluster = randomCluster(11);
  const rulesets = families.map((family) => buildRuleset(mode, 'current', proxierState(cluster, family)));
  return { format, mode, dialect: 'current', rulesets, services: cluster.services, nodeName: 'lab-node' };
}

describe.each(MODES)('%s mode', (mode) => {
  test('every format of the contract is offered', () => {
    expect(exportFormatsOf(mode).map(({ id }) => id)).toEqual([...exportFormats]);
  });

  test.each(exportFormats)('%s is what it says, and the same each time', (id) => {
    const { available, byFamily, fileName, mediaType } = formatInfo(id, mode);
    const asked = request(mode, id, byFamily ? ['IPv4'] : FAMILIES);
    if (!available) {
      expect(() => exportText(asked)).toThrow(ExportError);
      return;
    }
    const exported = exportText(asked);
    expect(exported).toMatchObject({ fileName, mediaType });
    expect(exported.text).toMatch(/\n$/);
    expect(exportText(asked)).toEqual(exported);
  });

  test('a format of one family takes no two', () => {
    expect(() => exportText(request(mode, 'mermaid'))).toThrow('choose IPv4 or IPv6');
  });

  test('the hand-outs hold every rule with its cause', () => {
    const markdown = exportText(request(mode, 'markdown')).text;
    const rows = markdown.split('\n').filter((line) => line.startsWith('| `IPv'));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      expect(cells).toHaveLength(6);
      expect(cells.every((cell, index) => cell !== '' || index === 0 || index === 5)).toBe(true);
    }
    const html = exportText(request(mode, 'html')).text;
    expect(html.match(/<tr><td>/g)).toHaveLength(rows.length);
    expect(html).not.toMatch(/<(?:script|link|img|iframe)|https?:/);
  });
});

/** Names that no API server takes: they come from nowhere but a mistake, and then must do no harm. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"]; click n0 "javascript:x"',
  "$(id) `id` 'q'\nRULES\nid",
  '| a ``` b',
];

function hostile(format: ExportFormat, name: string): string {
  const service = { namespace: name, name, port: name, protocol: 'TCP' as const };
  const origin = { kind: 'Service' as const, namespace: name, name, field: name };
  const chain = `KUBE-SVC-${'A'.repeat(16)}`;
  const ruleset: IptablesRuleset = {
    kind: 'iptables',
    family: 'IPv4',
    omissions: [],
    tables: [
      {
        name: 'nat',
        chains: [
          {
            name: 'PREROUTING',
            policy: 'ACCEPT',
            rules: [{ matches: [], target: { kind: 'jump', chain }, origin: FRAME }],
          },
          {
            name: chain,
            rules: [
              {
                matches: [
                  { kind: 'comment', text: name },
                  { kind: 'in-interface', name },
                ],
                target: { kind: 'dnat', destination: name },
                origin,
                service,
              },
            ],
          },
        ],
      },
    ],
  };
  const object: Service = { metadata: { namespace: name, name }, spec: { selector: { [name]: name } } };
  return exportText({
    format,
    mode: 'iptables',
    dialect: 'current',
    rulesets: [ruleset],
    services: [object],
    nodeName: name,
  }).text;
}

describe.each(HOSTILE)('the name %j', (name) => {
  test('is text in HTML, SVG and Markdown', () => {
    for (const format of ['html', 'svg'] as const) {
      const text = hostile(format, name);
      expect(text).not.toContain('<script');
      expect(text.match(/<svg|<html/g)).toHaveLength(1);
    }
    const rows = hostile('markdown', name)
      .split('\n')
      .filter((line) => line.startsWith('| `IPv4 nat KUBE-SVC'));
    expect(rows).toHaveLength(1);
  });

  test('is no command in a script', () => {
    const lines = hostile('script', name).split('\n');
    const delimiter = /^ {2}cat <<'(RULES_*)'$/;
    let waitingFor: string | undefined;
    const commands = lines.filter((line) => {
      if (waitingFor === undefined) [, waitingFor] = delimiter.exec(line) ?? [];
      else if (line === waitingFor) waitingFor = undefined;
      else return false;
      return !line.startsWith('#');
    });
    expect(commands.join('\n')).not.toContain(name.split('\n')[0]);
    expect(commands).not.toContain('id');
  });

  test('is a label in Mermaid, which takes letters and codes alone', () => {
    for (const line of hostile('mermaid', name).trim().split('\n')) {
      expect(line).toMatch(
        /^(?:flowchart LR| {2}end| {2}subgraph t\d+ \["[^"]*"\]| {4}n\d+(?:\(\["[^"]*"\]\)|\["[^"]*"\]|\{\{"[^"]*"\}\})| {2}n\d+ -->(?:\|"[^"]*"\|)? n\d+)$/,
      );
    }
  });
});

test('a picture that is too large to look at is refused with what to do', () => {
  const rules = Array.from({ length: 700 }, (_, index) => ({
    matches: [],
    target: { kind: 'dnat' as const, destination: `10.0.0.${index}:1` },
    origin: FRAME,
  }));
  const ruleset: IptablesRuleset = {
    kind: 'iptables',
    family: 'IPv4',
    omissions: [],
    tables: [{ name: 'nat', chains: [{ name: 'PREROUTING', policy: 'ACCEPT', rules }] }],
  };
  const asked = { ...request('iptables', 'svg', ['IPv4']), rulesets: [ruleset] };
  expect(() => exportText(asked)).toThrow('choose fewer Services');
});
