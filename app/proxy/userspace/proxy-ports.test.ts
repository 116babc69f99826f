import { describe, expect, it } from 'vitest';
import type { Service, ServicePort } from '../../kubernetes/objects.ts';
import { DEFAULT_CONFIGURATION } from '../configuration.ts';
import { type ServicePortInfo, servicePortInfos } from '../service-port.ts';
import {
  chosenProxyPorts,
  PROXY_PORT_ANNOTATION,
  parseProxyPortAnnotation,
  pinnedProxyPort,
} from './proxy-ports.ts';

describe('the annotation', () => {
  // biome-ignore format: one case a line
  it.each<[name: string, text: string, portNames: string[], ports: Record<string, number>, problem?: string]>([
    ['pins the only port', '36463', [''], { '': 36463 }],
    ['pins the only port that has a name', ' 36463 ', ['http'], { http: 36463 }],
    ['pins ports by name', 'http=36463, dns=36464', ['http', 'dns'], { http: 36463, dns: 36464 }],
    ['pins some ports by name', 'dns=36464', ['http', 'dns'], { dns: 36464 }],
    ['pins the port without a name', '=36463', [''], { '': 36463 }],
    ['takes the highest port', '65535', [''], { '': 65535 }],
    ['has to name the ports where there are several', '36463', ['http', 'dns'], {}, 'the Service has several ports: write name=port for each'],
    ['names ports that are there', 'web=1,http=36463', ['http'], { http: 36463 }, 'the Service has no port named "web"'],
    ['names a port once', 'http=1,http=2', ['http'], { http: 1 }, 'port "http" is pinned twice'],
    ['is not empty', '', [''], {}, '"" is no port number from 1 to 65535'],
    ['holds numbers', 'ssh', [''], {}, '"ssh" is no port number from 1 to 65535'],
    ['holds whole numbers', '36463.5', [''], {}, '"36463.5" is no port number from 1 to 65535'],
    ['holds no zero', '0', [''], {}, '"0" is no port number from 1 to 65535'],
    ['holds no number beyond 65535', '65536', [''], {}, '"65536" is no port number from 1 to 65535'],
    ['counts where it is right beside what is wrong', 'http=x,dns=36464', ['http', 'dns'], { dns: 36464 }, '"x" is no port number from 1 to 65535'],
  ])('%s: %j', (_name, text, portNames, ports, problem) => {
    const result = parseProxyPortAnnotation(text, portNames);
    expect(Object.fromEntries(result.ports)).toEqual(ports);
    expect(result.problem).toBe(problem);
  });
});

function infos(name: string, ports: ServicePort[], annotation?: string): ServicePortInfo[] {
  const service: Service = {
    metadata: {
      name,
      namespace: 'default',
      ...(annotation === undefined ? {} : { annotations: { [PROXY_PORT_ANNOTATION]: annotation } }),
    },
    spec: { clusterIP: '10.254.0.1', ports },
  };
  return servicePortInfos(service, 'IPv4');
}

const ONE: ServicePort[] = [{ port: 80 }];
const TCP_AND_UDP: ServicePort[] = [
  { name: 'tcp', port: 53, protocol: 'TCP' },
  { name: 'udp', port: 53, protocol: 'UDP' },
];

describe('the ports chosen without a listener', () => {
  const choose = (
    services: ServicePortInfo[],
    portRange?: { from: number; to: number },
  ): Record<string, number> =>
    Object.fromEntries(chosenProxyPorts(services, { ...DEFAULT_CONFIGURATION, portRange }));

  it('are the pinned ones, and none for who comes second', () => {
    const services = [...infos('b', ONE, '36463'), ...infos('a', ONE, '36463'), ...infos('c', ONE, '36464')];
    expect(choose(services)).toEqual({ 'default/a::TCP': 36463, 'default/c::TCP': 36464 });
    expect(services.map(pinnedProxyPort)).toEqual([36463, 36463, 36464]);
  });

  it('are one number for TCP and UDP where both are pinned to it', () => {
    expect(choose(infos('dns', TCP_AND_UDP, 'tcp=36463,udp=36463'))).toEqual({
      'default/dns:tcp:TCP': 36463,
      'default/dns:udp:UDP': 36463,
    });
  });

  it('lie in the range Linux takes them from', () => {
    const services = Array.from({ length: 300 }, (_, index) => infos(`s${index}`, ONE)).flat();
    const ports = Object.values(choose(services));
    expect(new Set(ports).size).toBe(300);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32768);
    expect(Math.max(...ports)).toBeLessThanOrEqual(60999);
  });

  it('fill the configured range to its last, around the pinned ones, and then there are none', () => {
    const services = [...['a', 'b', 'c'].flatMap((name) => infos(name, ONE)), ...infos('p', ONE, '5001')];
    const ports = choose(services, { from: 5000, to: 5002 });
    expect(ports['default/p::TCP']).toBe(5001);
    expect(Object.values(ports).sort()).toEqual([5000, 5001, 5002]);
  });

  it('depend on the names alone', () => {
    const [a, b] = [infos('a', ONE), infos('b', ONE)];
    expect(choose([...b, ...a])).toEqual(choose([...a, ...b]));
    expect(choose(a)['default/a::TCP']).toBe(choose([...a, ...b])['default/a::TCP']);
  });
});
