/** What requests can be aimed at: every Service port, by every way that there is to it now. */
import type { Service, ServicePort } from '../../../app/kubernetes/objects.ts';
import type { Way } from '../../../app/probe/target.ts';
import { joinHostPort } from '../../../app/proxy/ip-address.ts';

export interface TargetChoice {
  /** As `traffic.resolve` reads it: `mysql-service/nodePort`, `shop/web:http/clusterIP`. */
  readonly target: string;
  readonly way: Way;
  /** `10.0.0.5:30964` */
  readonly address: string;
  readonly protocol: string;
}

export interface NodeAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

const LOOPBACK = { ipv4: '127.0.0.1', ipv6: '::1' };

/** The ways to all ports of a Service, cluster IP first; none where it has no address. */
export function targetChoices(service: Service, node: NodeAddresses): TargetChoice[] {
  const ports = service.spec?.ports ?? [];
  return ports.flatMap((port) => {
    const protocol = port.protocol ?? 'TCP';
    const name = targetName(service, port, ports.length);
    return waysTo(service, port, node).map(({ way, address, number }) => ({
      target: `${name}/${way}`,
      way,
      address: joinHostPort(address, number),
      protocol,
    }));
  });
}

/**
 * What a person who has named nothing yet most likely means: a node port, else a cluster IP, of the first Service
 * that selects pods; without one the first node port that there is. Undefined where there is none.
 */
export function likelyTarget(services: readonly Service[], node: NodeAddresses): string | undefined {
  const choices = (some: readonly Service[]): TargetChoice[] =>
    some.flatMap((service) => targetChoices(service, node));
  const isNodePort = ({ way }: TargetChoice): boolean => way === 'nodePort';
  const selecting = choices(services.filter(({ spec }) => Object.keys(spec?.selector ?? {}).length > 0));
  return (selecting.find(isNodePort) ?? selecting[0] ?? choices(services).find(isNodePort))?.target;
}

function targetName({ metadata }: Service, { name, port }: ServicePort, ports: number): string {
  const namespace = metadata?.namespace ?? 'default';
  const service = namespace === 'default' ? metadata?.name : `${namespace}/${metadata?.name}`;
  return ports === 1 ? (service ?? '') : `${service}:${name ?? port}`;
}

function waysTo(
  { spec, status }: Service,
  { port, nodePort }: ServicePort,
  node: NodeAddresses,
): { way: Way; address: string; number: number }[] {
  const clusterIP = spec?.clusterIP;
  if (!clusterIP || clusterIP === 'None' || spec?.type === 'ExternalName') return [];
  const family = clusterIP.includes(':') ? 'ipv6' : 'ipv4';
  const ingress = status?.loadBalancer?.ingress?.find(({ ip }) => ip)?.ip;
  const [external] = spec?.externalIPs ?? [];
  return [
    { way: 'clusterIP', address: clusterIP, number: port },
    ...(nodePort
      ? [
          { way: 'nodePort', address: node[family], number: nodePort } as const,
          { way: 'localhost', address: LOOPBACK[family], number: nodePort } as const,
        ]
      : []),
    ...(ingress ? [{ way: 'loadBalancer', address: ingress, number: port } as const] : []),
    ...(external ? [{ way: 'externalIP', address: external, number: port } as const] : []),
  ];
}
