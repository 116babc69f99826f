/**
 * Which endpoints a node uses for a Service port, as kube-proxy's pkg/proxy/topology.go decides.
 */
import type { EndpointInfo } from './endpoints-map.ts';
import type { ProxyNode } from './node.ts';
import { type ServicePortInfo, usesClusterEndpoints, usesLocalEndpoints } from './service-port.ts';

export interface CategorizedEndpoints {
  /** For `Cluster` policy; empty when the port never uses it. */
  readonly cluster: readonly EndpointInfo[];
  /** For `Local` policy; empty when the port never uses it. */
  readonly local: readonly EndpointInfo[];
  /** All that some traffic on this node may reach: both of the above, in order, each once. */
  readonly allReachable: readonly EndpointInfo[];
  /** Whether the port has a usable endpoint on any node. */
  readonly hasAny: boolean;
}

/** Nodes and zones prefer endpoints hinted for them: whether by node, by zone, or not at all. */
type TopologyMode = 'PreferSameNode' | 'PreferSameZone' | '';

/** A node's name and zone; an empty zone is no zone. */
export type NodeTopology = Pick<ProxyNode, 'name' | 'zone'>;

export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  info: ServicePortInfo,
  node: NodeTopology,
): CategorizedEndpoints {
  const usesCluster = usesClusterEndpoints(info);
  const mode = usesCluster ? topologyModeFromHints(endpoints, node) : '';
  const cluster = usesCluster ? clusterEndpoints(endpoints, mode, node) : [];
  if (!usesLocalEndpoints(info))
    return { cluster, local: [], allReachable: cluster, hasAny: cluster.length > 0 };

  const hasAny =
    cluster.length > 0 || endpoints.some((endpoint) => endpoint.ready || isServingTerminating(endpoint));
  const local = localEndpoints(endpoints);
  if (!usesCluster) return { cluster, local, allReachable: local, hasAny };
  // With hints or a fall-back to terminating endpoints, neither list need hold the other.
  const reachable = new Set([...cluster, ...local]);
  return { cluster, local, allReachable: endpoints.filter((endpoint) => reachable.has(endpoint)), hasAny };
}

/** Ready endpoints within the topology; when there are none at all, those that terminate but still serve. */
function clusterEndpoints(
  endpoints: readonly EndpointInfo[],
  mode: TopologyMode,
  node: NodeTopology,
): readonly EndpointInfo[] {
  const usable = endpoints.filter((endpoint) => endpoint.ready && isAvailable(endpoint, mode, node));
  return usable.length > 0 ? usable : endpoints.filter(isServingTerminating);
}

function localEndpoints(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const local = endpoints.filter((endpoint) => endpoint.isLocal);
  const ready = local.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : local.filter(isServingTerminating);
}

function isServingTerminating(endpoint: EndpointInfo): boolean {
  return endpoint.serving && endpoint.terminating;
}

/**
 * Hints count only when every ready endpoint has one, and at least one is for this node (or its zone);
 * otherwise this node would be left without endpoints, or some endpoints without any node.
 */
function topologyModeFromHints(
  endpoints: readonly EndpointInfo[],
  { name, zone }: NodeTopology,
): TopologyMode {
  if (areHinted(endpoints, (endpoint) => endpoint.nodeHints, name)) return 'PreferSameNode';
  if (areHinted(endpoints, (endpoint) => endpoint.zoneHints, zone)) return 'PreferSameZone';
  return '';
}

function areHinted(
  endpoints: readonly EndpointInfo[],
  hintsOf: (endpoint: EndpointInfo) => readonly string[],
  wanted: string,
): boolean {
  let isWanted = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    const hints = hintsOf(endpoint);
    if (hints.length === 0) return false;
    isWanted ||= hints.includes(wanted);
  }
  return isWanted;
}

function isAvailable(endpoint: EndpointInfo, mode: TopologyMode, { name, zone }: NodeTopology): boolean {
  switch (mode) {
    case 'PreferSameNode':
      return endpoint.nodeHints.includes(name);
    case 'PreferSameZone':
      return endpoint.zoneHints.includes(zone);
    case '':
      return true;
  }
}
