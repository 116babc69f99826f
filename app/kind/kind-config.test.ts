import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { kindConfig, kindNamePattern, portTwice } from './kind-config.ts';

it.each([
  [true, ['kind', 'a', 'my-cluster-2', 'x'.repeat(48)]],
  [false, ['', '-a', 'a-', 'A', 'a.b', 'a b', '--name', 'x'.repeat(49), 'ä', 'a/../b', 'a\nb']],
])('whether it is a name: %s', (is, names) => {
  expect(names.filter((name) => kindNamePattern.test(name) === is)).toEqual(names);
});

it('is a configuration without kube-proxy, with ports led to node ports on loopback alone', () => {
  const ports = [{ containerPort: 30080, hostPort: 8080, protocol: 'TCP' } as const];
  const text = kindConfig({ name: 'demo', ipFamily: 'dual', kubeProxyMode: 'none', ports });
  expect(parse(text)).toEqual({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { ipFamily: 'dual', kubeProxyMode: 'none' },
    nodes: [{ role: 'control-plane', extraPortMappings: [{ ...ports[0], listenAddress: '127.0.0.1' }] }],
  });
});

it('has no mappings without ports, and those of IPv6 on ::1', () => {
  const options = { name: 'demo', ipFamily: 'ipv6', kubeProxyMode: 'nftables' } as const;
  expect(parse(kindConfig({ ...options, ports: [] })).nodes).toEqual([{ role: 'control-plane' }]);
  const ports = [{ containerPort: 30053, hostPort: 53053, protocol: 'UDP' } as const];
  expect(kindConfig({ ...options, ports })).toContain('listenAddress: ::1');
});

it('finds a port of this computer that is given twice, of one protocol', () => {
  const port = (hostPort: number, protocol: 'TCP' | 'UDP') => ({ containerPort: 30000, hostPort, protocol });
  expect(portTwice([port(80, 'TCP'), port(80, 'UDP'), port(81, 'TCP')])).toBeUndefined();
  expect(portTwice([port(80, 'TCP'), port(80, 'TCP')])).toEqual(port(80, 'TCP'));
});
