/**
 * Which connections the kernel tracks are stale: UDP flows to a Service that lead to an endpoint it no longer
 * has. Unlike TCP, nothing else ends them: every packet keeps them alive.
 *
 * Follows kube-proxy's pkg/proxy/conntrack/cleanup.go.
 */
import type { EndpointsMap } from './endpoints-map.ts';
import { joinHostPort } from './ip-address.ts';
import type { ServicePortMap } from './service-map.ts';
import type { ServicePortInfo } from './service-port.ts';

/** A tracked flow: where its sender sent it, and where answers come from. */
export interface ConntrackFlow {
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other';
  readonly originalDestination: { readonly address: string; readonly port: number };
  readonly replySource: { readonly address: string; readonly port: number };
}

export interface ConntrackState {
  readonly services: ServicePortMap;
  readonly endpoints: EndpointsMap;
  /** Ports gone since the last write (see ServiceMapUpdate). */
  readonly deletedPorts: readonly ServicePortInfo[];
}

/** Picks the flows to delete; addresses are in canonical form on both sides. */
export function staleFlows<Flow extends ConntrackFlow>(flows: Iterable<Flow>, state: ConntrackState): Flow[] {
  const { byAddress, byNodePort } = servingEndpoints(state);
  const stale: Flow[] = [];
  for (const flow of flows) {
    if (flow.protocol !== 'udp') continue;
    const { address, port } = flow.originalDestination;
    const source = joinHostPort(flow.replySource.address, flow.replySource.port);
    const serving = [byAddress.get(joinHostPort(address, port)), byNodePort.get(port)];
    if (serving.some((endpoints) => endpoints !== undefined && !endpoints.has(source))) stale.push(flow);
  }
  return stale;
}

interface ServingEndpoints {
  readonly byAddress: Map<string, Set<string>>;
  readonly byNodePort: Map<number, Set<string>>;
}

function servingEndpoints({ services, endpoints, deletedPorts }: ConntrackState): ServingEndpoints {
  const serving: ServingEndpoints = { byAddress: new Map(), byNodePort: new Map() };
  // Deleted ones first: a living Service that took over an address of theirs has the last word.
  for (const info of deletedPorts) addServicePort(serving, info, new Set());
  for (const [key, info] of services) {
    // Neither policy nor topology counts here: a change of those leaves flows where they are, as it does for TCP.
    const list = (endpoints.get(key) ?? []).filter((endpoint) => endpoint.serving);
    addServicePort(serving, info, new Set(list.map((endpoint) => endpoint.hostPort)));
  }
  return serving;
}

function addServicePort(serving: ServingEndpoints, info: ServicePortInfo, endpoints: Set<string>): void {
  if (info.protocol !== 'UDP') return;
  for (const { value } of [info.clusterIP, ...info.loadBalancerVIPs, ...info.externalIPs]) {
    serving.byAddress.set(joinHostPort(value, info.port.value), endpoints);
  }
  // A node port is matched by its number alone. Without endpoints that would take with it every flow to that
  // number anywhere, those that are none of the proxy's business included.
  if (info.nodePort.value !== 0 && endpoints.size > 0) serving.byNodePort.set(info.nodePort.value, endpoints);
}
