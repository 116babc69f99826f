import { describe, expect, it } from 'vitest';
import { imageName, listeningPorts } from './known-ports.ts';

describe('the ports a container of the lab answers on', () => {
  it.each([
    ['declared ports alone', { name: 'a', image: 'nginx', ports: [{ containerPort: 81 }] }, ['TCP/81']],
    [
      'a declared UDP port',
      { name: 'a', ports: [{ containerPort: 53, protocol: 'UDP' as const }] },
      ['UDP/53'],
    ],
    ['the known port of an image', { name: 'a', image: 'redis' }, ['TCP/6379']],
    ['a tag and a registry are passed over', { name: 'a', image: 'r.example:5000/x/nginx:1.27' }, ['TCP/80']],
    ['both of a name server', { name: 'a', image: 'coredns/coredns' }, ['UDP/53', 'TCP/53']],
    ['8080 for an unknown image', { name: 'a', image: 'agnhost' }, ['TCP/8080']],
    ['nothing for SCTP', { name: 'a', ports: [{ containerPort: 9, protocol: 'SCTP' as const }] }, []],
  ])('%s', (_name, container, expected) => {
    expect(listeningPorts(container).map((port) => `${port.protocol}/${port.containerPort}`)).toEqual(
      expected,
    );
  });

  it('reads an image name out of a reference with a digest', () => {
    expect(imageName('docker.io/library/mysql@sha256:abc')).toBe('mysql');
  });
});
