import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Service } from '../../../app/kubernetes/objects.ts';
import type { Stored } from '../api-server/registry/lab-client.ts';
import { key } from '../api-server/testing/conditions.ts';
import { type LabFixture, service, startFixture, until } from '../api-server/testing/lab-fixture.ts';

/** The lab’s load balancer, switched on and off. */

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

describe('the load balancer', () => {
  const ingress = (name: string): string[] =>
    (lab.client.get<Service>('services', key(name))?.status?.loadBalancer?.ingress ?? []).map(
      ({ ip }) => ip ?? '',
    );
  const given = (name: string): Promise<Stored<Service>> =>
    until<Service>(lab.client, 'services', ({ metadata, status }) => {
      return metadata.name === name && (status?.loadBalancer?.ingress ?? []).length > 0;
    });

  test('is off, and Services wait for it; on, it gives each an address, of both families where asked', async () => {
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    lab.client.create('services', service('b', { type: 'LoadBalancer', ipFamilyPolicy: 'RequireDualStack' }));
    lab.client.create('services', service('c', { type: 'LoadBalancer', loadBalancerIP: '10.0.0.150' }));
    lab.client.create(
      'services',
      service('d', { type: 'LoadBalancer', loadBalancerClass: 'example.org/other' }),
    );
    expect([lab.server.loadBalancer.enabled, ingress('a')]).toEqual([false, []]);
    lab.server.loadBalancer.set(true);
    await Promise.all([given('a'), given('b'), given('c')]);
    expect(['a', 'b', 'c', 'd'].map(ingress)).toEqual([
      ['10.0.0.100'],
      ['10.0.0.101', 'fd00:10::100'],
      ['10.0.0.150'],
      [],
    ]);
    await lab.restart();
    expect(lab.server.loadBalancer.enabled).toBe(true);
    lab.server.loadBalancer.set(false);
    expect(['a', 'b', 'c'].map(ingress)).toEqual([[], [], []]);
  });

  test('frees an address with its Service', async () => {
    lab.server.loadBalancer.set(true);
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    await given('a');
    lab.client.delete('services', key('a'));
    lab.client.create('services', service('b', { type: 'LoadBalancer' }));
    await given('b');
    expect(ingress('b')).toEqual(['10.0.0.100']);
  });

  test('leaves addresses that somebody else has written alone', () => {
    lab.client.create('services', service('a', { type: 'LoadBalancer' }));
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } };
    lab.client.patch('services', key('a'), { patch: { status }, subresource: 'status' });
    lab.server.loadBalancer.set(true);
    lab.server.loadBalancer.set(false);
    expect(ingress('a')).toEqual(['203.0.113.9']);
  });
});
