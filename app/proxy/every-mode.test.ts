/** What holds for the rules of every mode and dialect, asked of clusters made at random. */
import { describe, expect, test } from 'vitest';
import type { EndpointSlice, IPFamily, KubernetesObject } from '../kubernetes/objects.ts';
import { printRuleBody } from '../ruleset/iptables-print.ts';
import type { IptablesRuleset } from '../ruleset/model.ts';
import { isSharedChain } from '../ruleset/ownership.ts';
import { buildRuleset, type Dialect } from './build-ruleset.ts';
import type { ProxyMode } from './configuration.ts';
import { type ClusterSnapshot, proxierState } from './proxier-state.ts';
import { randomCluster } from './random-cluster.ts';

const MODES: [mode: ProxyMode, dialect: Dialect][] = [
  ['iptables', 'current'],
  ['iptables', 'classic'],
  ['userspace', 'current'],
  ['userspace', 'classic'],
];
const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

function build(
  mode: ProxyMode,
  dialect: Dialect,
  { cluster, family }: { cluster: ClusterSnapshot; family: IPFamily },
): IptablesRuleset {
  const ruleset = buildRuleset(mode, dialect, proxierState(cluster, family));
  if (ruleset.kind !== 'iptables') throw new Error('expected an iptables ruleset');
  return ruleset;
}

/** Chains' rules as text, by table and chain. */
function chains(ruleset: IptablesRuleset): Map<string, string[]> {
  return new Map(
    ruleset.tables.flatMap((table) =>
      table.chains.map((chain) => [`${table.name} ${chain.name}`, chain.rules.map(printRuleBody)]),
    ),
  );
}

describe.each(MODES)('mode %s, dialect %s', (mode, dialect) => {
  test('the same objects in another order make the same rules', () => {
    for (const seed of SEEDS) {
      const cluster = randomCluster(seed);
      const turned = {
        ...cluster,
        services: cluster.services.toReversed(),
        slices: cluster.slices.toReversed(),
      };
      for (const family of FAMILIES) {
        expect(build(mode, dialect, { cluster: turned, family }), `seed ${seed}`).toEqual(
          build(mode, dialect, { cluster, family }),
        );
      }
    }
  });

  test('a change of one endpoint changes nothing but chains of its Service, and shared ones by its rules', () => {
    for (const seed of SEEDS) {
      const cluster = randomCluster(seed);
      const [first, ...rest] = cluster.slices;
      if (first === undefined) continue;
      const service = `${first.metadata?.namespace}/${first.metadata?.labels?.['kubernetes.io/service-name']}`;
      const changed = {
        ...cluster,
        slices: [{ ...first, endpoints: (first.endpoints ?? []).slice(1) }, ...rest],
      };
      for (const family of FAMILIES) {
        const before = chains(build(mode, dialect, { cluster, family }));
        const after = chains(build(mode, dialect, { cluster: changed, family }));
        for (const key of new Set([...before.keys(), ...after.keys()])) {
          const [old = [], now = []] = [before.get(key), after.get(key)];
          if (JSON.stringify(old) === JSON.stringify(now)) continue;
          const differing = isSharedChain(key.split(' ')[1] ?? '')
            ? symmetricDifference(old, now)
            : [...old, ...now];
          for (const rule of differing)
            expect(isAbout(rule, service), `seed ${seed}, ${key}: ${rule}`).toBe(true);
        }
      }
    }
  });

  test('every rule names an existing object and field, and its Service', () => {
    for (const seed of SEEDS) {
      const cluster = randomCluster(seed);
      for (const family of FAMILIES) {
        for (const { chains: all } of build(mode, dialect, { cluster, family }).tables) {
          for (const { origin, service } of all.flatMap(({ rules }) => rules)) {
            if (origin.kind !== 'Service' && origin.kind !== 'EndpointSlice') continue;
            const objects: readonly KubernetesObject[] =
              origin.kind === 'Service' ? cluster.services : cluster.slices;
            const object = objects.find(
              ({ metadata }) => metadata?.name === origin.name && metadata.namespace === origin.namespace,
            );
            expect(fieldOf(object, origin.field), `seed ${seed}: ${JSON.stringify(origin)}`).toBeDefined();
            expect(service?.namespace).toBe(origin.namespace);
            if (origin.kind === 'Service') expect(service?.name).toBe(origin.name);
            else
              expect(service?.name).toBe(
                (object as EndpointSlice).metadata?.labels?.['kubernetes.io/service-name'],
              );
          }
        }
      }
    }
  });
});

function symmetricDifference(a: string[], b: string[]): string[] {
  return [...a.filter((rule) => !b.includes(rule)), ...b.filter((rule) => !a.includes(rule))];
}

/** Rules in a port's own chains without a comment jump on to chains of the same port. */
function isAbout(rule: string, service: string): boolean {
  return (
    rule.includes(`${service}:`) ||
    new RegExp(`${service}["' ]`).test(rule) ||
    /^-j KUBE-S(?:VC|VL)-/.test(rule)
  );
}

/** The value at a path like `spec.ports[0].nodePort`. */
function fieldOf(object: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], object);
}
