import type { ProxyConfiguration, ProxyMode } from './configuration.ts';
import type { ProxyNode } from './node.ts';
import { nodePortAddresses } from './node-port-addresses.ts';

/** A file below /proc/sys, and what kube-proxy writes into it. */
export interface KernelSetting {
  readonly name: 'net/ipv4/conf/all/route_localnet' | 'net/netfilter/nf_conntrack_tcp_be_liberal';
  readonly value: '0' | '1';
}

/** The settings of the kernel without which a mode's rules do not do what they say. */
export function kernelSettings(
  mode: ProxyMode,
  configuration: ProxyConfiguration,
  node: ProxyNode,
): KernelSetting[] {
  const settings: KernelSetting[] = [];
  if (configuration.conntrackTcpBeLiberal) {
    settings.push({ name: 'net/netfilter/nf_conntrack_tcp_be_liberal', value: '1' });
  }
  // Without it the kernel drops what comes from 127.0.0.1 and leaves by another interface.
  const { containsIPv4Loopback } = nodePortAddresses(configuration.nodePortAddresses, 'IPv4', node);
  if (mode === 'iptables' && configuration.iptables.localhostNodePorts && containsIPv4Loopback) {
    settings.push({ name: 'net/ipv4/conf/all/route_localnet', value: '1' });
  }
  return settings;
}
