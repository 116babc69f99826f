/** What holds for the rules of every mode and dialect, asked of clusters made at random. */
import { describe, expect, test } from 'vitest';
import type { IPFamily, KubernetesObject } from '../kubernetes/objects.ts';
import { printRuleBody } from '../ruleset/iptables-print.ts';
import type { Ruleset, ServicePortName } from '../ruleset/model.ts';
import { printElement, printRuleText } from '../ruleset/nft-commands.ts';
import type { Origin } from '../ruleset/origin.ts';
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
  ['nftables', 'current'],
];
const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

function build(
  mode: ProxyMode,
  dialect: Dialect,
  { cluster, family }: { cluster: ClusterSnapshot; family: IPFamily },
): Ruleset {
  return buildRuleset(mode, dialect, proxierState(cluster, family));
}

/** A rule, or an element of a set or map, whatever the mode. */
interface Entry {
  readonly text: string;
  readonly origin: Origin;
  readonly service?: ServicePortName;
}

interface Container {
  readonly name: string;
  /** All Services have entries in it, and each only those of its own. */
  readonly isShared: boolean;
  readonly entries: readonly Entry[];
}

/** Chains, sets and maps. */
function containers(ruleset: Ruleset): Container[] {
  if (ruleset.kind === 'iptables') {
    return ruleset.tables.flatMap((table) =>
      table.chains.map(({ name, rules }) => ({
        name: `${table.name} ${name}`,
        isShared: isSharedChain(name),
        entries: rules.map((rule) => ({ ...rule, text: printRuleBody(rule) })),
      })),
    );
  }
  return ruleset.tables.flatMap(({ chains, sets, maps }) => [
    ...chains.map(({ name, rules }) => ({
      name: `chain ${name}`,
      isShared: false,
      entries: rules.map((rule) => ({ ...rule, text: printRuleText(rule) })),
    })),
    ...[...sets, ...maps].map(({ name, elements }) => ({
      name: `set ${name}`,
      isShared: true,
      entries: elements.map((element) => ({ ...element, text: printElement(element) })),
    })),
  ]);
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
        const before = containers(build(mode, dialect, { cluster, family }));
        const after = containers(build(mode, dialect, { cluster: changed, family }));
        for (const name of new Set([...before, ...after].map((container) => container.name))) {
          const [old, now] = [before, after].map((all) => all.find((container) => container.name === name));
          const differing = differences(old, now);
          for (const { text, service: about } of differing) {
            expect(`${about?.namespace}/${about?.name}`, `seed ${seed}, ${name}: ${text}`).toBe(service);
          }
        }
      }
    }
  });

  test('every rule names an existing object and field, and its Service', () => {
    for (const seed of SEEDS) {
      const cluster = randomCluster(seed);
      for (const family of FAMILIES) {
        const all = containers(build(mode, dialect, { cluster, family })).flatMap(({ entries }) => entries);
        for (const { origin, service } of all) {
          if (origin.kind === 'kube-proxy' || origin.kind === 'KubeProxyConfiguration') continue;
          const object = objectOf(cluster, origin);
          // The random cluster's Node object is not part of it.
          if (origin.kind === 'Node') continue;
          expect(
            fieldOf(object, 'field' in origin ? origin.field : ''),
            `seed ${seed}: ${JSON.stringify(origin)}`,
          ).toBeDefined();
          if (origin.kind === 'ServiceCIDR') continue;
          const { namespace, name, labels } = object?.metadata ?? {};
          expect(service?.namespace).toBe(namespace);
          expect(service?.name).toBe(
            origin.kind === 'Service' ? name : labels?.['kubernetes.io/service-name'],
          );
        }
      }
    }
  });
});

/** The entries that one of two containers has and the other has not; all of both where their order counts. */
function differences(old: Container | undefined, now: Container | undefined): Entry[] {
  const [a, b] = [old?.entries ?? [], now?.entries ?? []];
  const texts = (entries: readonly Entry[]): string[] => entries.map(({ text }) => text);
  if (JSON.stringify(texts(a)) === JSON.stringify(texts(b))) return [];
  if (!(old ?? now)?.isShared) return [...a, ...b];
  const without = (entries: readonly Entry[], others: readonly Entry[]): Entry[] => {
    const known = new Set(texts(others));
    return entries.filter(({ text }) => !known.has(text));
  };
  return [...without(a, b), ...without(b, a)];
}

function objectOf(cluster: ClusterSnapshot, origin: Origin): KubernetesObject | undefined {
  const objects: Partial<Record<Origin['kind'], readonly KubernetesObject[]>> = {
    Service: cluster.services,
    EndpointSlice: cluster.slices,
    ServiceCIDR: cluster.serviceCIDRs ?? [],
  };
  if (!('name' in origin)) return undefined;
  return objects[origin.kind]?.find(
    ({ metadata }) => metadata?.name === origin.name && metadata.namespace === origin.namespace,
  );
}

/** The value at a path like `spec.ports[0].nodePort`. */
function fieldOf(object: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], object);
}
