import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import { type LabFixture, startFixture, until } from '../api-server/testing/lab-fixture.ts';

/** What a cluster keeps of its own accord: the server's CA in each namespace, the node's lease. */

type WithData = KubernetesObject & { data?: Record<string, string> };
type Lease = KubernetesObject & { spec?: Record<string, unknown> };

let lab: LabFixture;

beforeEach(async () => {
  lab = await startFixture();
});

afterEach(() => lab.close());

describe('the server’s CA', () => {
  const key = { namespace: 'team-a', name: 'kube-root-ca.crt' };
  const published = (): Promise<WithData> =>
    until<WithData>(
      lab.client,
      'configmaps',
      ({ metadata, data }, type) =>
        metadata.namespace === key.namespace &&
        type !== 'DELETED' &&
        data?.['ca.crt']?.startsWith('-----BEGIN CERTIFICATE-----') === true,
    );

  test('is in every namespace, and again when it is deleted or changed', async () => {
    lab.client.create('namespaces', { metadata: { name: key.namespace } });
    await published();
    lab.client.delete('configmaps', key);
    await published();
    lab.client.patch('configmaps', key, { patch: { data: { 'ca.crt': 'x' } } });
    await published();
  });

  test('goes with its namespace', async () => {
    lab.client.create('namespaces', { metadata: { name: key.namespace } });
    await published();
    const gone = until(
      lab.client,
      'namespaces',
      ({ metadata }, type) => type === 'DELETED' && metadata.name === key.namespace,
    );
    lab.client.delete('namespaces', { name: key.namespace });
    await gone;
    expect(lab.client.get('configmaps', key)).toBeUndefined();
  });
});

test('the node has a lease that it has renewed', async () => {
  const lease = await until<Lease>(lab.client, 'leases', ({ metadata }) => metadata.name === 'lab-node');
  expect(lease).toMatchObject({
    metadata: { namespace: 'kube-node-lease', ownerReferences: [{ kind: 'Node', name: 'lab-node' }] },
    spec: {
      holderIdentity: 'lab-node',
      leaseDurationSeconds: 40,
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    },
  });
});
