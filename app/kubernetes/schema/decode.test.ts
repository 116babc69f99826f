import { describe, expect, test } from 'vitest';
import { decodeType, strictDecode, strictDecodingError } from './decode.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { definitionNames, typeSchema } from './schema.ts';

const SERVICE = { group: '', version: 'v1', kind: 'Service' };
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };

describe('unknown fields', () => {
  test('are named with their list index, dropped, and told in the order met', () => {
    const { object, unknownFields } = strictDecode(SERVICE, {
      metadata: { name: 'a', nmae: 'b' },
      spec: { prots: [], ports: [{ port: 80 }, { port: 81, prot: 'TCP' }] },
    });
    expect(unknownFields).toEqual(['metadata.nmae', 'spec.prots', 'spec.ports[1].prot']);
    expect(object['spec']).toEqual({ ports: [{ port: 80 }, { port: 81 }] });
  });

  test('are cased exactly: Spec is not spec', () => {
    expect(strictDecode(SERVICE, { Spec: {} }).unknownFields).toEqual(['Spec']);
  });

  test('make one strict decoding error together with duplicates', () => {
    expect(strictDecodingError(['spec.prots', 'x'], ['spec.type'])).toBe(
      'strict decoding error: duplicate field "spec.type", unknown field "spec.prots", unknown field "x"',
    );
    expect(strictDecodingError([])).toBeUndefined();
  });
});

describe('wrong types', () => {
  test.each([
    [
      'a string for a number',
      { ports: [{ port: 'x' }] },
      'string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'a fraction for an integer',
      { ports: [{ port: 80.5 }] },
      'number 80.5 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'an integer past 32 bits',
      { ports: [{ port: 2 ** 31 }] },
      'number 2147483648 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'a string for a list',
      { ports: 'x' },
      'string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort',
    ],
    [
      'a string for an object',
      { ports: ['x'] },
      'string into Go struct field ServiceSpec.spec.ports of type v1.ServicePort',
    ],
    [
      'a number for a named string',
      { type: 1 },
      'number into Go struct field ServiceSpec.spec.type of type v1.ServiceType',
    ],
    [
      'a bool for a map value',
      { selector: { a: true } },
      'bool into Go struct field ServiceSpec.spec.selector of type string',
    ],
    [
      'a list for a map',
      { selector: [] },
      'array into Go struct field ServiceSpec.spec.selector of type map[string]string',
    ],
    ['an object for an IntOrString', { ports: [{ targetPort: {} }] }, 'object into Go value of type int32'],
  ])('%s', (_name, spec, message) => {
    expect(() => strictDecode(SERVICE, { spec })).toThrow(`json: cannot unmarshal ${message}`);
  });

  test('of the object itself', () => {
    expect(() => strictDecode(SERVICE, [])).toThrow(
      'json: cannot unmarshal array into Go value of type v1.Service',
    );
  });

  test('of a quantity and of a time are told in their own words', () => {
    const limits = { template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } };
    expect(() => strictDecode(DEPLOYMENT, { spec: limits })).toThrow(
      'quantities must match the regular expression',
    );
    expect(() => strictDecode(SERVICE, { metadata: { creationTimestamp: 'today' } })).toThrow(
      'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
    );
  });
});

describe('what is written back', () => {
  test('a plain empty value is dropped, one behind a pointer kept, null is nothing', () => {
    const spec = {
      publishNotReadyAddresses: false,
      allocateLoadBalancerNodePorts: false,
      selector: {},
      type: null,
    };
    expect(strictDecode(SERVICE, { spec }).object['spec']).toEqual({ allocateLoadBalancerNodePorts: false });
  });

  test('structs held by value appear, slices without omitempty are null', () => {
    expect(strictDecode(SERVICE, {}).object).toEqual({
      metadata: {},
      spec: {},
      status: { loadBalancer: {} },
    });
    const slice = strictDecode(
      { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
      { addressType: 'IPv4' },
    );
    expect(slice.object).toMatchObject({ endpoints: null, ports: null });
  });

  test('quantities take their canonical form', () => {
    const { object } = decodeType(typeSchema('io.k8s.api.core.v1.ResourceRequirements'), {
      limits: { cpu: 0.5, memory: '2048Mi', storage: '1500M', 'example.com/x': '1e3', gpus: '1000m' },
    });
    expect(object['limits']).toEqual({
      cpu: '500m',
      memory: '2Gi',
      storage: '1500M',
      'example.com/x': '1e3',
      gpus: '1',
    });
  });

  test('times are UTC, to the second or the microsecond', () => {
    const { object } = strictDecode(
      { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
      {
        metadata: { creationTimestamp: '2026-01-02T05:04:05.9+02:00' },
        eventTime: '2026-01-02T03:04:05.1234567Z',
      },
    );
    expect(object).toMatchObject({
      metadata: { creationTimestamp: '2026-01-02T03:04:05Z' },
      eventTime: '2026-01-02T03:04:05.123456Z',
    });
  });
});

test('fields given twice are found at any depth, once each', () => {
  const text = '{"a":1,"b":{"c":[{"d":1,"d":2,"d":3},"x]\\"",{}],"c":3}, "a" : 2}';
  expect(duplicateFields(text)).toEqual(['b.c[0].d', 'b.c', 'a']);
});

test('every generated definition can be built', () => {
  for (const name of definitionNames()) expect(typeSchema(name).fields.size, name).toBeGreaterThan(0);
});
