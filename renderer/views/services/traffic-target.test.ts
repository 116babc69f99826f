import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../app/probe/target.ts';
import { trafficTarget } from './traffic-target.ts';

describe('what traffic to a Service begins with', () => {
  it.each([
    [
      'its node port, from outside',
      'default',
      [{ port: 80, nodePort: 30080 }],
      { target: 'web/nodePort', from: 'client' },
    ],
    ['its cluster IP, from the node', 'default', [{ port: 80 }], { target: 'web', from: 'node' }],
    [
      'its first port by name',
      'shop',
      [
        { port: 80, name: 'http' },
        { port: 81, name: 'b' },
      ],
      { target: 'shop/web:http', from: 'node' },
    ],
  ])('%s', (_name, namespace, ports, expected) => {
    const query = trafficTarget({ metadata: { name: 'web', namespace }, spec: { ports } });
    expect(query).toEqual(expected);
    expect(parseTarget(query['target'] ?? '')).toMatchObject({ kind: 'service', namespace, name: 'web' });
  });
});
