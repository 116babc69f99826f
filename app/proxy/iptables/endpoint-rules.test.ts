import { describe, expect, test } from 'vitest';
import type { Endpoint, ServiceSpec } from '../../kubernetes/objects.ts';
import {
  build,
  CIDR,
  CLUSTER_IP,
  chain,
  chainNames,
  ELSEWHERE,
  type Given,
  HERE,
  LOCAL,
  NODE_PORT,
} from './ruleset-under-test.ts';

describe('KUBE-SVC and KUBE-SVL', () => {
  const names = (given: Given): string[] => chainNames(given).filter((name) => name.startsWith('KUBE-SEP'));
  test('exist as far as policies use them', () => {
    const chains = (given: Given): string[] =>
      chainNames(given).flatMap((name) => /KUBE-(?:SVC|SVL|EXT|FW)/.exec(name) ?? []);
    expect(chains({})).toEqual(['KUBE-SVC']);
    expect(chains({ spec: { internalTrafficPolicy: 'Local' } })).toEqual(['KUBE-SVL']);
    expect(chains({ spec: { ...NODE_PORT, internalTrafficPolicy: 'Local' } })).toEqual([
      'KUBE-SVL',
      'KUBE-EXT',
      'KUBE-SVC',
    ]);
    expect(chains({ spec: { ...NODE_PORT, ...LOCAL } })).toEqual(['KUBE-SVC', 'KUBE-EXT', 'KUBE-SVL']);
    expect(chains({ spec: { ...NODE_PORT, ...LOCAL }, endpoints: [ELSEWHERE] })).toEqual([
      'KUBE-SVC',
      'KUBE-EXT',
    ]);
    expect(chains({ spec: NODE_PORT, endpoints: [] })).toEqual([]);
  });

  test.each<[string, string, string | undefined]>([
    ['cluster CIDR', CIDR, '! -s 10.244.0.0/16 '],
    ['masqueradeAll', `${CIDR}iptables: {masqueradeAll: true}`, ''],
    ['no detector', '', undefined],
    ['node CIDR unknown', 'detectLocalMode: NodeCIDR', undefined],
  ])('masquerade traffic to the cluster IP: %s', (_name, config, prefix) => {
    const [first] = chain({ config }, 'nat', 'KUBE-SVC-#') ?? [];
    if (prefix === undefined) expect(first).toMatch(/statistic/);
    else expect(first).toBe(`${prefix}${CLUSTER_IP} -j KUBE-MARK-MASQ`);
  });

  test.each([
    ['bridge', 'detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}', '-i cni0'],
    ['prefix', 'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: veth}', '-i veth+'],
  ])('masquerade by interface: %s', (_name, config, match) => {
    const [first] = chain({ config }, 'nat', 'KUBE-SVC-#') ?? [];
    expect(first).toBe(
      `-d 10.254.0.1/32 ! ${match} ${CLUSTER_IP.slice('-d 10.254.0.1/32 '.length)} -j KUBE-MARK-MASQ`,
    );
  });

  test('spread over endpoints evenly, in their order', () => {
    const endpoints = [1, 2, 3].map((n) => ({ addresses: [`10.244.0.${n}`] }));
    const rules = chain({ endpoints, config: '' }, 'nat', 'KUBE-SVC-#') ?? [];
    expect(rules.map((rule) => /-> ([\d.:]+)"(?:.*probability ([\d.]+))?/.exec(rule)?.slice(1))).toEqual([
      ['10.244.0.1:8080', '0.33333333349'],
      ['10.244.0.2:8080', '0.50000000000'],
      ['10.244.0.3:8080', undefined],
    ]);
  });

  test('remember the client where the Service wants that', () => {
    const spec: ServiceSpec = {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    };
    const given: Given = { spec, endpoints: [HERE], config: '' };
    const [sep = ''] = names(given);
    const mask = '--mask 255.255.255.255 --rsource';
    expect(sep).toMatch(/^KUBE-SEP-[A-Z2-7]{16}$/);
    expect(chain(given, 'nat', 'KUBE-SVC-#')).toEqual([
      `-m comment --comment "default/web -> 10.244.0.1:8080" -m recent --rcheck --seconds 60 --reap --name ${sep} ${mask} -j ${sep}`,
      `-m comment --comment "default/web -> 10.244.0.1:8080" -j ${sep}`,
    ]);
    expect(chain(given, 'nat', sep)).toEqual([
      '-s 10.244.0.1/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ',
      `-p tcp -m comment --comment "default/web" -m recent --set --name ${sep} ${mask} -m tcp -j DNAT --to-destination 10.244.0.1:8080`,
    ]);
  });

  test('IPv6 endpoints are written in brackets', () => {
    const given: Given = { family: 'IPv6', endpoints: [{ addresses: ['fd00:10:244::1'] }] };
    const [sep = ''] = names(given);
    expect(chain(given, 'nat', sep)).toEqual([
      '-s fd00:10:244::1/128 -m comment --comment "default/web" -j KUBE-MARK-MASQ',
      '-p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination [fd00:10:244::1]:8080',
    ]);
  });

  test.each(['UDP', 'SCTP'] as const)('%s like TCP', (protocol) => {
    const spec: ServiceSpec = { ports: [{ port: 80, protocol }] };
    const low = protocol.toLowerCase();
    expect(chain({ spec, endpoints: [HERE] }, 'nat', 'KUBE-SERVICES')?.[0]).toMatch(
      new RegExp(`^-d 10.254.0.1/32 -p ${low} .* -m ${low} --dport 80 -j KUBE-SVC-`),
    );
  });
});

describe('large clusters', () => {
  const endpoints = (count: number): Endpoint[] =>
    Array.from({ length: count }, (_, n) => ({ addresses: [`10.244.${n >> 8}.${n & 255}`] }));
  const comments = (count: number): number =>
    build({ endpoints: endpoints(count) }).tables.flatMap(({ chains }) =>
      chains
        .filter(({ name }) => name.startsWith('KUBE-SEP'))
        .flatMap(({ rules }) =>
          rules.filter(({ matches }) => matches.some(({ kind }) => kind === 'comment')),
        ),
    ).length;
  test('endpoints lose their comments above a thousand', () => {
    expect(comments(1000)).toBe(2000);
    expect(comments(1001)).toBe(0);
  });
});
