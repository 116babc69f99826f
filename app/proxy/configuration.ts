/** The proxy's configuration: what KubeProxyConfiguration says, with kube-proxy's defaults filled in. */

export type ProxyMode = 'iptables' | 'nftables' | 'userspace';
export type DetectLocalMode = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';

/** Settings that the iptables and nftables modes each have for themselves. */
export interface RuleSettings {
  /** Which bit of the packet mark stands for "masquerade", 0 to 31. */
  readonly masqueradeBit: number;
  /** Masquerade all traffic to cluster IPs. */
  readonly masqueradeAll: boolean;
  /** Longest time between two writes. */
  readonly syncPeriodMs: number;
  /** Shortest time between two writes. */
  readonly minSyncPeriodMs: number;
}

export interface ProxyConfiguration {
  /** `ipvs` is kube-proxy's, but not spoken here. */
  readonly mode: ProxyMode | 'ipvs';
  /** The node's name; empty for the host's. */
  readonly hostnameOverride: string;
  /** Addresses that override the node's own. */
  readonly bindAddresses: readonly string[];
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  /** Path of the kubeconfig to reach the cluster with; empty for none. */
  readonly kubeconfig: string;
  readonly iptables: RuleSettings & { readonly localhostNodePorts: boolean };
  readonly nftables: RuleSettings;
  readonly detectLocalMode: DetectLocalMode;
  readonly detectLocal: { readonly bridgeInterface: string; readonly interfaceNamePrefix: string };
  readonly clusterCIDRs: readonly string[];
  /** CIDRs, or the one word `primary`. Mode nftables takes an empty list for `primary`. */
  readonly nodePortAddresses: readonly string[];
  /** Out-of-window TCP packets are not INVALID: the rule that drops those is left out. */
  readonly conntrackTcpBeLiberal: boolean;
  readonly configSyncPeriodMs: number;
  /** userspace mode: how long a UDP flow may be silent. */
  readonly udpIdleTimeoutMs: number;
  /** userspace mode: the ports to listen on, both inclusive; undefined for any free port. */
  readonly portRange: { readonly from: number; readonly to: number } | undefined;
}

const RULE_SETTINGS: RuleSettings = {
  masqueradeBit: 14,
  masqueradeAll: false,
  syncPeriodMs: 30_000,
  minSyncPeriodMs: 1_000,
};

/** What kube-proxy does when nothing is configured. */
export const DEFAULT_CONFIGURATION: ProxyConfiguration = {
  mode: 'iptables',
  hostnameOverride: '',
  bindAddresses: [],
  healthzBindAddress: '0.0.0.0:10256',
  metricsBindAddress: '127.0.0.1:10249',
  kubeconfig: '',
  iptables: { ...RULE_SETTINGS, localhostNodePorts: true },
  nftables: RULE_SETTINGS,
  detectLocalMode: 'ClusterCIDR',
  detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
  clusterCIDRs: [],
  nodePortAddresses: [],
  conntrackTcpBeLiberal: false,
  configSyncPeriodMs: 15 * 60_000,
  udpIdleTimeoutMs: 250,
  portRange: undefined,
};
