/**
 * What a probe is aimed at: an address with a port, or a Service and the way to it.
 *
 *     10.0.0.5:30964   [fd00:10::5]:30964   localhost:30964
 *     mysql-service:3306   mysql-service:http   shop/web:http   mysql-service/nodePort   web:http/loadBalancer
 */
import type { Protocol, Service, ServicePort } from '../kubernetes/objects.ts';
import { parseIp } from '../proxy/ip-address.ts';
import { closestName } from './closest-name.ts';

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
  /** The node's own, of either family, the first being the one to prefer. */
  nodeAddresses: readonly string[];
}

const LOOPBACK = { IPv4: '127.0.0.1', IPv6: '::1' };
/** As many Services as a message names. */
const NAMED_SERVICES = 10;

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
    ...addressOf(key, { service, port, way: target.way, nodeAddresses: options.nodeAddresses }),
  };
}

/** An address may be a Service's all the same: then failures can be explained. */
function knownAddress(target: AddressTarget, { services, nodeAddresses }: ResolveOptions): ResolvedTarget {
  const { address, port: number } = target;
  for (const service of services) {
    for (const port of service.spec?.ports ?? []) {
      const way = wayTo(target, { service, port, nodeAddresses });
      if (!way) continue;
      const { protocol = 'TCP', name = '' } = port;
      return { address, port: number, protocol, way, service: keyOf(service), servicePort: name };
    }
  }
  return { address, port: number, protocol: 'TCP', way: 'address' };
}

/** By which of its ways the address and port are a Service port's; undefined where they are not. */
function wayTo(target: AddressTarget, { service, port, nodeAddresses }: Omit<Parts, 'way'>): Way | undefined {
  const { address } = target;
  if (port.nodePort === target.port) {
    if (address.startsWith('127.') || address === LOOPBACK.IPv6) return 'localhost';
    if (nodeAddresses.includes(address)) return 'nodePort';
  }
  if (port.port !== target.port) return undefined;
  const { spec, status } = service;
  if (spec?.clusterIP === address || spec?.clusterIPs?.includes(address)) return 'clusterIP';
  if (spec?.externalIPs?.includes(address)) return 'externalIP';
  return status?.loadBalancer?.ingress?.some(({ ip }) => ip === address) ? 'loadBalancer' : undefined;
}

type AddressTarget = Extract<ProbeTarget, { kind: 'address' }>;
type ServiceTarget = Extract<ProbeTarget, { kind: 'service' }>;

/** A Service port, the way to it, and the node. */
interface Parts {
  service: Service;
  port: ServicePort;
  way: Way;
  nodeAddresses: readonly string[];
}

function keyOf({ metadata }: Service): string {
  return `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
}

function findService(target: ServiceTarget, services: readonly Service[]): Service {
  const key = `${target.namespace}/${target.name}`;
  const service = services.find((candidate) => keyOf(candidate) === key);
  if (service) return service;
  const there = services.map(keyOf).sort();
  const meant = closestName(key, there) ?? there.find((other) => other.endsWith(`/${target.name}`));
  const more = there.length > NAMED_SERVICES ? ` and ${there.length - NAMED_SERVICES} more` : '';
  const list = there.slice(0, NAMED_SERVICES).join(', ') || 'none';
  throw new TargetError(
    `there is no Service ${key}. ${meant ? `Did you mean ${meant}? ` : ''}` +
      `There are: ${list}${more}. Ways to one: ${ways.join(', ')}`,
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

function addressOf(key: string, parts: Parts): { address: string; port: number } {
  const { service, port, way, nodeAddresses } = parts;
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
      return { address: nodePortAddress(service, way, nodeAddresses), port: port.nodePort };
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

/** The node's address of the family in which the Service was made; any where the node has none of it. */
function nodePortAddress(service: Service, way: Way, nodeAddresses: readonly string[]): string {
  const family = service.spec?.ipFamilies?.[0] ?? (service.spec?.clusterIP?.includes(':') ? 'IPv6' : 'IPv4');
  if (way === 'localhost') return LOOPBACK[family];
  const address = nodeAddresses.find((ip) => ip.includes(':') === (family === 'IPv6')) ?? nodeAddresses[0];
  if (address === undefined) throw new TargetError('the node has no address: node ports lead nowhere');
  return address;
}
