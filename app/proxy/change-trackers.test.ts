import { describe, expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../kubernetes/objects.ts';
import { EndpointsChangeTracker } from './endpoints-change-tracker.ts';
import type { EndpointsMap } from './endpoints-map.ts';
import { ServiceChangeTracker } from './service-change-tracker.ts';
import type { ServicePortMap } from './service-map.ts';

function service(name: string, port: number, extra: { label?: string; protocol?: 'UDP' } = {}): Service {
  return {
    metadata: { name, namespace: 'default', ...(extra.label ? { labels: { note: extra.label } } : {}) },
    spec: { clusterIP: '10.254.0.1', ports: [{ port, protocol: extra.protocol ?? 'TCP' }] },
  };
}

function slice(name: string, addresses: string[], extra: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ...extra,
  };
}

describe('ServiceChangeTracker', () => {
  test('adds, changes and deletes', () => {
    const tracker = new ServiceChangeTracker('IPv4');
    const map: ServicePortMap = new Map();
    expect(tracker.update(undefined, service('web', 80))).toBe(true);
    expect([...tracker.apply(map).updatedServices]).toEqual(['default/web']);
    expect(map.get('default/web::TCP')?.port.value).toBe(80);
    expect(tracker.pending).toBe(false);

    tracker.update(service('web', 80), service('web', 81));
    expect(tracker.apply(map).deletedPorts).toEqual([]);
    expect(map.get('default/web::TCP')?.port.value).toBe(81);

    tracker.update(service('web', 81), undefined);
    const { deletedPorts } = tracker.apply(map);
    expect(deletedPorts.map(({ key }) => key)).toEqual(['default/web::TCP']);
    expect(map.size).toBe(0);
  });

  test('a change of what no rule depends on is none', () => {
    const tracker = new ServiceChangeTracker('IPv4');
    expect(tracker.update(service('web', 80), service('web', 80, { label: 'new' }))).toBe(false);
  });

  test('changes that lead back cancel out', () => {
    const tracker = new ServiceChangeTracker('IPv4');
    expect(tracker.update(service('web', 80), service('web', 81))).toBe(true);
    expect(tracker.update(service('web', 81), service('web', 80))).toBe(false);
    expect(tracker.update(undefined, service('other', 80))).toBe(true);
    expect(tracker.update(service('other', 80), undefined)).toBe(false);
  });

  test('changes add up, from the first previous to the last current', () => {
    const tracker = new ServiceChangeTracker('IPv4');
    const map: ServicePortMap = new Map();
    tracker.update(undefined, service('web', 80, { protocol: 'UDP' }));
    tracker.apply(map);
    tracker.update(service('web', 80, { protocol: 'UDP' }), service('web', 81));
    tracker.update(service('web', 81), service('web', 82));
    const { deletedPorts } = tracker.apply(map);
    expect(deletedPorts.map(({ key }) => key)).toEqual(['default/web::UDP']);
    expect([...map.keys()]).toEqual(['default/web::TCP']);
    expect(map.get('default/web::TCP')?.port.value).toBe(82);
  });

  test('a Service of the other family is nothing', () => {
    expect(new ServiceChangeTracker('IPv6').update(undefined, service('web', 80))).toBe(false);
  });
});

describe('EndpointsChangeTracker', () => {
  function newTracker(): { tracker: EndpointsChangeTracker; map: EndpointsMap; addresses: () => string[] } {
    const map: EndpointsMap = new Map();
    return {
      tracker: new EndpointsChangeTracker({ family: 'IPv4', nodeName: 'lab-node' }),
      map,
      addresses: () => (map.get('default/web::TCP') ?? []).map(({ address }) => address),
    };
  }

  test('adds, changes and deletes slices', () => {
    const { tracker, map, addresses } = newTracker();
    expect(tracker.update(slice('a', ['10.0.0.1']))).toBe(true);
    tracker.update(slice('b', ['10.0.0.2']));
    expect([...tracker.apply(map).updatedServices]).toEqual(['default/web']);
    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.2']);
    tracker.update(slice('a', ['10.0.0.3']));
    tracker.apply(map);
    expect(addresses()).toEqual(['10.0.0.2', '10.0.0.3']);
    tracker.update(slice('a', []), true);
    tracker.update(slice('b', []), true);
    tracker.apply(map);
    expect(map.size).toBe(0);
  });

  test('the same slice again is no change, whatever its resourceVersion', () => {
    const { tracker, map } = newTracker();
    tracker.update(slice('a', ['10.0.0.1']));
    tracker.apply(map);
    const again = slice('a', ['10.0.0.1']);
    expect(tracker.update({ ...again, metadata: { ...again.metadata, resourceVersion: '7' } })).toBe(false);
  });

  test('changes that lead back cancel out', () => {
    const { tracker, map } = newTracker();
    tracker.update(slice('a', ['10.0.0.1']));
    tracker.apply(map);
    expect(tracker.update(slice('a', ['10.0.0.2']))).toBe(true);
    expect(tracker.update(slice('a', ['10.0.0.1']))).toBe(false);
    expect(tracker.update(slice('b', ['10.0.0.2']))).toBe(true);
    expect(tracker.update(slice('b', ['10.0.0.2']), true)).toBe(false);
  });

  test('an endpoint stays while any slice lists it', () => {
    const { tracker, map, addresses } = newTracker();
    tracker.update(slice('a', ['10.0.0.1']));
    tracker.update(slice('b', ['10.0.0.1']));
    tracker.apply(map);
    tracker.update(slice('b', []), true);
    tracker.apply(map);
    expect(addresses()).toEqual(['10.0.0.1']);
  });

  test.each<[string, EndpointSlice]>([
    ['of the other family', slice('a', ['fd00::1'], { addressType: 'IPv6' })],
    ['of no Service', slice('a', ['10.0.0.1'], { metadata: { name: 'a', namespace: 'default' } })],
  ])('a slice %s is nothing', (_name, object) => {
    expect(newTracker().tracker.update(object)).toBe(false);
  });

  test.each<[string, 'TCP' | 'UDP', boolean]>([
    ['UDP endpoints go', 'UDP', true],
    ['TCP endpoints go', 'TCP', false],
  ])('connection tracking needs cleaning when %s: %s', (_name, protocol, expected) => {
    const { tracker, map } = newTracker();
    tracker.update(slice('a', ['10.0.0.1'], { ports: [{ name: '', port: 53, protocol }] }));
    tracker.apply(map);
    tracker.update(slice('a', [], { ports: [{ name: '', port: 53, protocol }] }));
    expect(tracker.apply(map).conntrackCleanupRequired).toBe(expected);
  });
});
