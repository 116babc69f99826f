/** Each rule's origin names an object and a field that are there: in recorded clusters, and in made-up ones. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readManifest } from '../../app/kubernetes/manifest.ts';
import type { KubernetesObject } from '../../app/kubernetes/objects.ts';
import { buildRuleset } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { randomCluster } from '../../app/proxy/random-cluster.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { formatOrigin, type Origin } from '../../app/ruleset/origin.ts';
import { renderText } from '../testing/rendered-text.ts';
import { readInput } from './read-input.ts';

const MODES: ProxyMode[] = ['iptables', 'userspace', 'nftables'];

/** What real kube-proxies were recorded with, where this checkout stands beside it. */
const RECORDED = join(import.meta.dirname, '../../../shared/golden');
const cases = existsSync(RECORDED)
  ? readdirSync(RECORDED).filter((name) => existsSync(join(RECORDED, name, 'objects.yaml')))
  : [];

interface Documented {
  readonly rulesets: readonly Ruleset[];
}

function origins({ rulesets }: Documented): Origin[] {
  return rulesets.flatMap((ruleset) =>
    ruleset.kind === 'iptables'
      ? ruleset.tables.flatMap(({ chains }) =>
          chains.flatMap(({ rules }) => rules.map(({ origin }) => origin)),
        )
      : ruleset.tables.flatMap(({ chains, sets, maps }) => [
          ...chains.flatMap(({ rules }) => rules.map(({ origin }) => origin)),
          ...[...sets, ...maps].flatMap(({ elements }) => elements.map(({ origin }) => origin)),
        ]),
  );
}

/** Origins that lead nowhere, as text. */
function astray(
  document: Documented,
  objects: readonly KubernetesObject[],
  hasSetting: (field: string) => boolean,
): string[] {
  const leadsNowhere = (origin: Origin): boolean => {
    if (origin.kind === 'kube-proxy') return false;
    if (origin.kind === 'unknown') return true;
    if (origin.kind === 'KubeProxyConfiguration') return !hasSetting(origin.field);
    const object = objects.find(
      ({ kind, metadata }) =>
        kind === origin.kind &&
        metadata?.name === origin.name &&
        (origin.namespace === undefined || (metadata.namespace ?? 'default') === origin.namespace),
    );
    return object === undefined || at(object, origin.field) === undefined;
  };
  return [...new Set(origins(document).filter(leadsNowhere).map(formatOrigin))];
}

/** The value at `spec.ports[0].nodePort`. */
function at(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}

describe.each(MODES)('%s mode', (mode) => {
  test.each(cases)('%s', (name) => {
    const folder = join(RECORDED, name);
    const files = [join(folder, 'objects.yaml')];
    const config = join(folder, 'kube-proxy.yaml');
    const { text } = renderText({ files, config, mode, format: 'json' });
    const document = JSON.parse(text) as Documented;
    const objects = readManifest(readInput(files[0] ?? ''), name).map(({ object }) => object);
    const settings: unknown = parse(readInput(config));
    expect(origins(document).length).toBeGreaterThan(0);
    expect(astray(document, objects, (field) => at(settings, field) !== undefined)).toEqual([]);
  });

  test('clusters made at random', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const cluster = randomCluster(seed);
      const rulesets = (['IPv4', 'IPv6'] as const).map((family) =>
        buildRuleset(mode, 'current', proxierState(cluster, family)),
      );
      const objects = [
        ...cluster.services.map((service) => ({ ...service, kind: 'Service' })),
        ...cluster.slices.map((slice) => ({ ...slice, kind: 'EndpointSlice' })),
      ];
      const lost = astray({ rulesets }, objects, () => true);
      expect(lost.filter((origin) => !/^(Node|ServiceCIDR) /.test(origin))).toEqual([]);
    }
  });
});
