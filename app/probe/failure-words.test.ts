import { describe, expect, it } from 'vitest';
import type { FailureContext } from './failure-cause.ts';
import { failureWords } from './failure-words.ts';
import { type FailureKind, failureKinds } from './result.ts';

const iptables: FailureContext = {
  mode: 'iptables',
  dialect: 'current',
  way: 'nodePort',
  protocol: 'TCP',
  readyEndpoints: 2,
  ipv6: false,
};

describe('a failure is put down', () => {
  // biome-ignore format: one case a line
  const cases: { to: string; kind: FailureKind; context: Partial<FailureContext>; words: RegExp }[] = [
    { to: 'the REJECT rule of a Service without endpoints', kind: 'refused', context: { readyEndpoints: 0 }, words: /no ready endpoint.*REJECT rule/ },
    { to: 'the reject verdict of nftables mode', kind: 'refused', context: { readyEndpoints: 0, mode: 'nftables' }, words: /no ready endpoint.*no-endpoint-services/ },
    { to: 'a Local policy where a Service without endpoints is not refused', kind: 'timed-out', context: { readyEndpoints: 0 }, words: /Local traffic policy drops/ },
    { to: 'the userspace proxy that has nobody to pass a connection to', kind: 'closed-without-answer', context: { readyEndpoints: 0, mode: 'userspace' }, words: /no ready endpoint.*accepts.*closes/ },
    { to: 'the userspace proxy that has nobody to pass a datagram to', kind: 'timed-out', context: { readyEndpoints: 0, mode: 'userspace', protocol: 'UDP' }, words: /takes the datagram/ },
    { to: 'the userspace proxy whose endpoints refuse', kind: 'closed-without-answer', context: { mode: 'userspace' }, words: /no endpoint took the connection/ },
    { to: 'a userspace proxy that is not reached', kind: 'refused', context: { mode: 'userspace' }, words: /no rule leads to it/ },
    { to: 'kube-proxy 1.2, which refused the cluster IP alone', kind: 'refused', context: { readyEndpoints: 0, dialect: 'classic', way: 'clusterIP' }, words: /1\.2.*REJECT/ },
    { to: 'kube-proxy 1.2, whose node port leads nowhere', kind: 'refused', context: { readyEndpoints: 0, dialect: 'classic' }, words: /port of the node itself/ },
    { to: 'a targetPort that no container has', kind: 'refused', context: {}, words: /targetPort/ },
    { to: 'rules or pods where the mode is not known', kind: 'refused', context: { mode: null, dialect: null }, words: /no rule leads on .* target port/ },
    { to: 'missing endpoints where the mode is not known', kind: 'timed-out', context: { mode: null, dialect: null, readyEndpoints: 0 }, words: /no ready endpoint. Nothing can answer/ },
    { to: 'an address where nobody listens', kind: 'refused', context: { way: 'address' }, words: /nobody listens on that port/ },
    { to: 'a silent address', kind: 'timed-out', context: { way: 'address' }, words: /no host has that address/ },
    { to: 'nftables mode, which leaves localhost alone', kind: 'refused', context: { way: 'localhost', mode: 'nftables' }, words: /do not answer on localhost/ },
    { to: 'IPv6, which has no route_localnet', kind: 'timed-out', context: { way: 'localhost', ipv6: true }, words: /::1.*route_localnet/ },
    { to: 'localhostNodePorts', kind: 'refused', context: { way: 'localhost' }, words: /localhostNodePorts/ },
    { to: 'missing endpoints before localhost', kind: 'refused', context: { way: 'localhost', readyEndpoints: 0 }, words: /no ready endpoint/ },
    { to: 'the route, not the Service, where there is none', kind: 'unreachable', context: { readyEndpoints: 0 }, words: /no route/ },
  ];
  it.each(cases)('to $to', ({ kind, context, words }) => {
    expect(failureWords(kind, { ...iptables, ...context })).toMatch(words);
  });
});

it.each(failureKinds)('has words for %s, in sentences', (kind) => {
  expect(failureWords(kind, iptables)).toMatch(/^[A-Z].*\.$/);
});
