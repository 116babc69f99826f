import { describe, expect, test } from 'vitest';
import { applyDefaults } from '../defaults/defaults.ts';
import type { JsonObject } from '../json.ts';
import { strictDecode } from '../schema/decode.ts';
import { joinErrors } from './field-error.ts';
import { validateCreate, validateUpdate } from './validate.ts';

const KINDS = {
  Deployment: 'apps',
  ReplicaSet: 'apps',
  EndpointSlice: 'discovery.k8s.io',
  ServiceCIDR: 'networking.k8s.io',
  IPAddress: 'networking.k8s.io',
} as const;
const CLUSTER_WIDE = ['Namespace', 'Node', 'ServiceCIDR', 'IPAddress'];

function gvk(kind: string): { group: string; version: string; kind: string } {
  return { group: (KINDS as Record<string, string>)[kind] ?? '', version: 'v1', kind };
}

function object(kind: string, fields: JsonObject, metadata: JsonObject = {}): JsonObject {
  const namespace = CLUSTER_WIDE.includes(kind) ? {} : { namespace: 'default' };
  const whole = { ...fields, metadata: { name: 'web', ...namespace, resourceVersion: '1', ...metadata } };
  return applyDefaults(gvk(kind), strictDecode(gvk(kind), whole).object);
}

function created(kind: string, fields: JsonObject, metadata: JsonObject = {}): string {
  const errors = validateCreate(gvk(kind), object(kind, fields, metadata));
  return errors.length === 0 ? '' : joinErrors(errors);
}

function updated(kind: string, fields: JsonObject, old: JsonObject): string {
  const errors = validateUpdate(gvk(kind), object(kind, fields), object(kind, old));
  return errors.length === 0 ? '' : joinErrors(errors);
}

const CONTAINER = { name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] };
const LABELS = { app: 'web' };

function deployment(spec: JsonObject, pod: JsonObject = { containers: [CONTAINER] }): JsonObject {
  return {
    spec: {
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: pod },
      ...spec,
    },
  };
}

test.each<[string, JsonObject, JsonObject?]>([
  ['Deployment', deployment({})],
  ['ReplicaSet', deployment({ replicas: 0 })],
  ['Pod', { spec: { containers: [CONTAINER] } }],
  [
    'EndpointSlice',
    { addressType: 'IPv4', endpoints: [{ addresses: ['192.168.125.2'] }], ports: [{ port: 80 }] },
  ],
  ['Endpoints', { subsets: [{ addresses: [{ ip: '192.168.125.2' }], ports: [{ port: 80 }] }] }],
  ['Namespace', {}],
  ['Node', { spec: { podCIDRs: ['192.168.125.0/24', 'fd00:10:244::/64'] } }],
  ['ServiceCIDR', { spec: { cidrs: ['10.254.0.0/16', 'fd00:10:254::/112'] } }],
  [
    'IPAddress',
    { spec: { parentRef: { resource: 'services', name: 'web', namespace: 'default' } } },
    { name: '10.254.0.1' },
  ],
  ['ConfigMap', { data: { a: 'b' } }],
])('a %s that is as it should be', (kind, fields, metadata) => {
  expect(created(kind, fields, metadata)).toBe('');
});

describe('refused', () => {
  test.each<[string, string, JsonObject, string]>([
    [
      'negative replicas',
      'Deployment',
      deployment({ replicas: -1 }),
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'no selector',
      'Deployment',
      deployment({ selector: null }),
      '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`]',
    ],
    [
      'nothing at all',
      'Deployment',
      { spec: {} },
      '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]',
    ],
    [
      'an empty selector',
      'Deployment',
      deployment({ selector: {} }),
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'a selector that misses the template',
      'Deployment',
      deployment({ selector: { matchLabels: { app: 'db' } } }),
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'an unknown strategy',
      'Deployment',
      deployment({ strategy: { type: 'Blue' } }),
      'spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"',
    ],
    [
      'rolling where all is recreated',
      'Deployment',
      deployment({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'nothing to roll with',
      'Deployment',
      deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      'pods that do not restart',
      'Deployment',
      deployment({}, { restartPolicy: 'Never', containers: [CONTAINER] }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    ['no containers', 'Deployment', deployment({}, {}), 'spec.template.spec.containers: Required value'],
    [
      'a container without an image',
      'Pod',
      { spec: { containers: [{ name: 'a' }] } },
      'spec.containers[0].image: Required value',
    ],
    [
      'a container name twice',
      'Pod',
      { spec: { containers: [CONTAINER, CONTAINER] } },
      'spec.containers[1].name: Duplicate value: "web"',
    ],
    [
      'a container port out of range',
      'Pod',
      { spec: { containers: [{ ...CONTAINER, ports: [{ containerPort: 65536 }] }] } },
      'spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
    ],
    [
      'a probe that does nothing',
      'Pod',
      { spec: { containers: [{ ...CONTAINER, readinessProbe: {} }] } },
      'spec.containers[0].readinessProbe: Required value: must specify a handler type',
    ],
    [
      'more asked for than allowed',
      'Pod',
      {
        spec: {
          containers: [{ ...CONTAINER, resources: { limits: { cpu: '1' }, requests: { cpu: '1500m' } } }],
        },
      },
      'spec.containers[0].resources.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1',
    ],
    [
      'an unknown restart policy',
      'Pod',
      { spec: { restartPolicy: 'No', containers: [CONTAINER] } },
      'spec.restartPolicy: Unsupported value: "No": supported values: "Always", "OnFailure", "Never"',
    ],
    ['no address type', 'EndpointSlice', {}, 'addressType: Required value'],
    [
      'an address of another family',
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1'] }] },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
    ],
    [
      'no addresses',
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: [] }] },
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    ],
    [
      'a slice port name twice',
      'EndpointSlice',
      {
        addressType: 'IPv4',
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      'ports[1].name: Duplicate value: "a"',
    ],
    [
      'an empty subset',
      'Endpoints',
      { subsets: [{}] },
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    ],
    [
      'link-local endpoints',
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
    [
      'a key that is no file name',
      'ConfigMap',
      { data: { 'a b': 'x', '..': 'y' } },
      "[data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+'), data[..]: Invalid value: \"..\": must not be '..']",
    ],
    [
      'a key twice',
      'ConfigMap',
      { data: { a: 'x' }, binaryData: { a: 'eA==' } },
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [
      'more than a ConfigMap holds',
      'ConfigMap',
      { data: { a: 'x'.repeat(1024 * 1024) }, binaryData: { b: 'eA==' } },
      ': Too long: may not be more than 1048576 bytes',
    ],
    [
      'a certificate without its key',
      'Secret',
      { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } },
      'data[tls.key]: Required value',
    ],
    [
      'a password that is none',
      'Secret',
      { type: 'kubernetes.io/basic-auth' },
      '[data[%s][username]: Required value, data[%s][password]: Required value]',
    ],
    [
      'credentials that are no object',
      'Secret',
      { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': 'WzFd' } },
      'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'two ranges of one family',
      'Node',
      { spec: { podCIDRs: ['10.1.0.0/24', '10.2.0.0/24'] } },
      'spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family',
    ],
    [
      'no service range',
      'ServiceCIDR',
      { spec: {} },
      'spec.cidrs: Required value: at least one CIDR required',
    ],
    [
      'a service range in another form',
      'ServiceCIDR',
      { spec: { cidrs: ['fd00:0::/112'] } },
      'spec.cidrs[0]: Invalid value: "fd00:0::/112": must be in canonical form ("fd00::/112")',
    ],
  ])('%s: %s', (_name, kind, fields, message) => {
    expect(created(kind, fields)).toBe(message);
  });

  test('a Namespace with a dot, and one in a namespace', () => {
    expect(created('Namespace', {}, { name: 'a.b' })).toMatch(
      /^metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label/,
    );
    expect(created('Namespace', {}, { namespace: 'default' })).toBe(
      'metadata.namespace: Forbidden: not allowed on this type',
    );
  });
});

describe('changes', () => {
  test.each<[string, string, JsonObject, JsonObject, string]>([
    [
      "a Deployment's selector stays",
      'Deployment',
      deployment({
        selector: { matchLabels: { app: 'web', v: '2' } },
        template: { metadata: { labels: { app: 'web', v: '2' } }, spec: { containers: [CONTAINER] } },
      }),
      deployment({}),
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","v":"2"}}: field is immutable',
    ],
    ['its replicas need not', 'Deployment', deployment({ replicas: 3 }), deployment({}), ''],
    [
      "a pod's image may change",
      'Pod',
      { spec: { containers: [{ ...CONTAINER, image: 'nginx:2', imagePullPolicy: 'Always' }] } },
      { spec: { containers: [CONTAINER] } },
      '',
    ],
    [
      'its containers stay',
      'Pod',
      { spec: { containers: [CONTAINER, { ...CONTAINER, name: 'b' }] } },
      { spec: { containers: [CONTAINER] } },
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      "a slice's address type stays",
      'EndpointSlice',
      { addressType: 'IPv6' },
      { addressType: 'IPv4' },
      'addressType: Invalid value: "IPv6": field is immutable',
    ],
    [
      'an immutable ConfigMap stays',
      'ConfigMap',
      { data: { a: 'y' } },
      { immutable: true, data: { a: 'x' } },
      '[immutable: Forbidden: field is immutable when `immutable` is set, data: Forbidden: field is immutable when `immutable` is set]',
    ],
    ['its labels need not', 'ConfigMap', { immutable: true, metadata: {} }, { immutable: true }, ''],
    [
      "a Secret's type stays",
      'Secret',
      { type: 'Opaque' },
      { type: 'example.org/own' },
      'type: Invalid value: "Opaque": field is immutable',
    ],
    [
      'a second service range may be added',
      'ServiceCIDR',
      { spec: { cidrs: ['10.254.0.0/16', 'fd00::/112'] } },
      { spec: { cidrs: ['10.254.0.0/16'] } },
      '',
    ],
    [
      'the first one stays',
      'ServiceCIDR',
      { spec: { cidrs: ['10.1.0.0/16'] } },
      { spec: { cidrs: ['10.254.0.0/16'] } },
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    ],
  ])('%s', (_name, kind, fields, old, message) => {
    expect(updated(kind, fields, old)).toBe(message);
  });

  test('a pod is otherwise as it was made', () => {
    const message = updated(
      'Pod',
      { spec: { nodeName: 'other', containers: [CONTAINER] } },
      { spec: { containers: [CONTAINER] } },
    );
    expect(message).toContain(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
    );
    expect(message).toContain('nodeName');
  });
});
