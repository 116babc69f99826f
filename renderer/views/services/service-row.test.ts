import { describe, expect, it } from 'vitest';
import type { Stored } from '../../../app/contract/objects.ts';
import { ClusterIndex } from '../../../app/diagnosis/cluster-index.ts';
import { engineFacts } from '../../../app/diagnosis/engine-facts.ts';
import type { EndpointSlice, Service, ServiceSpec } from '../../../app/kubernetes/objects.ts';
import { filterRows, noFilter, portsText, type ServiceRow, serviceRow } from './service-row.ts';

function row(name: string, spec: ServiceSpec, slices: Partial<EndpointSlice>[] = []): ServiceRow {
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: '1', labels: { team: 'blue' } };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec } as Stored<Service>;
  const endpointSlices = slices.map((slice) => ({
    ...slice,
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  }));
  const engine = { mode: 'iptables', dialect: 'current', loadBalancer: false, warnings: [] } as const;
  const node = { name: 'lab-node', ipv4: '10.0.0.5', ipv6: 'fd00:10::5' };
  const lists = { pods: [], endpointSlices } as unknown as ConstructorParameters<typeof ClusterIndex>[0];
  return serviceRow(service, new ClusterIndex(lists), engineFacts({ ...engine, warnings: [], node }));
}

describe('a row of the table', () => {
  it.each<[string, ServiceSpec, string]>([
    ['a cluster IP alone', { ports: [{ port: 80 }] }, '80/TCP'],
    ['a node port', { ports: [{ port: 3306, nodePort: 30964, protocol: 'TCP' }] }, '3306:30964/TCP'],
    ['several', { ports: [{ port: 53, protocol: 'UDP' }, { port: 53 }] }, '53/UDP,53/TCP'],
    ['none', {}, ''],
  ])('writes ports as kubectl does: %s', (_name, spec, expected) => expect(portsText(spec)).toBe(expected));

  it('counts each pod once, those that end not at all', () => {
    const ready = { conditions: { ready: true } };
    const endpoints = [
      { addresses: ['10.0.0.1'], ...ready },
      { addresses: ['10.0.0.2'], conditions: { ready: false } },
      { addresses: ['10.0.0.3'], conditions: { ready: false, terminating: true } },
    ];
    const counted = row('a', { selector: { a: 'b' } }, [
      { addressType: 'IPv4', endpoints },
      { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], ...ready }] },
      { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'], ...ready }] },
    ]);
    expect(counted.endpoints).toEqual({ ready: 1, all: 2 });
  });
});

describe('the filter', () => {
  const rows = [
    row('web', {
      type: 'NodePort',
      clusterIP: '10.254.0.1',
      ports: [{ port: 80, nodePort: 30080, name: 'http' }],
    }),
    row('db', {
      type: 'ClusterIP',
      clusterIP: '10.254.0.2',
      ports: [{ port: 3306 }],
      selector: { app: 'mysql' },
    }),
    row('out', { type: 'ExternalName', externalName: 'db.example.org' }),
  ];
  it.each<[string, Partial<typeof noFilter>, string[]]>([
    ['nothing', {}, ['web', 'db', 'out']],
    ['a node port', { text: '30080' }, ['web']],
    ['a name of a port, in any case', { text: 'HTTP' }, ['web']],
    ['a selector', { text: 'app=mysql' }, ['db']],
    ['a label, and a part of a name', { text: 'team=blue w' }, ['web']],
    ['words that are nowhere together', { text: '30080 mysql' }, []],
    ['a type', { type: 'ExternalName' }, ['out']],
    ['those that are well', { health: 'well' }, ['out']],
    ['those with problems', { health: 'problems' }, ['web', 'db']],
    ['another namespace', { namespace: 'other' }, []],
  ])('finds by %s', (_name, filter, expected) => {
    expect(filterRows(rows, { ...noFilter, ...filter }).map(({ name }) => name)).toEqual(expected);
  });
});
