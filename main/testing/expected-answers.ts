/**
 * Which endpoints answer a client, by the Services' policies: what users are promised, not what rules say.
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
import type { Service } from '../../app/kubernetes/objects.ts';
import { addressPlan } from '../../app/lab/address-plan.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { localDetector } from '../../app/proxy/detect-local.ts';
import { blockContains, parseCidr } from '../../app/proxy/ip-address.ts';
import { nodePortAddresses } from '../../app/proxy/node-port-addresses.ts';
import type { ClusterSnapshot } from '../../app/proxy/proxier-state.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { shouldSkipService } from '../../app/proxy/service-map.ts';
import type { ServicePortInfo } from '../../app/proxy/service-port.ts';
import { categorizeEndpoints } from '../../app/proxy/topology.ts';

type Place = 'client' | 'node' | 'pod';

export interface Question {
  /** For people. */
  readonly what: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** `address:port` of the endpoints that may answer, and all do; empty where nobody must. */
  readonly endpoints: readonly string[];
  /** One client always gets the same of them. */
  readonly sticky: boolean;
  /** Nobody is there, on any node: TCP is refused at once. */
  readonly refused: boolean;
}

export interface Asker {
  readonly place: Place;
  /** The source address of its packets, by family. */
  readonly addresses: { readonly IPv4: string; readonly IPv6: string };
}

type Kind = 'cluster IP' | 'external IP' | 'load balancer' | 'node port' | 'localhost' | 'gateway';

/** Everything worth asking of a Service port from one place, with who must answer. */
export function questionsFrom(asker: Asker, mode: ProxyMode, snapshot: ClusterSnapshot): Question[] {
  const questions: Question[] = [];
  for (const family of ['IPv4', 'IPv6'] as const) {
    const state = proxierState(snapshot, family);
    for (const info of state.services.values()) {
      if (info.protocol === 'SCTP') continue;
      const all = state.endpoints.get(info.key) ?? [];
      const { cluster, local, hasAny } = categorizeEndpoints(all, info, snapshot.node);
      const ready = all.filter((endpoint) => endpoint.ready);
      const detector = localDetector(snapshot.configuration, family, snapshot.node);
      const ask = (kind: Kind, address: string, port: number): void => {
        // The policy of what comes from outside is for what comes from outside.
        const isInside = asker.place === 'node' || (asker.place === 'pod' && isPodTraffic(detector));
        const isLocalOnly =
          kind === 'cluster IP' ? info.internalPolicyLocal : info.externalPolicyLocal && !isInside;
        const byPolicy = isLocalOnly ? local : cluster;
        const given = { kind, address, info, family, asker, mode, snapshot };
        const reachable = isServed(given) && isLetIn(given);
        const chosen = !reachable ? [] : mode === 'userspace' ? ready : byPolicy;
        questions.push({
          what: `${asker.place} to ${kind} of ${info.nameString}/${info.protocol}`,
          address,
          port,
          protocol: info.protocol === 'UDP' ? 'UDP' : 'TCP',
          endpoints: chosen.map((endpoint) => `${endpoint.address}:${endpoint.port}`).sort(),
          sticky: info.sessionAffinity === 'ClientIP',
          refused: reachable && !hasAny && saysNo(given),
        });
      };
      ask('cluster IP', info.clusterIP.value, info.port.value);
      for (const { value } of info.externalIPs) ask('external IP', value, info.port.value);
      for (const { value } of info.loadBalancerIPs) ask('load balancer', value, info.port.value);
      if (info.nodePort.value === 0) continue;
      ask(
        'node port',
        family === 'IPv4' ? addressPlan.node.ipv4 : addressPlan.node.ipv6,
        info.nodePort.value,
      );
      if (asker.place === 'node')
        ask('localhost', family === 'IPv4' ? '127.0.0.1' : '::1', info.nodePort.value);
      if (asker.place === 'pod' && family === 'IPv4')
        ask('gateway', addressPlan.podGateway.ipv4, info.nodePort.value);
    }
  }
  return [...questions, ...snapshot.services.flatMap((service) => questionsOfSkipped(asker.place, service))];
}

/** Services of another proxy: nobody answers. */
function questionsOfSkipped(place: Place, service: Service): Question[] {
  const address = service.spec?.clusterIP ?? 'None';
  if (!shouldSkipService(service) || address === 'None' || address === '') return [];
  return (service.spec?.ports ?? []).map(({ port }) => ({
    what: `${place} to ${service.metadata?.name}, which is another proxy's`,
    address,
    port,
    protocol: 'TCP',
    endpoints: [],
    sticky: false,
    refused: false,
  }));
}

function isPodTraffic(detector: ReturnType<typeof localDetector>): boolean {
  // The lab's pods have no bridge: their interfaces are called veth…
  if (detector?.kind === 'interface-prefix') return 'veth'.startsWith(detector.prefix);
  return detector?.kind === 'cidr';
}

interface Given {
  readonly kind: Kind;
  readonly address: string;
  readonly info: ServicePortInfo;
  readonly family: 'IPv4' | 'IPv6';
  readonly asker: Asker;
  readonly mode: ProxyMode;
  readonly snapshot: ClusterSnapshot;
}

/** Whether the mode takes what is sent to such an address at all. */
function isServed({ kind, address, info, family, asker, mode, snapshot }: Given): boolean {
  const { configuration, node } = snapshot;
  const everywhere = nodePortAddresses(configuration.nodePortAddresses, family, node).matchesAll;
  switch (kind) {
    case 'external IP':
      // The userspace mode leaves the node's own traffic to addresses that are not the node's alone.
      return mode !== 'userspace' || asker.place !== 'node';
    case 'load balancer':
      return mode === 'userspace' || info.loadBalancerVIPs.some(({ value }) => value === address);
    case 'localhost':
      if (mode === 'userspace') return true;
      if (family === 'IPv6' || mode === 'nftables') return false;
      return everywhere && configuration.iptables.localhostNodePorts;
    case 'gateway':
      return mode === 'userspace' || (mode === 'iptables' && everywhere);
    default:
      return true;
  }
}

/** Whether the mode refuses what finds no endpoint; the userspace mode accepts it, and closes. */
function saysNo({ kind, asker, mode }: Given): boolean {
  // kube-proxy's iptables mode has no such rule for the node's own traffic to addresses outside.
  const isUnknown = asker.place === 'node' && (kind === 'external IP' || kind === 'load balancer');
  return mode === 'nftables' || (mode === 'iptables' && !isUnknown);
}

/** Whether the load balancer's source ranges let the client in. */
function isLetIn({ kind, info, family, asker, mode }: Given): boolean {
  const ranges = info.loadBalancerSourceRanges;
  if (kind !== 'load balancer' || ranges.length === 0 || mode === 'userspace') return true;
  return ranges.some(({ value }) => {
    const block = parseCidr(value.cidr);
    return block !== undefined && blockContains(block, asker.addresses[family]);
  });
}
