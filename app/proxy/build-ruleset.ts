/** The door to rule generation: the state of one IP family in, that family's ruleset out. */
import type { IPFamily, ServiceCIDR } from '../kubernetes/objects.ts';
import type { Ruleset } from '../ruleset/model.ts';
import type { ProxyConfiguration, ProxyMode } from './configuration.ts';
import type { EndpointsMap } from './endpoints-map.ts';
import { buildIptablesRuleset } from './iptables/ruleset.ts';
import { buildNftablesRuleset } from './nftables/ruleset.ts';
import type { ProxyNode } from './node.ts';
import type { ServicePortMap } from './service-map.ts';
import { buildUserspaceRuleset } from './userspace/ruleset.ts';

/** `current` is kube-proxy 1.36 (userspace: 1.25, its last), `classic` is kube-proxy 1.2. */
export type Dialect = 'current' | 'classic';

/** What the node's kernel and tools offer; kube-proxy leaves out what needs more. */
export interface Capabilities {
  /** Named packet counters (`-m nfacct`) exist in this kernel. */
  readonly nfacct: boolean;
}

export interface ProxierState {
  readonly family: IPFamily;
  readonly services: ServicePortMap;
  readonly endpoints: EndpointsMap;
  readonly configuration: ProxyConfiguration;
  readonly node: ProxyNode;
  readonly capabilities: Capabilities;
  /**
   * userspace mode: the port that the proxy listens on for each Service port, by key. A Service port that is
   * not in it is not served. Without it, ports are chosen by name.
   */
  readonly proxyPorts?: ReadonlyMap<string, number>;
  /** The cluster's Service networks; nftables mode refuses what is addressed to them and is no Service. */
  readonly serviceCIDRs?: readonly ServiceCIDR[];
}

/** The complete ruleset of a node in one family: deterministic, and the same for the same state. */
export function buildRuleset(mode: ProxyMode, dialect: Dialect, state: ProxierState): Ruleset {
  switch (mode) {
    case 'iptables':
      return buildIptablesRuleset(dialect, state);
    case 'userspace':
      return buildUserspaceRuleset(dialect, state);
    case 'nftables':
      return buildNftablesRuleset(dialect, state);
  }
}
