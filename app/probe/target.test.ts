import { describe, expect, it } from 'vitest';
import type { Service } from '../kubernetes/objects.ts';
import { parseTarget, resolveTarget } from './target.ts';

const services: Service[] = [
  {
    metadata: { namespace: 'default', name: 'mysql-service' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.254.1.1',
      clusterIPs: ['10.254.1.1', 'fd00::1'],
      ports: [{ port: 3306, nodePort: 30964 }],
    },
  },
  {
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.254.1.2',
      externalIPs: ['192.0.2.1'],
      ports: [
        { name: 'http', port: 80, nodePort: 30080 },
        { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.100' }] } },
  },
  {
    metadata: { namespace: 'shop', name: 'six' },
    spec: {
      type: 'NodePort',
      clusterIP: 'fd00:10:254::6',
      ipFamilies: ['IPv6'],
      ports: [{ port: 80, nodePort: 30006 }],
    },
  },
  {
    metadata: { namespace: 'default', name: 'headless' },
    spec: { clusterIP: 'None', ports: [{ port: 80 }] },
  },
];

const resolve = (text: string): ReturnType<typeof resolveTarget> =>
  resolveTarget(parseTarget(text), { services, nodeAddresses: ['10.0.0.5', 'fd00:10::5'] });

describe('what a probe is aimed at', () => {
  it.each([
    ['10.0.0.5:30964', '10.0.0.5', 30964, 'nodePort', 'default/mysql-service'],
    ['localhost:30964', '127.0.0.1', 30964, 'localhost', 'default/mysql-service'],
    ['[fd00::1]:3306', 'fd00::1', 3306, 'clusterIP', 'default/mysql-service'],
    ['192.168.125.2:80', '192.168.125.2', 80, 'address', undefined],
    ['[fd00:10::5]:30964', 'fd00:10::5', 30964, 'nodePort', 'default/mysql-service'],
    ['[fd00:10::9]:30964', 'fd00:10::9', 30964, 'address', undefined],
    ['[::1]:30964', '::1', 30964, 'localhost', 'default/mysql-service'],
    ['10.0.0.100:80', '10.0.0.100', 80, 'loadBalancer', 'shop/web'],
    ['192.0.2.1:80', '192.0.2.1', 80, 'externalIP', 'shop/web'],
    ['shop/six/nodePort', 'fd00:10::5', 30006, 'nodePort', 'shop/six'],
    ['shop/six/localhost', '::1', 30006, 'localhost', 'shop/six'],
    ['mysql-service', '10.254.1.1', 3306, 'clusterIP', 'default/mysql-service'],
    ['mysql-service:3306', '10.254.1.1', 3306, 'clusterIP', 'default/mysql-service'],
    ['mysql-service/nodePort', '10.0.0.5', 30964, 'nodePort', 'default/mysql-service'],
    ['default/mysql-service/nodePort', '10.0.0.5', 30964, 'nodePort', 'default/mysql-service'],
    ['mysql-service/nodeport', '10.0.0.5', 30964, 'nodePort', 'default/mysql-service'],
    ['mysql-service/localhost', '127.0.0.1', 30964, 'localhost', 'default/mysql-service'],
    ['shop/web:http', '10.254.1.2', 80, 'clusterIP', 'shop/web'],
    ['shop/web:dns/nodePort', '10.0.0.5', 30053, 'nodePort', 'shop/web'],
    ['shop/web:80/loadBalancer', '10.0.0.100', 80, 'loadBalancer', 'shop/web'],
    ['shop/web:http/externalIP', '192.0.2.1', 80, 'externalIP', 'shop/web'],
  ])('%s', (text, address, port, way, service) => {
    expect(resolve(text)).toMatchObject({ address, port, way, ...(service ? { service } : {}) });
  });

  it('knows the protocol of a Service port', () => {
    expect(resolve('shop/web:dns').protocol).toBe('UDP');
  });

  it.each([
    ['', /is no target/],
    ['10.0.0.5:99999', /1 to 65535/],
    ['mysql-service/doorway', /no Service mysql-service\/doorway.*Ways to one: clusterIP, nodePort/],
    ['mysql', /There are: default\/headless, default\/mysql-service, shop\/six, shop\/web\. /],
    ['mysql-servcie', /Did you mean default\/mysql-service\?/],
    ['web:http', /Did you mean shop\/web\?/],
    ['mysql-service:http', /no port http. It has: 3306\/TCP/],
    ['shop/web', /several ports.*http \(80\/TCP\), dns \(53\/UDP\)/],
    ['headless', /no cluster IP: it is headless/],
    ['headless/nodePort', /no node port: its type is ClusterIP/],
    ['mysql-service/loadBalancer', /lab load-balancer on/],
    ['mysql-service/externalIP', /no external IP/],
    ['a b', /is no target/],
  ])('refuses %j with what can be given', (text, message) => {
    expect(() => resolve(text)).toThrow(message);
  });
});
