import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../kubernetes/objects.ts';
import type { EndpointInfo } from './endpoints-map.ts';
import { serviceToServiceMap } from './service-map.ts';
import type { ServicePortInfo } from './service-port.ts';
import { categorizeEndpoints } from './topology.ts';

const NODE = { name: 'lab-node', zone: 'zone-a' };

function port(spec: ServiceSpec): ServicePortInfo {
  const service = {
    metadata: { name: 'web' },
    spec: { clusterIP: '10.254.0.1', ports: [{ port: 80 }], ...spec },
  };
  const [info] = serviceToServiceMap(service, 'IPv4').values();
  if (info === undefined) throw new Error('expected one port');
  return info;
}

const INSIDE = port({});
const INSIDE_LOCAL = port({ internalTrafficPolicy: 'Local' });
const OUTSIDE_LOCAL = port({
  type: 'NodePort',
  externalTrafficPolicy: 'Local',
  ports: [{ port: 80, nodePort: 30080 }],
});

/** `1` to `9`: ready; `!`: here; `t`: terminating but serving; `x`: not ready; `@a` zone hint; `#n` node hint. */
function endpoints(...words: string[]): EndpointInfo[] {
  return words.map((word) => {
    const number = word[0] ?? '';
    const zones = [...word.matchAll(/@(\w)/g)].map(([, zone]) => `zone-${zone}`);
    const nodes = [...word.matchAll(/#(\S)/g)].map(([, node]) => (node === 'l' ? 'lab-node' : 'other-node'));
    return {
      address: `10.0.0.${number}`,
      port: 80,
      hostPort: number,
      isLocal: word.includes('!'),
      ready: !/[tx]/.test(word),
      serving: !word.includes('x'),
      terminating: word.includes('t'),
      zoneHints: zones,
      nodeHints: nodes,
      origin: { kind: 'EndpointSlice', name: 'slice', field: `endpoints[${number}]` },
      chain: undefined,
    };
  });
}

function names(list: readonly EndpointInfo[]): string {
  return list.map(({ hostPort }) => hostPort).join('');
}

describe('which endpoints traffic may reach', () => {
  test.each<
    [string, ServicePortInfo, string[], { cluster: string; local: string; all: string; any: boolean }]
  >([
    ['no endpoints', INSIDE, [], { cluster: '', local: '', all: '', any: false }],
    ['those that are ready', INSIDE, ['1', '2x', '3t'], { cluster: '1', local: '', all: '1', any: true }],
    [
      'terminating ones when none is ready',
      INSIDE,
      ['2x', '3t', '4t'],
      { cluster: '34', local: '', all: '34', any: true },
    ],
    ['none when none serves', INSIDE, ['2x'], { cluster: '', local: '', all: '', any: false }],
    ['here only', INSIDE_LOCAL, ['1', '2!'], { cluster: '', local: '2', all: '2', any: true }],
    ['none here, some elsewhere', INSIDE_LOCAL, ['1'], { cluster: '', local: '', all: '', any: true }],
    [
      'terminating here, none ready here',
      INSIDE_LOCAL,
      ['1', '2t!'],
      { cluster: '', local: '2', all: '2', any: true },
    ],
    ['terminating elsewhere', INSIDE_LOCAL, ['1t'], { cluster: '', local: '', all: '', any: true }],
    ['both policies', OUTSIDE_LOCAL, ['1', '2!'], { cluster: '12', local: '2', all: '12', any: true }],
    [
      'both, terminating here',
      OUTSIDE_LOCAL,
      ['1', '2t!'],
      { cluster: '1', local: '2', all: '12', any: true },
    ],
    [
      'both, only terminating',
      OUTSIDE_LOCAL,
      ['1t', '2t!'],
      { cluster: '12', local: '2', all: '12', any: true },
    ],
    ['zone', INSIDE, ['1@a', '2@b'], { cluster: '1', local: '', all: '1', any: true }],
    ['several zones', INSIDE, ['1@a@b', '2@b'], { cluster: '1', local: '', all: '1', any: true }],
    [
      'one without a hint voids all hints',
      INSIDE,
      ['1@a', '2'],
      { cluster: '12', local: '', all: '12', any: true },
    ],
    [
      'but one that is not ready does not',
      INSIDE,
      ['1@a', '2x', '3@b'],
      { cluster: '1', local: '', all: '1', any: true },
    ],
    [
      'no endpoint for the zone voids them too',
      INSIDE,
      ['1@b', '2@c'],
      { cluster: '12', local: '', all: '12', any: true },
    ],
    ['node before zone', INSIDE, ['1@a#o', '2@a#l'], { cluster: '2', local: '', all: '2', any: true }],
    [
      'zone when no endpoint is for the node',
      INSIDE,
      ['1@a#o', '2@b#o'],
      { cluster: '1', local: '', all: '1', any: true },
    ],
    [
      'hints do not hold for terminating ones',
      INSIDE,
      ['1t@b', '2t@c'],
      { cluster: '12', local: '', all: '12', any: true },
    ],
    [
      'hints do not hold for Local',
      OUTSIDE_LOCAL,
      ['1@a', '2@b!'],
      { cluster: '1', local: '2', all: '12', any: true },
    ],
  ])('%s', (_name, info, words, expected) => {
    const { cluster, local, allReachable, hasAny } = categorizeEndpoints(endpoints(...words), info, NODE);
    expect({ cluster: names(cluster), local: names(local), all: names(allReachable), any: hasAny }).toEqual(
      expected,
    );
  });

  test('a node without a zone takes no zone hint as its own', () => {
    const { cluster } = categorizeEndpoints(endpoints('1@a', '2@b'), INSIDE, { name: 'lab-node', zone: '' });
    expect(names(cluster)).toBe('12');
  });
});
