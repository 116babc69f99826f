import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import { checkLocally } from './local-check.ts';
import { editObject } from './object-edit.ts';
import {
  anotherPort,
  applicable,
  fieldValue,
  headlessEdits,
  serviceTypes,
  typeEdits,
} from './service-fields.ts';

const service = (spec: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec,
});

const EVERYTHING: Record<string, JsonObject> = {
  LoadBalancer: {
    type: 'LoadBalancer',
    clusterIP: '10.254.0.1',
    clusterIPs: ['10.254.0.1'],
    ports: [{ port: 80, nodePort: 30080 }],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 30000,
    internalTrafficPolicy: 'Cluster',
    loadBalancerClass: 'example.org/lb',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    allocateLoadBalancerNodePorts: true,
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    trafficDistribution: 'PreferSameNode',
  },
  ExternalName: { type: 'ExternalName', externalName: 'db.example.org' },
  ClusterIP: { type: 'ClusterIP', clusterIP: 'None', ports: [{ port: 80 }] },
};

describe('a Service of another type', () => {
  it.each(
    Object.entries(EVERYTHING).flatMap(([from, spec]) => serviceTypes.map((to) => ({ from, to, spec }))),
  )('has only fields that a $to may have ($from before)', ({ spec, to }) => {
    const object = typeEdits(service(spec), to).reduce(editObject, service(spec));
    // What is missing is asked for; what is too much would be refused.
    const problems = checkLocally(object, undefined).problems.filter(
      ({ message }) => !message.startsWith('Required'),
    );
    expect(problems).toEqual([]);
    expect(applicable(object).type).toBe(to);
  });

  it('keeps what it may keep', () => {
    const object = service({ ...EVERYTHING['LoadBalancer'] });
    const changed = typeEdits(object, 'NodePort').reduce(editObject, object);
    expect(changed['spec']).toMatchObject({
      ports: [{ port: 80, nodePort: 30080 }],
      externalTrafficPolicy: 'Local',
    });
  });
});

describe('the form of a Service', () => {
  it.each<[string, JsonObject, object]>([
    ['nothing said', {}, { type: 'ClusterIP', isProxied: true, nodePorts: false, externalPolicy: false }],
    ['headless', { clusterIP: 'None' }, { isHeadless: true, isProxied: false }],
    ['external IPs', { externalIPs: ['10.0.0.9'] }, { externalPolicy: true, nodePorts: false }],
    ['a node port', { type: 'NodePort' }, { externalPolicy: true, nodePorts: true, healthCheck: false }],
    [
      'a load balancer with local traffic',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
      { healthCheck: true, loadBalancer: true },
    ],
    ['a name elsewhere', { type: 'ExternalName' }, { isProxied: false }],
  ])('shows the fields of %s', (_name, spec, expected) => {
    expect(applicable(service(spec))).toMatchObject(expected);
  });

  it('becomes headless, and has an address again', () => {
    const object = service({ ports: [{ port: 80 }] });
    const headless = headlessEdits(object, true).reduce(editObject, object);
    expect(applicable(headless).isHeadless).toBe(true);
    expect(headlessEdits(headless, false).reduce(editObject, headless)).toEqual(object);
  });

  it('adds ports that may stand beside the others', () => {
    const object = service({ ports: [{ port: 80, name: 'port-2' }] });
    const one = editObject(object, { kind: 'set', path: ['spec', 'ports', 1], value: anotherPort(object) });
    const two = editObject(one, { kind: 'set', path: ['spec', 'ports', 2], value: anotherPort(one) });
    expect(checkLocally(two, undefined).problems).toEqual([]);
  });

  it.each([
    ['80', true, 80],
    ['http', true, 'http'],
    ['80', false, '80'],
    ['-1', true, '-1'],
    [' 80', true, ' 80'],
  ])('reads %j (a number: %s) as %j', (text, takesNumber, expected) => {
    expect(fieldValue(text, takesNumber)).toBe(expected);
  });
});
