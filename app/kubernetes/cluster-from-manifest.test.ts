import { describe, expect, test } from 'vitest';
import { clusterFromManifest, type ManifestCluster } from './cluster-from-manifest.ts';
import { readManifest } from './manifest.ts';

function read(...documents: string[]): ManifestCluster {
  return clusterFromManifest(readManifest(documents.join('\n---\n'), 'f'));
}

function service(name: string, spec: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: default}\nspec: {${spec}}`;
}

test('takes the kinds that rules are made of and leaves the others', () => {
  const cluster = read(
    service('web', 'clusterIP: 10.254.0.1, ports: [{port: 80}]'),
    'apiVersion: v1\nkind: Node\nmetadata: {name: lab-node}',
    'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-a}\naddressType: IPv4\nports: [{port: 80}]\nendpoints: []',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}',
    'apiVersion: example.org/v1\nkind: Service\nmetadata: {name: other}',
  );
  expect(cluster.services.map(({ metadata }) => metadata?.name)).toEqual(['web']);
  expect(cluster.nodes.map(({ metadata }) => metadata?.name)).toEqual(['lab-node']);
  expect(cluster.slices.map(({ metadata }) => metadata?.namespace)).toEqual(['default']);
  expect(cluster.problems).toEqual([]);
});

test('a later object of the same name replaces the earlier', () => {
  const { services, problems } = read(
    service('web', 'clusterIP: 10.254.0.1, ports: [{port: 80}]'),
    service('web', 'clusterIP: 10.254.0.1, ports: [{port: 81}]'),
  );
  expect(services.map(({ spec }) => spec?.ports?.[0]?.port)).toEqual([81]);
  expect(problems).toEqual([]);
});

test('nulls are no values', () => {
  const { services } = read(
    'apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: null}\nspec: {clusterIP: 10.254.0.1, externalIPs: null, ports: [{port: 80, nodePort: null}]}\nstatus: null',
  );
  expect(services[0]?.metadata?.labels).toBeUndefined();
  expect(services[0]?.spec?.externalIPs).toBeUndefined();
});

test('each problem has its place, object and field', () => {
  const { problems } = read(service('web', 'ports: []'), service('db', 'ports: [{port: 0, nodePort: 5}]'));
  expect(problems[0]).toBe('f, document 1: Service "web" is invalid: spec.ports: Required value');
  expect(
    problems
      .slice(1)
      .every((problem) => problem.startsWith('f, document 2: Service "db" is invalid: spec.ports[0].')),
  ).toBe(true);
});

test('unknown fields are warnings', () => {
  const { warnings, problems } = read(
    service('web', 'clusterIP: 10.254.0.1, ports: [{port: 80, prot: TCP}]'),
  );
  expect(warnings).toEqual(['f: Service "web": unknown field "spec.ports[0].prot"']);
  expect(problems).toEqual([]);
});

describe('what two Services cannot both have', () => {
  const NODE_PORT = 'type: NodePort, clusterIP: 10.254.0.1, ports: [{port: 80, nodePort: 30080}]';
  test.each<[string, string, string | undefined]>([
    [
      'a node port',
      'type: NodePort, clusterIP: 10.254.0.2, ports: [{port: 80, nodePort: 30080}]',
      'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [
      'a node port of another protocol may be',
      'type: NodePort, clusterIP: 10.254.0.2, ports: [{port: 80, nodePort: 30080, protocol: UDP}]',
      undefined,
    ],
    [
      'a health check port',
      'type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30080, clusterIP: 10.254.0.2, ports: [{port: 80}]',
      'spec.healthCheckNodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [
      'a cluster IP',
      'clusterIP: 10.254.0.1, ports: [{port: 80}]',
      'spec.clusterIPs: Invalid value: ["10.254.0.1"]: failed to allocate IP 10.254.0.1: provided IP is already allocated',
    ],
    ["None is nobody's", 'clusterIP: None', undefined],
  ])('%s', (_name, spec, expected) => {
    const { problems } = read(service('web', NODE_PORT), service('db', spec));
    expect(problems).toEqual(
      expected === undefined ? [] : [`f, document 2: Service "db" is invalid: ${expected}`],
    );
  });
});
