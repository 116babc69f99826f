import { describe, expect, test } from 'vitest';
import type { IPFamily } from '../kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { randomCluster } from '../proxy/random-cluster.ts';
import { exportText } from './export-text.ts';
import { rulesetDocumentSchema, rulesetJsonSchema } from './ruleset-schema.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

const MODES: [mode: ProxyMode, dialect: Dialect][] = [
  ['iptables', 'current'],
  ['iptables', 'classic'],
  ['userspace', 'current'],
  ['nftables', 'current'],
];

describe.each(MODES)('%s, %s dialect', (mode, dialect) => {
  test('the document has the published shape, and nothing besides', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const cluster = randomCluster(seed);
      const rulesets = FAMILIES.map((family) => buildRuleset(mode, dialect, proxierState(cluster, family)));
      const { text } = exportText({
        format: 'json',
        mode,
        dialect,
        rulesets,
        services: cluster.services,
        nodeName: cluster.node.name,
      });
      const document: unknown = JSON.parse(text);
      expect(rulesetDocumentSchema.parse(document)).toEqual(document);
    }
  });
});

test('the published schema is the one that the document is made by', async () => {
  const text = `${JSON.stringify(rulesetJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../resources/schemas/ruleset.schema.json');
});
