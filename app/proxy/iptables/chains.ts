/** The chains of the iptables mode, current dialect. */

import { nameHash } from '../chain-names.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import type { ServicePortInfo } from '../service-port.ts';

export const KUBE_SERVICES = 'KUBE-SERVICES';
export const KUBE_EXTERNAL_SERVICES = 'KUBE-EXTERNAL-SERVICES';
export const KUBE_NODEPORTS = 'KUBE-NODEPORTS';
export const KUBE_POSTROUTING = 'KUBE-POSTROUTING';
export const KUBE_MARK_MASQ = 'KUBE-MARK-MASQ';
export const KUBE_FORWARD = 'KUBE-FORWARD';
export const KUBE_PROXY_FIREWALL = 'KUBE-PROXY-FIREWALL';
/** Never filled: when it is gone, someone flushed the tables and everything is to be written again. */
export const KUBE_PROXY_CANARY = 'KUBE-PROXY-CANARY';
/** The kubelet's chain; kube-proxy writes the same one rule into it. */
export const KUBE_FIREWALL = 'KUBE-FIREWALL';

/** The chains of one Service port. */
export interface ServiceChains {
  /** To the endpoints of `Cluster` traffic policy. */
  readonly cluster: string;
  /** To the endpoints of `Local` traffic policy. */
  readonly local: string;
  /** What comes to node ports, external and load balancer addresses. */
  readonly external: string;
  /** Lets in the load balancer's source ranges. */
  readonly firewall: string;
}

/** Named after the port's printed name and its protocol in lower case. */
export function serviceChains(info: ServicePortInfo): ServiceChains {
  const hash = nameHash(info.nameString, info.protocol.toLowerCase());
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
  };
}

/** The chain of one endpoint of one Service port. */
export function endpointChain(info: ServicePortInfo, endpoint: EndpointInfo): string {
  endpoint.chain ??= `KUBE-SEP-${nameHash(info.nameString, info.protocol.toLowerCase(), endpoint.hostPort)}`;
  return endpoint.chain;
}
