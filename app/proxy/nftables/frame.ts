/** What is in the table whatever the cluster holds: base chains, the chains they call, sets and maps. */
import { FRAME } from '../../ruleset/origin.ts';
import { isLoopback } from '../ip-address.ts';
import { serviceNetworks } from '../service-cidrs.ts';
import {
  CLUSTER_IPS,
  CLUSTER_IPS_CHECK,
  FILTER_FORWARD,
  FILTER_INPUT,
  FILTER_OUTPUT,
  FILTER_OUTPUT_PRE_DNAT,
  FILTER_PREROUTING_PRE_DNAT,
  FIREWALL_CHECK,
  FIREWALL_IPS,
  HAIRPIN_CONNECTIONS,
  MASQUERADING,
  NAT_OUTPUT,
  NAT_POSTROUTING,
  NAT_PREROUTING,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  NODEPORT_ENDPOINTS_CHECK,
  NODEPORT_IPS,
  REJECT_CHAIN,
  SERVICE_ENDPOINTS_CHECK,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
  SERVICES,
} from './chains.ts';
import { fromConfiguration, type NftablesContext } from './context.ts';
import { fromPods, lookUpNodePort, lookUpService, markForMasquerade, notToLoopback } from './expressions.ts';

interface BaseChain {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: string;
  readonly priority: string;
}

// Source ranges are checked before the destination is translated (-100), the rest where Services without
// endpoints still have their own address and everything else is somebody's already.
const BASE_CHAINS: readonly BaseChain[] = [
  { name: FILTER_PREROUTING_PRE_DNAT, type: 'filter', hook: 'prerouting', priority: '-110' },
  { name: FILTER_OUTPUT_PRE_DNAT, type: 'filter', hook: 'output', priority: '-110' },
  { name: FILTER_INPUT, type: 'filter', hook: 'input', priority: '0' },
  { name: FILTER_FORWARD, type: 'filter', hook: 'forward', priority: '0' },
  { name: FILTER_OUTPUT, type: 'filter', hook: 'output', priority: '0' },
  { name: NAT_PREROUTING, type: 'nat', hook: 'prerouting', priority: '-100' },
  { name: NAT_OUTPUT, type: 'nat', hook: 'output', priority: '-100' },
  { name: NAT_POSTROUTING, type: 'nat', hook: 'postrouting', priority: '100' },
];

const OF_NEW_CONNECTIONS = 'ct state new ';

const JUMPS: readonly [from: string, to: string, condition: string][] = [
  [FILTER_INPUT, NODEPORT_ENDPOINTS_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_INPUT, SERVICE_ENDPOINTS_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_FORWARD, SERVICE_ENDPOINTS_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_OUTPUT, SERVICE_ENDPOINTS_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_PREROUTING_PRE_DNAT, FIREWALL_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_OUTPUT_PRE_DNAT, FIREWALL_CHECK, OF_NEW_CONNECTIONS],
  [NAT_OUTPUT, SERVICES, ''],
  [NAT_PREROUTING, SERVICES, ''],
  [NAT_POSTROUTING, MASQUERADING, ''],
  [FILTER_FORWARD, CLUSTER_IPS_CHECK, OF_NEW_CONNECTIONS],
  [FILTER_OUTPUT, CLUSTER_IPS_CHECK, OF_NEW_CONNECTIONS],
];

export function writeFrame(context: NftablesContext): void {
  const { table } = context;
  declareSetsAndMaps(context);
  for (const { name, type, hook, priority } of BASE_CHAINS) {
    table.declare({ name, base: { type, hook, priority, policy: 'accept' } });
  }
  for (const [from, to, condition] of JUMPS) {
    table.append(from, { expression: `${condition}jump ${to}`, origin: FRAME });
  }
  writeEndpointChecks(context);
  table.append(FIREWALL_CHECK, { expression: lookUpService(context, FIREWALL_IPS), origin: FRAME });
  writeServices(context);
  writeMasquerading(context);
  writeClusterIPsCheck(context);
}

function declareSetsAndMaps({ table, addressType, nodePorts, nodePortsOrigin }: NftablesContext): void {
  table.addSet({
    name: HAIRPIN_CONNECTIONS,
    type: `${addressType} . ${addressType} . inet_proto . inet_service`,
    comment: 'service hairpin connections',
  });
  table.addSet({ name: CLUSTER_IPS, type: addressType, comment: 'Active ClusterIPs' });
  if (!nodePorts.matchesAll) {
    table.addSet({ name: NODEPORT_IPS, type: addressType, comment: 'IPs that accept NodePort traffic' });
    for (const address of nodePorts.addresses) {
      // The kernel would drop what comes from a loopback address and leaves the node: route_localnet is not set.
      if (!isLoopback(address)) table.addElement(NODEPORT_IPS, { key: [address], origin: nodePortsOrigin });
    }
  }
  const services = `${addressType} . inet_proto . inet_service`;
  const ports = 'inet_proto . inet_service';
  const maps: [name: string, type: string, comment: string][] = [
    [NO_ENDPOINT_SERVICES, services, 'vmap to drop or reject packets to services with no endpoints'],
    [NO_ENDPOINT_NODEPORTS, ports, 'vmap to drop or reject packets to service nodeports with no endpoints'],
    [FIREWALL_IPS, services, 'destinations that are subject to LoadBalancerSourceRanges'],
    [SERVICE_IPS, services, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'],
    [SERVICE_NODEPORTS, ports, 'NodePort traffic'],
  ];
  for (const [name, type, comment] of maps) table.addMap({ name, type, valueType: 'verdict', comment });
}

function writeEndpointChecks(context: NftablesContext): void {
  const { table, nodePorts, nodePortsOrigin, ip } = context;
  const toNodePort = nodePorts.matchesAll ? notToLoopback(context) : `${ip} daddr @${NODEPORT_IPS}`;
  table.append(NODEPORT_ENDPOINTS_CHECK, {
    expression: `${toNodePort} ${lookUpNodePort(NO_ENDPOINT_NODEPORTS)}`,
    origin: nodePortsOrigin,
  });
  table.append(SERVICE_ENDPOINTS_CHECK, {
    expression: lookUpService(context, NO_ENDPOINT_SERVICES),
    origin: FRAME,
  });
  table.declare({
    name: REJECT_CHAIN,
    comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports',
  });
  table.append(REJECT_CHAIN, { expression: 'reject', origin: FRAME });
}

function writeServices(context: NftablesContext): void {
  const { table, state, detector, ip, nodePorts, nodePortsOrigin } = context;
  const toClusterIP = `${ip} daddr @${CLUSTER_IPS}`;
  if (state.configuration.nftables.masqueradeAll) {
    table.append(SERVICES, {
      expression: `${toClusterIP} ${markForMasquerade(context)}`,
      comment: 'masquerade all clusterIP traffic',
      origin: fromConfiguration('nftables.masqueradeAll'),
    });
  } else if (detector) {
    // From outside the cluster to a cluster IP: the endpoint may be on another node, whose answer must come back here.
    table.append(SERVICES, {
      expression: `${toClusterIP} ${fromPods(context, detector, true)} ${markForMasquerade(context)}`,
      comment: 'masquerade clusterIP traffic from outside cluster',
      origin: detector.origin,
    });
  }
  const toNodePort = nodePorts.matchesAll
    ? `fib daddr type local ${notToLoopback(context)}`
    : `${ip} daddr @${NODEPORT_IPS}`;
  table.append(
    SERVICES,
    { expression: lookUpService(context, SERVICE_IPS), origin: FRAME },
    { expression: `${toNodePort} ${lookUpNodePort(SERVICE_NODEPORTS)}`, origin: nodePortsOrigin },
  );
}

function writeMasquerading({ table, ip, masqueradeMark: mark, markOrigin }: NftablesContext): void {
  const masquerade = 'masquerade fully-random';
  const connection = `${ip} saddr . ${ip} daddr . meta l4proto . th dport`;
  table.append(
    MASQUERADING,
    // Takes the mark off again, lest the packet be masqueraded twice should it pass the stack once more.
    {
      expression: `meta mark & ${mark} != 0x00000000 meta mark set meta mark ^ ${mark} ${masquerade}`,
      origin: markOrigin,
    },
    { expression: `ct status dnat ${connection} @${HAIRPIN_CONNECTIONS} ${masquerade}`, origin: FRAME },
  );
}

function writeClusterIPsCheck({ table, ip, family, state }: NftablesContext): void {
  table.append(CLUSTER_IPS_CHECK, {
    expression: `${ip} daddr @${CLUSTER_IPS} reject`,
    comment: 'Reject traffic to invalid ports of ClusterIPs',
    origin: FRAME,
  });
  const networks = serviceNetworks(state.serviceCIDRs ?? [], family);
  const [first] = networks;
  if (first === undefined) return;
  table.append(CLUSTER_IPS_CHECK, {
    expression: `${ip} daddr { ${networks.map(({ cidr }) => cidr).join(', ')} } drop`,
    comment: 'Drop traffic to unallocated ClusterIPs',
    origin: first.origin,
  });
}
