/** What a person may do, as a server that refuses some of it says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { ClusterApi } from './cluster-api.ts';
import { Permissions } from './permissions.ts';

interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
}

it('is asked of the cluster, once a minute for a namespace, with its reasons', async () => {
  const asked: Attributes[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { resourceAttributes } = (JSON.parse(text) as { spec: { resourceAttributes: Attributes } }).spec;
    asked.push(resourceAttributes);
    const isRead = ['list', 'watch'].includes(resourceAttributes.verb);
    const status = isRead
      ? { allowed: true }
      : { allowed: false, denied: true, reason: 'a viewer writes nothing' };
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const kubeConfig = new KubeConfig();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    kubeConfig.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'viewer' });
    const permissions = new Permissions(new ClusterApi(kubeConfig));
    const found = await permissions.in('shop');
    expect(found).toContainEqual({ resource: 'services', verb: 'list', allowed: true, reason: '' });
    for (const resource of ['pods/exec', 'services']) {
      expect(found).toContainEqual({
        resource,
        verb: 'create',
        allowed: false,
        reason: 'a viewer writes nothing',
      });
    }
    expect(asked).toContainEqual({
      verb: 'create',
      group: '',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'shop',
    });
    expect(asked.filter(({ resource }) => resource === 'nodes')).toEqual([
      { verb: 'list', group: '', resource: 'nodes' },
    ]);
    const { length } = asked;
    await permissions.in('shop');
    expect(asked).toHaveLength(length);
    await permissions.in('other');
    expect(asked.length).toBeGreaterThan(length);
  } finally {
    server.close();
  }
});
