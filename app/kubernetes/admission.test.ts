import { describe, expect, test } from 'vitest';
import { Dice } from '../proxy/random-cluster.ts';
import { admitInFull, admitObject } from './admission.ts';
import { type JsonObject, type JsonValue, jsonCopy } from './json.ts';
import type { KubernetesObject } from './objects.ts';
import { isPlainlyValid } from './plainly-valid.ts';

type AnyObject = KubernetesObject & JsonObject;

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' }, resourceVersion: '7' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.254.0.1',
    clusterIPs: ['10.254.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    sessionAffinity: 'None',
    selector: { app: 'web' },
    ports: [
      { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30080 },
      { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP', nodePort: 30443 },
    ],
  },
  status: { loadBalancer: {} },
};

const SLICE = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: [
    {
      addresses: ['10.244.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1.example.org',
      zone: 'zone-a',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'web-1', uid: '1' },
    },
  ],
};

function admit(object: unknown): ReturnType<typeof admitObject> {
  return admitObject(object as AnyObject);
}

test('plain objects are seen to be valid at a glance', () => {
  expect([SERVICE, SLICE].map((object) => isPlainlyValid(object as AnyObject))).toEqual([true, true]);
});

describe('objects that a server takes', () => {
  test.each<[string, unknown]>([
    [
      'a Service as one writes it',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
    ],
    [
      'a load balancer with policy, before a health check port is allocated',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] },
      },
    ],
    [
      'a Node',
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'lab-node' },
        spec: { podCIDRs: ['10.244.0.0/24'] },
      },
    ],
    ['a kind nobody knows here', { apiVersion: 'example.org/v1', kind: 'Thing', spec: 5 }],
  ])('%s', (_name, object) => {
    expect(admit(object).problems).toEqual([]);
  });

  test('get their defaults', () => {
    const { object } = admit({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
    });
    expect(object).toMatchObject({
      metadata: { namespace: 'default' },
      spec: { type: 'ClusterIP', ports: [{ protocol: 'TCP', targetPort: 80 }] },
    });
  });

  test('may have fields that their type has not', () => {
    expect(admit({ ...SERVICE, spec: { ...SERVICE.spec, colour: 'red' } })).toMatchObject({
      problems: [],
      unknownFields: ['spec.colour'],
    });
  });
});

describe('objects that a server refuses, with the field and the reason', () => {
  const service = (spec: JsonObject): unknown => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec,
  });
  test.each<[string, unknown, RegExp]>([
    ['no ports', service({}), /^spec.ports: Required value/],
    [
      'a port out of range',
      service({ ports: [{ port: 70000 }] }),
      /^spec.ports\[0\].port: Invalid value: 70000/,
    ],
    ['a port that is text', service({ ports: [{ port: '80' }] }), /cannot unmarshal string into Go .*port/],
    ['ports that are no list', service({ ports: 80 }), /cannot unmarshal number/],
    ['a wrong cluster IP', service({ clusterIP: 'here', ports: [{ port: 80 }] }), /^spec.clusterIPs?/],
    [
      'a name that is none',
      { ...SERVICE, metadata: { name: 'Web!', namespace: 'default' } },
      /^metadata.name: Invalid value/,
    ],
    [
      'a loopback endpoint',
      { ...SLICE, endpoints: [{ addresses: ['127.0.0.1'] }] },
      /^endpoints\[0\].addresses\[0\]: Invalid value/,
    ],
    [
      'an endpoint of the other family',
      { ...SLICE, endpoints: [{ addresses: ['fd00::1'] }] },
      /must be an IPv4 address/,
    ],
    ['endpoints without address', { ...SLICE, endpoints: [{}] }, /^endpoints\[0\].addresses: Required value/],
  ])('%s', (_name, object, expected) => {
    expect(admit(object).problems[0]).toMatch(expected);
  });
});

/** Values that are wrong in most places. */
const WRONG: JsonValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  70000,
  '',
  'a..b',
  'UPPER',
  '10.0.0.256',
  '127.0.0.1',
  'x'.repeat(300),
  [],
  {},
  ['a', 'a'],
  { a: 1 },
];

/** A copy with one thing somewhere in it changed, added, doubled or left out. */
function mutate(dice: Dice, original: JsonObject): JsonObject {
  const copy = jsonCopy(original);
  let place: JsonObject | JsonValue[] = copy;
  for (;;) {
    const inner: (JsonObject | JsonValue[])[] = Object.values(place).filter(
      (value): value is JsonObject | JsonValue[] => typeof value === 'object' && value !== null,
    );
    const [first, ...rest] = inner;
    if (first === undefined || dice.chance(0.3)) break;
    place = dice.pick(first, ...rest);
  }
  const value = jsonCopy(dice.pick<JsonValue>(null, ...WRONG));
  if (Array.isArray(place)) {
    if (dice.chance(0.3) && place[0] !== undefined) place.push(jsonCopy(place[0]));
    else place[0] = value;
    return copy;
  }
  const keys = Object.keys(place);
  const key = dice.chance(0.2)
    ? dice.pick('unknown', '__proto', 'name', 'nodePort', 'externalName')
    : dice.pick('name', ...keys);
  if (dice.chance(0.2)) delete place[key];
  else place[key] = value;
  return copy;
}

test('what is plainly valid is valid, whatever is done to an object', () => {
  const dice = new Dice(11);
  let plain = 0;
  for (let round = 0; round < 6000; round++) {
    const original = dice.chance(0.5) ? SERVICE : SLICE;
    let object = mutate(dice, original as unknown as JsonObject);
    if (dice.chance(0.3)) object = mutate(dice, object);
    if (!isPlainlyValid(object as AnyObject)) continue;
    plain += 1;
    const { problems, unknownFields } = admitInFull(object as AnyObject);
    expect({ problems, unknownFields }, JSON.stringify(object)).toEqual({ problems: [], unknownFields: [] });
  }
  expect(plain).toBeGreaterThan(100);
});
