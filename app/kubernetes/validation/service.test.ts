import { describe, expect, test } from 'vitest';
import { applyDefaults } from '../defaults/defaults.ts';
import type { JsonObject } from '../json.ts';
import { joinErrors } from './field-error.ts';
import {
  formatInvalid,
  validateCreate,
  validateStatusUpdate,
  validateUpdate,
  warningsFor,
} from './validate.ts';

const SERVICE = { group: '', version: 'v1', kind: 'Service' };
const PORT = { port: 80 };

function service(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  const meta = { name: 'web', namespace: 'default', resourceVersion: '1', ...metadata };
  return applyDefaults(SERVICE, { metadata: meta, spec });
}

/** The errors of a new Service as the API joins them; the empty string when there are none. */
function created(spec: JsonObject, metadata: JsonObject = {}): string {
  const errors = validateCreate(SERVICE, service(spec, metadata));
  return errors.length === 0 ? '' : joinErrors(errors);
}

function updated(spec: JsonObject, old: JsonObject): string {
  const errors = validateUpdate(SERVICE, service(spec), service(old));
  return errors.length === 0 ? '' : joinErrors(errors);
}

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('a new Service', () => {
  test.each<[string, JsonObject]>([
    ['with a port', { ports: [PORT] }],
    ['headless without ports', { clusterIP: 'None', clusterIPs: ['None'] }],
    ['of an external name', { type: 'ExternalName', externalName: 'example.org.' }],
    [
      'with one number for two protocols',
      {
        ports: [
          { name: 'a', port: 53 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      },
    ],
    [
      'with both families',
      {
        ports: [PORT],
        clusterIP: '10.254.0.9',
        clusterIPs: ['10.254.0.9', 'fd00::9'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
      },
    ],
    ['with a named target port', { ports: [{ port: 80, targetPort: 'http' }] }],
    [
      'of type LoadBalancer with source ranges',
      { type: 'LoadBalancer', ports: [PORT], loadBalancerSourceRanges: [' 10.0.0.0/8 '] },
    ],
  ])('%s is valid', (_name, spec) => {
    expect(created(spec)).toBe('');
  });

  test.each<[string, JsonObject, string]>([
    ['no ports', {}, 'spec.ports: Required value'],
    [
      'ports without names',
      { ports: [{ port: 80 }, { port: 81, name: 'b' }] },
      'spec.ports[0].name: Required value',
    ],
    [
      'a port out of range',
      { ports: [{ port: 70000 }] },
      '[spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]',
    ],
    [
      'a bad name of a port',
      { ports: [{ port: 80, name: 'Web' }] },
      `spec.ports[0].name: Invalid value: "Web": ${LABEL}`,
    ],
    [
      'a bad name of a target port',
      { ports: [{ port: 80, targetPort: 'a--B' }] },
      '[spec.ports[0].targetPort: Invalid value: "a--B": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), spec.ports[0].targetPort: Invalid value: "a--B": must not contain consecutive hyphens]',
    ],
    [
      'two ports of one name',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
      },
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      'a port twice',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      },
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
    [
      'a node port twice',
      {
        type: 'NodePort',
        ports: [
          { port: 80, name: 'a', nodePort: 30080 },
          { port: 81, name: 'b', nodePort: 30080 },
        ],
      },
      'spec.ports[1].nodePort: Duplicate value: 30080',
    ],
    [
      'an unknown protocol',
      { ports: [{ port: 80, protocol: 'tcp' }] },
      'spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'a node port without its type',
      { ports: [{ port: 80, nodePort: 30080 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'an unknown type',
      { type: 'Node', ports: [PORT] },
      'spec.type: Unsupported value: "Node": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      'an unknown affinity',
      { ports: [PORT], sessionAffinity: 'Cookie' },
      'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
    ],
    [
      'an affinity of more than a day',
      {
        ports: [PORT],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } },
      },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
    ['no external name', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'an external name with a cluster IP',
      { type: 'ExternalName', externalName: 'a.b', clusterIPs: ['10.254.0.9'], clusterIP: '10.254.0.9' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    [
      'headless and a node port',
      { type: 'NodePort', ports: [PORT], clusterIP: 'None', clusterIPs: ['None'] },
      'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    [
      'a cluster IP that is none',
      { ports: [PORT], clusterIP: '10.254.0', clusterIPs: ['10.254.0'] },
      'spec.clusterIPs[0]: Invalid value: "10.254.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'a cluster IP with leading zeros',
      { ports: [PORT], clusterIP: '010.254.0.1', clusterIPs: ['010.254.0.1'] },
      'spec.clusterIPs[0]: Invalid value: "010.254.0.1": must not have leading 0s',
    ],
    [
      'two cluster IPs of one family',
      { ports: [PORT], clusterIP: '10.254.0.1', clusterIPs: ['10.254.0.1', '10.254.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.254.0.1","10.254.0.2"]: may specify no more than one IP for each IP family',
    ],
    [
      'a cluster IP of another family',
      { ports: [PORT], clusterIP: '10.254.0.1', clusterIPs: ['10.254.0.1'], ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.254.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [
      'a family twice',
      { ports: [PORT], ipFamilies: ['IPv4', 'IPv4'] },
      'spec.ipFamilies[1]: Duplicate value: "IPv4"',
    ],
    [
      'an unknown family policy',
      { ports: [PORT], ipFamilyPolicy: 'Dual' },
      'spec.ipFamilyPolicy: Unsupported value: "Dual": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      'an external IP on the node itself',
      { ports: [PORT], externalIPs: ['127.0.0.1'] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'an external policy inside the cluster',
      { ports: [PORT], externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'an unknown external policy',
      { type: 'NodePort', ports: [PORT], externalTrafficPolicy: 'Near' },
      'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
    [
      'an unknown internal policy',
      { ports: [PORT], internalTrafficPolicy: 'Near' },
      'spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
    [
      'a health check port without need',
      { type: 'NodePort', ports: [PORT], healthCheckNodePort: 30000 },
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'no health check port where one is needed',
      { type: 'LoadBalancer', ports: [PORT], externalTrafficPolicy: 'Local' },
      'spec.healthCheckNodePort: Required value',
    ],
    [
      'load balancer fields without one',
      {
        ports: [PORT],
        loadBalancerClass: 'a/b',
        allocateLoadBalancerNodePorts: true,
        loadBalancerSourceRanges: ['10.0.0.0/8'],
      },
      "[spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer', spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer', spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer']",
    ],
    [
      'a source range with bits beyond its prefix',
      { type: 'LoadBalancer', ports: [PORT], loadBalancerSourceRanges: ['10.0.0.1/8'] },
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
    [
      'an unknown distribution',
      { ports: [PORT], trafficDistribution: 'Near' },
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
    [
      'a bad selector',
      { ports: [PORT], selector: { 'a b': 'c d' } },
      "[spec.selector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), spec.selector: Invalid value: \"c d\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]",
    ],
  ])('with %s is refused', (_name, spec, message) => {
    expect(created(spec)).toBe(message);
  });

  test('a health check port may be missing before a server has seen the Service', () => {
    const object = service({ type: 'LoadBalancer', ports: [PORT], externalTrafficPolicy: 'Local' });
    expect(validateCreate(SERVICE, object, { unallocated: true })).toEqual([]);
  });

  test.each<[string, JsonObject, string]>([
    ['a bad name', { name: 'Bad_Name' }, `metadata.name: Invalid value: "Bad_Name": ${LABEL}`],
    ['no name', { name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [
      'a name of 64 letters',
      { name: 'a'.repeat(64) },
      `metadata.name: Invalid value: "${'a'.repeat(64)}": must be no more than 63 bytes`,
    ],
    [
      'a bad finalizer',
      { finalizers: ['mine'] },
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      'large annotations',
      { annotations: { a: 'x'.repeat(262144) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      'two controllers',
      {
        ownerReferences: [1, 2].map((n) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          name: `p${n}`,
          uid: `${n}`,
          controller: true,
        })),
      },
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p1","uid":"1","controller":true},{"apiVersion":"v1","kind":"Pod","name":"p2","uid":"2","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p1 and Pod/p2',
    ],
  ])('with %s is refused', (_name, metadata, message) => {
    expect(created({ ports: [PORT] }, metadata)).toBe(message);
  });
});

describe('a changed Service', () => {
  const ip = (...clusterIPs: string[]): JsonObject => ({
    ports: [PORT],
    clusterIP: clusterIPs[0] ?? '',
    clusterIPs,
  });
  const dual = { ...ip('10.254.7.7', 'fd00::7'), ipFamilies: ['IPv4', 'IPv6'] };

  test.each<[string, JsonObject, JsonObject, string]>([
    [
      'its cluster IP',
      ip('10.254.9.9'),
      ip('10.254.7.7'),
      'spec.clusterIPs[0]: Invalid value: ["10.254.9.9"]: may not change once set',
    ],
    [
      'its cluster IP away',
      { ports: [PORT] },
      ip('10.254.7.7'),
      'spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset',
    ],
    [
      'to headless',
      ip('None'),
      ip('10.254.7.7'),
      'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
    ],
    [
      'one family away without the policy',
      { ...ip('10.254.7.7'), ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' },
      { ...dual, ipFamilyPolicy: 'PreferDualStack' },
      '[spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary clusterIP, spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary ipFamily]',
    ],
    [
      'its load balancer class',
      { type: 'LoadBalancer', ports: [PORT], loadBalancerClass: 'a/b' },
      { type: 'LoadBalancer', ports: [PORT] },
      'spec.loadBalancerClass: Invalid value: "a/b": may not change once set',
    ],
  ])('may not change %s', (_name, spec, old, message) => {
    expect(updated(spec, old)).toBe(message);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['to an external name', { type: 'ExternalName', externalName: 'a.b' }, ip('10.254.7.7')],
    ['its type', { ...ip('10.254.7.7'), type: 'NodePort' }, ip('10.254.7.7')],
    [
      'to two families',
      { ...dual, ipFamilyPolicy: 'PreferDualStack' },
      { ...ip('10.254.7.7'), ipFamilies: ['IPv4'] },
    ],
    [
      'to one family with the policy',
      { ...ip('10.254.7.7'), ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      dual,
    ],
  ])('may change %s', (_name, spec, old) => {
    expect(updated(spec, old)).toBe('');
  });

  test('has to say which version it changes, and keeps its name', () => {
    const object = service({ ports: [PORT] }, { resourceVersion: '', name: 'other' });
    expect(joinErrors(validateUpdate(SERVICE, object, service({ ports: [PORT] })))).toBe(
      '[metadata.resourceVersion: Invalid value: "": must be specified for an update, metadata.name: Invalid value: "other": field is immutable]',
    );
  });

  test('cannot come back to life', () => {
    const dying = service(
      { ports: [PORT] },
      { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] },
    );
    const object = service({ ports: [PORT] }, { finalizers: ['a/b', 'c/d'] });
    expect(joinErrors(validateUpdate(SERVICE, object, dying))).toBe(
      '[metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}, metadata.deletionTimestamp: Invalid value: "null": field is immutable]',
    );
  });

  test('reports a load balancer only where there is one, and addresses with their mode', () => {
    const status = (type: string, ingress: JsonObject[]): JsonObject => ({
      ...service({ ports: [PORT] }),
      spec: { type },
      status: { loadBalancer: { ingress } },
    });
    const errors = (type: string, ingress: JsonObject[]): string => {
      const object = status(type, ingress);
      return joinErrors(validateStatusUpdate(SERVICE, object, object));
    };
    expect(errors('NodePort', [{ ip: '10.0.0.100', ipMode: 'VIP' }])).toBe(
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    );
    expect(errors('LoadBalancer', [{ ip: '10.0.0.100' }, { hostname: '10.0.0.1' }])).toBe(
      '[status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set, status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address]',
    );
  });
});

test('the answer to a refused object: 422 with a cause for each error', () => {
  const errors = validateCreate(SERVICE, service({ ports: [{ port: 0 }] }));
  expect(formatInvalid(SERVICE, 'web', errors.slice(0, 1))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'Service "web" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    reason: 'Invalid',
    details: {
      name: 'web',
      kind: 'Service',
      causes: [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: 0: must be between 1 and 65535, inclusive',
          field: 'spec.ports[0].port',
        },
      ],
    },
    code: 422,
  });
  expect(formatInvalid({ group: 'apps', kind: 'Deployment' }, 'web', errors).message).toMatch(
    /^Deployment.apps "web" is invalid: \[/,
  );
});

test('what an API server takes with a warning', () => {
  const spec = { ports: [PORT], externalIPs: ['10.0.0.8'], trafficDistribution: 'PreferClose' };
  expect(warningsFor(SERVICE, service(spec))).toEqual([
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
});
