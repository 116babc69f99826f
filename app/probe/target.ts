/**
 * What a probe is aimed at: an address with a port, or a Service and the way to it.
 *
 *     10.0.0.5:30964   [fd00:10::5]:30964   localhost:30964
 *     mysql-service:3306   mysql-service:http   shop/web:http   mysql-service/nodePort   web:http/loadBalancer
 */
import type { Protocol, Service, ServicePort } from '../kubernetes/objects.ts';
import { parseIp } from '../proxy/ip-address.ts';

export const ways = ['clusterIP', 'nodePort', 'loadBalancer', 'externalIP', 'localhost'] as const;
/** The ways to a Service; a node port is also open on the node's localhost, in some modes. */
export type Way = (typeof ways)[number];

export type ProbeTarget =
  | { kind: 'address'; address: string; port: number }
  | {
      kind: 'service';
      namespace: string;
      name: string /** Number or name; absent for the only one. */;
      port?: string;
      way: Way;
    };

export interface ResolvedTarget {
  address: string;
  port: number;
  protocol: Protocol;
  /** `address` where the target named no Service and none is known to be there. */
  way: Way | 'address';
  /** `namespace/name` of the Service that is reached so. */
  service?: string;
  /** The Service port's name, empty where it has none. */
  servicePort?: string;
}

/** The target cannot be understood, or is not there; the message says what can be given. */
export class TargetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TargetError';
  }
}

const EXAMPLES =
  '10.0.0.5:30964, [fd00:10::5]:30964, mysql-service:3306, mysql-service/nodePort, shop/web:http';

/** `[namespace/]name[:port]` */
const SERVICE = /^(?:([a-z0-9-]+)\/)?([a-z0-9][a-z0-9.-]*?)(?::([A-Za-z0-9-]+))?$/;

/** Reads a target. Throws TargetError. */
export function parseTarget(text: string): ProbeTarget {
  const address = /^(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(text);
  const host = address?.[1] ?? address?.[2] ?? '';
  const ip = host === 'localhost' ? '127.0.0.1' : parseIp(host)?.address;
  if (address && ip !== undefined) {
    const port = Number(address[3]);
    if (port < 1 || port > 65535) throw new TargetError(`${text}: a port is a number from 1 to 65535`);
    return { kind: 'address', address: ip, port };
  }
  const parts = text.split('/');
  const last = parts.at(-1)?.toLowerCase();
  const way = parts.length > 1 ? ways.find((known) => known.toLowerCase() === last) : undefined;
  const service = SERVICE.exec((way ? parts.slice(0, -1) : parts).join('/'));
  const [, namespace, name, port] = service ?? [];
  if (name === undefined) throw new TargetError(`${text}: is no target. Targets look like ${EXAMPLES}`);
  return {
    kind: 'service',
    namespace: namespace ?? 'default',
    name,
    way: way ?? 'clusterIP',
    ...(port ? { port } : {}),
  };
}

export interface ResolveOptions {
  services: readonly Service[];
  nodeAddress: string;
}

/** Finds the address and port behind a target. Throws TargetError with what there is instead. */
export function resolveTarget(target: ProbeTarget, options: ResolveOptions): ResolvedTarget {
  if (target.kind === 'address') return knownAddress(target, options);
  const service = findService(target, options.services);
  const port = findPort(target, service);
  const key = `${target.namespace}/${target.name}`;
  const found = {
    protocol: port.protocol ?? 'TCP',
    way: target.way,
    service: key,
    servicePort: port.name ?? '',
  };
  return {
    ...found,
    ...addressOf(key, { service, port, way: target.way, nodeAddress: options.nodeAddress }),
  };
}

/** An address may be a Service's all the same: then failures can be explained. */
function knownAddress(target: { address: string; port: number }, options: ResolveOptions): ResolvedTarget {
  for (const service of options.services) {
    const { metadata, spec, status } = service;
    const addresses = new Map<string, Way>([
      ...(spec?.clusterIPs ?? [spec?.clusterIP ?? '']).map((ip): [string, Way] => [ip, 'clusterIP']),
      ...(spec?.externalIPs ?? []).map((ip): [string, Way] => [ip, 'externalIP']),
      ...(status?.loadBalancer?.ingress ?? []).map(({ ip }): [string, Way] => [ip ?? '', 'loadBalancer']),
    ]);
    for (const port of spec?.ports ?? []) {
      const way =
        port.port === target.port
          ? addresses.get(target.address)
          : port.nodePort !== target.port
            ? undefined
            : target.address.startsWith('127.') || target.address === '::1'
              ? 'localhost'
              : target.address === options.nodeAddress || target.address.includes(':')
                ? 'nodePort'
                : undefined;
      if (!way) continue;
      const key = `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
      const { address, port: number } = target;
      return {
        address,
        port: number,
        protocol: port.protocol ?? 'TCP',
        way,
        service: key,
        servicePort: port.name ?? '',
      };
    }
  }
  return { address: target.address, port: target.port, protocol: 'TCP', way: 'address' };
}

type ServiceTarget = Extract<ProbeTarget, { kind: 'service' }>;

function findService(target: ServiceTarget, services: readonly Service[]): Service {
  const key = `${target.namespace}/${target.name}`;
  const keyOf = ({ metadata }: Service): string =>
    `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
  const service = services.find((candidate) => keyOf(candidate) === key);
  if (service) return service;
  const there = services.map(keyOf).sort();
  throw new TargetError(
    `there is no Service ${key}. There are: ${there.join(', ') || 'none'}. Ways to one: ${ways.join(', ')}`,
  );
}

function describePort({ name, port, protocol = 'TCP' }: ServicePort): string {
  return name ? `${name} (${port}/${protocol})` : `${port}/${protocol}`;
}

function findPort(target: ServiceTarget, service: Service): ServicePort {
  const ports = service.spec?.ports ?? [];
  const key = `${target.namespace}/${target.name}`;
  const [first] = ports;
  if (!first) throw new TargetError(`Service ${key} has no ports`);
  const choice = ports.map(describePort).join(', ');
  if (target.port === undefined) {
    if (ports.length === 1) return first;
    throw new TargetError(
      `Service ${key} has several ports: name one of ${choice}, as in ${target.name}:${first.name ?? first.port}`,
    );
  }
  const named = ports.find(({ name, port }) => name === target.port || String(port) === target.port);
  if (!named) throw new TargetError(`Service ${key} has no port ${target.port}. It has: ${choice}`);
  return named;
}

function addressOf(
  key: string,
  parts: { service: Service; port: ServicePort; way: Way; nodeAddress: string },
): { address: string; port: number } {
  const { service, port, way, nodeAddress } = parts;
  const { spec, status } = service;
  switch (way) {
    case 'clusterIP':
      if (!spec?.clusterIP || spec.clusterIP === 'None') {
        throw new TargetError(
          `Service ${key} has no cluster IP: it is ${spec?.type === 'ExternalName' ? 'of type ExternalName' : 'headless'}`,
        );
      }
      return { address: spec.clusterIP, port: port.port };
    case 'nodePort':
    case 'localhost':
      if (!port.nodePort)
        throw new TargetError(
          `Service ${key} has no node port: its type is ${spec?.type ?? 'ClusterIP'}, not NodePort`,
        );
      return { address: way === 'nodePort' ? nodeAddress : '127.0.0.1', port: port.nodePort };
    case 'loadBalancer': {
      const ip = status?.loadBalancer?.ingress?.find((ingress) => ingress.ip)?.ip;
      if (!ip) {
        throw new TargetError(
          `Service ${key} has no load balancer address. In the lab: kube-proxy-lab lab load-balancer on`,
        );
      }
      return { address: ip, port: port.port };
    }
    case 'externalIP': {
      const [ip] = spec?.externalIPs ?? [];
      if (!ip) throw new TargetError(`Service ${key} has no external IP (spec.externalIPs)`);
      return { address: ip, port: port.port };
    }
  }
}
