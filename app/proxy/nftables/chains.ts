/** The table, chains, sets and maps of the nftables mode, as kube-proxy 1.36 names them. */
import type { ServicePortName } from '../../ruleset/model.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { sha256Base32 } from '../sha256.ts';

/** The table, one of each family: everything in it is kube-proxy's. */
export const KUBE_PROXY_TABLE = 'kube-proxy';

// Called by the kernel; the first two before the destination is translated.
export const FILTER_PREROUTING_PRE_DNAT = 'filter-prerouting-pre-dnat';
export const FILTER_OUTPUT_PRE_DNAT = 'filter-output-pre-dnat';
export const FILTER_INPUT = 'filter-input';
export const FILTER_FORWARD = 'filter-forward';
export const FILTER_OUTPUT = 'filter-output';
export const NAT_PREROUTING = 'nat-prerouting';
export const NAT_OUTPUT = 'nat-output';
export const NAT_POSTROUTING = 'nat-postrouting';

/** From an address to its Service port's chain. */
export const SERVICES = 'services';
export const SERVICE_IPS = 'service-ips';
export const SERVICE_NODEPORTS = 'service-nodeports';
/** The node's addresses that node ports answer on; absent where all of them do. */
export const NODEPORT_IPS = 'nodeport-ips';
export const CLUSTER_IPS = 'cluster-ips';
/** Refuses what is addressed to the Services' networks and is no Service. */
export const CLUSTER_IPS_CHECK = 'cluster-ips-check';

/** Refuse or drop what is addressed to a Service without endpoints. */
export const SERVICE_ENDPOINTS_CHECK = 'service-endpoints-check';
export const NODEPORT_ENDPOINTS_CHECK = 'nodeport-endpoints-check';
export const NO_ENDPOINT_SERVICES = 'no-endpoint-services';
export const NO_ENDPOINT_NODEPORTS = 'no-endpoint-nodeports';
export const REJECT_CHAIN = 'reject-chain';

/** Lets in the load balancers' source ranges. */
export const FIREWALL_CHECK = 'firewall-check';
export const FIREWALL_IPS = 'firewall-ips';

export const MASQUERADING = 'masquerading';
/** From a pod of this node to itself, after translation: its answer has to come back here. */
export const HAIRPIN_CONNECTIONS = 'hairpin-connections';

/** The chains of one Service port. */
export interface ServiceChains {
  /** To the endpoints of `Cluster` traffic policy. */
  readonly cluster: string;
  /** To the endpoints of `Local` traffic policy. */
  readonly local: string;
  /** What comes to node ports, external and load balancer addresses. */
  readonly external: string;
  /** Drops what is not from the load balancer's source ranges. */
  readonly firewall: string;
}

export function serviceChains({ name }: ServicePortInfo): ServiceChains {
  const base = withHash(servicePath(name));
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

/** The chain of one endpoint of a Service port with session affinity, and the set of its clients. */
export interface EndpointNames {
  readonly chain: string;
  readonly affinitySet: string;
}

export function endpointNames({ name }: ServicePortInfo, { address, port }: EndpointInfo): EndpointNames {
  // A name may not hold the colons of an IPv6 address.
  const base = withHash(`${servicePath(name)}__${address.replaceAll(':', '.')}/${port}`);
  return { chain: `endpoint-${base}`, affinitySet: `affinity-${base}` };
}

/** `namespace/service/protocol/port`. */
function servicePath({ namespace, name, protocol, port }: ServicePortName): string {
  return `${namespace}/${name}/${protocol.toLowerCase()}/${port}`;
}

/** The kernel's longest name, less kube-proxy's longest prefix. */
const LONGEST_BASE = 256 - 16;

/** The hash tells names apart at a glance, and those whose end was cut off. */
function withHash(path: string): string {
  const base = `${sha256Base32(path, 8)}-${path}`;
  return base.length > LONGEST_BASE ? `${base.slice(0, LONGEST_BASE - 3)}...` : base;
}
