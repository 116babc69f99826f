/**
 * The health checks of Services with `externalTrafficPolicy: Local`: load balancers ask each node's health check
 * node port whether it has endpoints, and send nothing to those that have none.
 *
 * Follows kube-proxy's pkg/proxy/healthcheck/service_health.go.
 */
import type { IPFamily } from '../kubernetes/objects.ts';
import type { Dialect } from './build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from './configuration.ts';
import { type EndpointsMap, localReadyEndpoints } from './endpoints-map.ts';
import type { ProxyNode } from './node.ts';
import { effectiveNodePortAddresses, nodePortAddresses } from './node-port-addresses.ts';
import { healthCheckNodePorts, type ServicePortMap } from './service-map.ts';

export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  /** The Service's healthCheckNodePort. */
  readonly port: number;
  /** Ready endpoints on this node. */
  readonly localEndpoints: number;
}

/** What the node answers on its health check node ports. */
export interface HealthCheckState {
  readonly services: readonly HealthCheck[];
  /** The node's addresses to listen on; `0.0.0.0` and `::` for all of a family. */
  readonly addresses: readonly string[];
  /** The proxy has lately written what it should. */
  readonly serviceProxyHealthy: boolean;
}

export interface HealthCheckSource {
  readonly mode: ProxyMode;
  readonly dialect: Dialect;
  readonly states: readonly {
    readonly family: IPFamily;
    readonly servicePorts: ServicePortMap;
    readonly endpointsByPort: EndpointsMap;
  }[];
  readonly configuration: ProxyConfiguration;
  readonly node: ProxyNode;
}

const EVERY_ADDRESS: Readonly<Record<IPFamily, string>> = { IPv4: '0.0.0.0', IPv6: '::' };

/** None in userspace mode and in the classic dialect, which are from before there were any. */
export function healthChecks({
  mode,
  dialect,
  states,
  configuration,
  node,
}: HealthCheckSource): Pick<HealthCheckState, 'services' | 'addresses'> {
  if (mode === 'userspace' || (mode === 'iptables' && dialect === 'classic'))
    return { services: [], addresses: [] };
  const services = new Map<string, HealthCheck>();
  for (const { servicePorts, endpointsByPort } of states) {
    const ports = healthCheckNodePorts(servicePorts);
    if (ports.size === 0) continue;
    const counts = localReadyEndpoints(endpointsByPort);
    for (const [key, port] of ports) {
      // A port can be listened on once: of a Service of both families, the first one's endpoints count.
      if (services.has(key)) continue;
      const [namespace = '', name = ''] = key.split('/');
      services.set(key, { namespace, name, port, localEndpoints: counts.get(key) ?? 0 });
    }
  }
  const configured = effectiveNodePortAddresses(mode, configuration);
  const addresses = states.flatMap(({ family }) => {
    const { matchesAll, addresses: some } = nodePortAddresses(configured, family, node);
    return matchesAll ? [EVERY_ADDRESS[family]] : some;
  });
  return { services: [...services.values()], addresses };
}

export interface HealthCheckAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What kube-proxy 1.36 answers, to the byte. */
export function healthCheckAnswer(
  { namespace, name, localEndpoints }: HealthCheck,
  serviceProxyHealthy: boolean,
): HealthCheckAnswer {
  const answer = { service: { namespace, name }, localEndpoints, serviceProxyHealthy };
  return {
    status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      // For load balancers that send a node as much as it has endpoints for.
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: JSON.stringify(answer, undefined, '\t'),
  };
}
