import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject, Service, ServiceSpec } from '../../../app/kubernetes/objects.ts';
import type { Stored } from './registry/lab-client.ts';
import { call, type LabFixture, service, startFixture, until } from './testing/lab-fixture.ts';

/** Services through the registry: allocation, transitions between types, and what is refused. */

let lab: LabFixture;

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

beforeEach(() => {
  for (const { metadata } of lab.client.list('services')) {
    if (metadata.name !== 'kubernetes') lab.client.delete('services', metadata);
  }
});

function create(name: string, spec: object = {}): Stored<Service> {
  return lab.client.create<Service>('services', service(name, spec as Record<string, unknown>));
}

function patch(name: string, spec: object): Stored<Service> {
  return lab.client.patch<Service>('services', { namespace: 'default', name }, { patch: { spec } });
}

function specOf(object: Stored<Service>): ServiceSpec {
  return object.spec ?? {};
}

function addresses(): string[] {
  return lab.client.list('ipaddresses').map(({ metadata }) => metadata.name);
}

describe('a new Service', () => {
  test('gets a cluster IP of the default family, and an IPAddress that stands for it', () => {
    const spec = specOf(create('web'));
    expect(spec).toMatchObject({ type: 'ClusterIP', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    expect(spec.clusterIPs).toEqual([spec.clusterIP]);
    expect(lab.client.get('ipaddresses', { name: spec.clusterIP ?? '' })).toMatchObject({
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    });
  });

  test.each([
    ['PreferDualStack', {}, ['IPv4', 'IPv6']],
    ['RequireDualStack', {}, ['IPv4', 'IPv6']],
    ['RequireDualStack', { ipFamilies: ['IPv6'] }, ['IPv6', 'IPv4']],
    ['SingleStack', { ipFamilies: ['IPv6'] }, ['IPv6']],
  ])('of policy %s and %o has the families %s', (ipFamilyPolicy, given, families) => {
    const spec = specOf(create('web', { ipFamilyPolicy, ...given }));
    expect(spec.ipFamilies).toEqual(families);
    expect(spec.clusterIPs?.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'))).toEqual(families);
  });

  test('takes its families from the addresses it asks for', () => {
    expect(specOf(create('web', { clusterIP: 'fd00:10:254::99' })).ipFamilies).toEqual(['IPv6']);
  });

  test('that is headless has no address; without a selector it is for both families', () => {
    expect(specOf(create('a', { clusterIP: 'None', selector: { a: 'b' } }))).toMatchObject({
      clusterIPs: ['None'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(specOf(create('b', { clusterIP: 'None' }))).toMatchObject({
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'RequireDualStack',
    });
    expect(addresses()).toEqual(['10.254.0.1']);
  });

  test('shares a node port between protocols of one port, and keeps those it asks for', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'web', port: 80 },
    ];
    const spec = specOf(create('dns', { type: 'NodePort', ports }));
    expect(spec.ports?.map((port) => port.nodePort)).toEqual([30053, 30053, expect.any(Number)]);
    expect(spec.ports?.[2]?.nodePort).not.toBe(30053);
  });

  test('of type LoadBalancer with the Local policy gets a health check node port', () => {
    const spec = specOf(create('lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }));
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
    expect(spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    expect(spec.allocateLoadBalancerNodePorts).toBe(true);
  });

  test('of type LoadBalancer may do without node ports', () => {
    const spec = specOf(create('lb', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }));
    expect(spec.ports?.[0]?.nodePort).toBeUndefined();
  });
});

describe('a refused Service', () => {
  const taken = (): void => {
    create('first', { type: 'NodePort', clusterIP: '10.254.7.7', ports: [{ port: 80, nodePort: 30964 }] });
  };

  test.each([
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30964 }] },
      'spec.ports[0].nodePort: Invalid value: 30964: provided port is already allocated',
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      { clusterIP: '10.254.7.7' },
      'spec.clusterIPs: Invalid value: ["10.254.7.7"]: failed to allocate IP 10.254.7.7: provided IP is already allocated',
    ],
    [
      { clusterIP: '10.0.0.1' },
      'failed to allocate IP 10.0.0.1: the provided network does not match the current range',
    ],
    [{ clusterIP: 'nonsense' }, 'spec.clusterIPs[0]: Invalid value: "nonsense": must be a valid IP address'],
    [
      { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      { ports: [{ port: 70000 }] },
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required value'],
  ])('%j: %s', (spec, message) => {
    taken();
    const before = addresses();
    expect(() => create('second', spec)).toThrow(message);
    expect(addresses()).toEqual(before);
    expect(lab.client.get('services', { namespace: 'default', name: 'second' })).toBeUndefined();
  });

  test('gives back what it had taken: the next may have it', () => {
    expect(() =>
      create('Bad_Name', {
        type: 'NodePort',
        clusterIP: '10.254.9.9',
        ports: [{ port: 80, nodePort: 31000 }],
      }),
    ).toThrow('a lowercase RFC 1123 label must consist of');
    expect(() =>
      create('good', { type: 'NodePort', clusterIP: '10.254.9.9', ports: [{ port: 80, nodePort: 31000 }] }),
    ).not.toThrow();
  });

  test('is refused with the server’s Status', async () => {
    taken();
    const path = '/api/v1/namespaces/default/services';
    const { code, json } = await call(lab.server, path, {
      method: 'POST',
      body: service('second', { clusterIP: '10.254.7.7' }),
    });
    expect(code).toBe(422);
    expect(json).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'Invalid',
      details: {
        name: 'second',
        kind: 'Service',
        causes: [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs' }],
      },
    });
  });
});

describe('an update', () => {
  test.each([
    ['ClusterIP', 'NodePort', true],
    ['NodePort', 'LoadBalancer', true],
    ['LoadBalancer', 'NodePort', true],
    ['NodePort', 'ClusterIP', false],
    ['LoadBalancer', 'ClusterIP', false],
  ])('from %s to %s keeps the address; node ports: %s', (from, to, withPort) => {
    const before = specOf(create('web', { type: from }));
    const after = specOf(patch('web', { type: to }));
    expect(after.clusterIP).toBe(before.clusterIP);
    const [port] = after.ports ?? [];
    if (!withPort) expect(port?.nodePort).toBeUndefined();
    else if (before.ports?.[0]?.nodePort) expect(port?.nodePort).toBe(before.ports[0].nodePort);
    else expect(port?.nodePort).toBeGreaterThanOrEqual(30000);
  });

  test('to ExternalName gives the address back, and back again takes one', () => {
    const { clusterIP = '' } = specOf(
      create('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 31001 }] }),
    );
    const external = specOf(patch('web', { type: 'ExternalName', externalName: 'example.org' }));
    expect(external).not.toHaveProperty('clusterIP');
    expect(external).not.toHaveProperty('internalTrafficPolicy');
    expect(addresses()).not.toContain(clusterIP);
    create('other', { type: 'NodePort', clusterIP, ports: [{ port: 80, nodePort: 31001 }] });
    const back = specOf(patch('web', { type: 'ClusterIP', externalName: null }));
    expect(addresses()).toContain(back.clusterIP);
    expect(back.internalTrafficPolicy).toBe('Cluster');
  });

  test('frees the node ports it drops, and no others', () => {
    const ports = [
      { name: 'a', port: 80, nodePort: 31010 },
      { name: 'b', port: 81, nodePort: 31011 },
    ];
    create('web', { type: 'NodePort', ports });
    patch('web', { ports: [{ name: 'a', port: 80, nodePort: 31010 }] });
    expect(() => create('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 31011 }] })).not.toThrow();
    expect(() => create('y', { type: 'NodePort', ports: [{ port: 80, nodePort: 31010 }] })).toThrow(
      'already allocated',
    );
  });

  test('that leaves allocated values out keeps them, as a manifest applied again does', () => {
    const before = create('web', { type: 'NodePort' });
    const again = service('web', { type: 'NodePort', selector: { app: 'web' } });
    const after = lab.client.update<Service>('services', again as Service);
    expect(specOf(after).clusterIP).toBe(specOf(before).clusterIP);
    expect(specOf(after).ports?.[0]?.nodePort).toBe(specOf(before).ports?.[0]?.nodePort);
  });

  test('cannot change the cluster IP', () => {
    create('web');
    expect(() => patch('web', { clusterIP: '10.254.9.9' })).toThrow(
      'spec.clusterIPs[0]: Invalid value: ["10.254.9.9"]: may not change once set',
    );
  });

  test('adds and removes the second family with the policy', () => {
    const { clusterIP = '' } = specOf(create('web'));
    const dual = specOf(patch('web', { ipFamilyPolicy: 'RequireDualStack' }));
    expect(dual.clusterIPs).toEqual([clusterIP, expect.stringMatching(/^fd00:10:254::/)]);
    const single = specOf(patch('web', { ipFamilyPolicy: 'SingleStack' }));
    expect(single.clusterIPs).toEqual([clusterIP]);
    expect(addresses()).toEqual(['10.254.0.1', clusterIP].sort());
  });

  test('away from the Local policy frees the health check node port', () => {
    const { healthCheckNodePort = 0 } = specOf(
      create('lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
    );
    expect(specOf(patch('lb', { externalTrafficPolicy: 'Cluster' }))).not.toHaveProperty(
      'healthCheckNodePort',
    );
    const ports = [{ port: 80, nodePort: healthCheckNodePort }];
    expect(() => create('np', { type: 'NodePort', ports })).not.toThrow();
  });

  test('in a dry run takes and frees nothing', async () => {
    create('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 31020 }] });
    const path = '/api/v1/namespaces/default/services';
    const merge = { 'Content-Type': 'application/merge-patch+json' };
    const dry = await call(lab.server, `${path}/web?dryRun=All`, {
      method: 'PATCH',
      body: { spec: { type: 'ExternalName', externalName: 'x.example' } },
      headers: merge,
    });
    expect(dry.json.spec.type).toBe('ExternalName');
    expect(() => create('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 31020 }] })).toThrow(
      'already allocated',
    );
    const made = await call(lab.server, `${path}?dryRun=All`, {
      method: 'POST',
      body: service('y', { type: 'NodePort' }),
    });
    expect(made.json.spec).toMatchObject({ clusterIP: '10.254.0.0', ports: [{ nodePort: 32768 }] });
    expect((await call(lab.server, `${path}/y`)).code).toBe(404);
  });
});

test('deleting a Service frees all it had', () => {
  const { clusterIP = '' } = specOf(
    create('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 31030 }] }),
  );
  lab.client.delete('services', { namespace: 'default', name: 'web' });
  expect(addresses()).not.toContain(clusterIP);
  expect(() =>
    create('web', { type: 'NodePort', clusterIP, ports: [{ port: 80, nodePort: 31030 }] }),
  ).not.toThrow();
});

test('allocations survive a restart', async () => {
  const { clusterIP = '' } = specOf(
    create('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 31040 }] }),
  );
  await lab.restart();
  expect(() => create('x', { clusterIP })).toThrow('provided IP is already allocated');
  expect(() => create('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 31040 }] })).toThrow(
    'provided port is already allocated',
  );
});

test('further ranges of addresses can be added, and go when they are used no more', async () => {
  type Range = KubernetesObject & { status?: { conditions?: { type: string }[] } };
  const ready = until<Range>(lab.client, 'servicecidrs', ({ metadata, status }) => {
    return metadata.name === 'more' && status?.conditions?.some(({ type }) => type === 'Ready') === true;
  });
  const gone = until(
    lab.client,
    'servicecidrs',
    ({ metadata }, type) => metadata.name === 'more' && type === 'DELETED',
  );
  lab.client.create('servicecidrs', {
    metadata: { name: 'more' },
    spec: { cidrs: ['10.99.0.0/24'] },
  } as KubernetesObject);
  await ready;
  create('web', { clusterIP: '10.99.0.7' });
  lab.client.delete('servicecidrs', { name: 'more' });
  expect(lab.client.get('servicecidrs', { name: 'more' })?.metadata.deletionTimestamp).toBeDefined();
  expect(() => create('late', { clusterIP: '10.99.0.8' })).toThrow('does not match the current range');
  lab.client.delete('services', { namespace: 'default', name: 'web' });
  await gone;
});
