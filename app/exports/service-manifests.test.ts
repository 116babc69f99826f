import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Service } from '../kubernetes/objects.ts';
import { printServiceManifests } from './service-manifests.ts';

const STORED: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'f3',
    resourceVersion: '12',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'yes' },
    managedFields: [
      {
        manager: 'kubectl-create',
        operation: 'Update',
        fieldsV1: {
          'f:spec': { 'f:type': {}, 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:nodePort': {} } } },
        },
      },
      { manager: 'controller', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
    ],
  },
  spec: {
    type: 'NodePort',
    clusterIP: '10.254.7.7',
    clusterIPs: ['10.254.7.7'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    externalTrafficPolicy: 'Cluster',
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    selector: { app: 'yes' },
    ports: [
      { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30080 },
      { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP', nodePort: 31053 },
    ],
  },
  status: { loadBalancer: {} },
};

function documents(...services: Service[]): unknown[] {
  return parseAllDocuments(printServiceManifests(services)).map((document) => document.toJS());
}

test('what a server made of a Service is left out, what the user chose is kept', () => {
  expect(documents(STORED)).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop', labels: { app: 'yes' } },
      spec: {
        type: 'NodePort',
        sessionAffinity: 'ClientIP',
        selector: { app: 'yes' },
        ports: [
          { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    },
  ]);
});

test('text that YAML 1.1 would take for something else is quoted', () => {
  expect(printServiceManifests([STORED])).toContain('app: "yes"');
});

test('what was applied last tells what the user chose, and is not kept', () => {
  const { managedFields: _, ...metadata } = STORED.metadata ?? {};
  const applied = {
    spec: { clusterIP: '10.254.7.7', ports: [{ port: 53, protocol: 'UDP', nodePort: 31053 }] },
  };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) };
  const [document] = documents({ ...STORED, metadata: { ...metadata, annotations } });
  expect(document).toMatchObject({
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'yes' } },
    spec: { clusterIP: '10.254.7.7', ports: [{ port: 80 }, { port: 53, nodePort: 31053 }] },
  });
  expect(document).not.toHaveProperty('spec.ports[0].nodePort');
  expect(document).not.toHaveProperty('metadata.annotations');
});

test('a Service from a file keeps its addresses; headless stays headless; the API server has its own', () => {
  const fromFile: Service = {
    metadata: { name: 'a' },
    spec: { clusterIP: '10.254.0.9', ports: [{ port: 1 }] },
  };
  const headless: Service = {
    metadata: STORED.metadata ?? {},
    spec: { clusterIP: 'None', clusterIPs: ['None'] },
  };
  const own: Service = {
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
  };
  expect(documents(fromFile, headless, own)).toMatchObject([
    { spec: { clusterIP: '10.254.0.9' } },
    { spec: { clusterIP: 'None' } },
  ]);
});
