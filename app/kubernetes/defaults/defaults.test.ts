import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { applyDefaults } from './defaults.ts';

const gvk = (group: string, kind: string) => ({ group, version: 'v1', kind });
const service = (spec: JsonObject, status: JsonObject = {}): JsonObject =>
  applyDefaults(gvk('', 'Service'), { spec, status });

describe('Service', () => {
  test('is a cluster IP without affinity, its ports TCP and sent to the same port', () => {
    expect(
      service({ ports: [{ port: 80 }, { port: 53, protocol: 'UDP', targetPort: 'dns' }] })['spec'],
    ).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [
        { port: 80, protocol: 'TCP', targetPort: 80 },
        { port: 53, protocol: 'UDP', targetPort: 'dns' },
      ],
    });
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['node ports let traffic in from outside', { type: 'NodePort' }, { externalTrafficPolicy: 'Cluster' }],
    ['external IPs do as well', { externalIPs: ['10.0.0.8'] }, { externalTrafficPolicy: 'Cluster' }],
    [
      'a load balancer takes node ports unless told otherwise',
      { type: 'LoadBalancer' },
      { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true },
    ],
    [
      'told otherwise it does not',
      { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false },
      { allocateLoadBalancerNodePorts: false },
    ],
    [
      'client IP affinity lasts three hours',
      { sessionAffinity: 'ClientIP' },
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    ],
    [
      'or as long as it says',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    ],
  ])('%s', (_name, spec, expected) => {
    expect(service(spec)['spec']).toMatchObject(expected);
  });

  test('affinity settings go when affinity does', () => {
    const spec = { sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } };
    expect(service(spec)['spec']).not.toHaveProperty('sessionAffinityConfig');
  });

  test('an external name has no traffic policies', () => {
    expect(service({ type: 'ExternalName', externalName: 'example.org' })['spec']).toEqual({
      type: 'ExternalName',
      externalName: 'example.org',
      sessionAffinity: 'None',
    });
  });

  test("a load balancer's address is a virtual one", () => {
    const status: JsonObject = { loadBalancer: { ingress: [{ ip: '10.0.0.100' }, { hostname: 'lb' }] } };
    expect(service({ type: 'LoadBalancer' }, status)['status']).toEqual({
      loadBalancer: { ingress: [{ ip: '10.0.0.100', ipMode: 'VIP' }, { hostname: 'lb' }] },
    });
  });
});

test('a Deployment rolls a quarter of its pods at a time', () => {
  const deployment = applyDefaults(gvk('apps', 'Deployment'), {
    spec: {
      template: { spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] } },
    },
  });
  expect(deployment).toMatchObject({
    spec: {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
          containers: [
            { imagePullPolicy: 'Always', terminationMessagePolicy: 'File', ports: [{ protocol: 'TCP' }] },
          ],
        },
      },
    },
  });
  expect(deployment).not.toHaveProperty('spec.template.spec.enableServiceLinks');
});

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.27', 'IfNotPresent'],
  ['registry:5000/nginx', 'Always'],
  ['registry:5000/nginx:1', 'IfNotPresent'],
  ['nginx@sha256:0123', 'IfNotPresent'],
])('image %s is pulled %s', (image, imagePullPolicy) => {
  const pod = applyDefaults(gvk('', 'Pod'), { spec: { containers: [{ image }] } });
  expect(pod).toMatchObject({ spec: { enableServiceLinks: true, containers: [{ imagePullPolicy }] } });
});

test('a pod asks for what it is limited to, takes its host ports from its ports, and probes have their periods', () => {
  const pod = applyDefaults(gvk('', 'Pod'), {
    spec: {
      hostNetwork: true,
      containers: [
        {
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { port: 80 } },
        },
      ],
      volumes: [{ name: 'scratch' }],
    },
  });
  expect(pod).toMatchObject({
    spec: {
      containers: [
        {
          resources: { requests: { cpu: '500m', memory: '1Gi' } },
          ports: [{ hostPort: 80 }],
          readinessProbe: { httpGet: { path: '/', scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 },
        },
      ],
      volumes: [{ emptyDir: {} }],
    },
  });
});

test('a Namespace is labelled with its name and active; a slice port has a name and a protocol', () => {
  expect(applyDefaults(gvk('', 'Namespace'), { metadata: { name: 'a' }, status: {} })).toEqual({
    metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } },
    status: { phase: 'Active' },
  });
  expect(applyDefaults(gvk('discovery.k8s.io', 'EndpointSlice'), { ports: [{ port: 80 }] })).toEqual({
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
  });
});

test('the given object stays as it is', () => {
  const given = { spec: { ports: [{ port: 80 }] } };
  applyDefaults(gvk('', 'Service'), given);
  expect(given).toEqual({ spec: { ports: [{ port: 80 }] } });
});
