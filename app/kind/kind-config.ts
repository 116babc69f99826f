/** Configurations of kind clusters, as kind's own documentation has them ("Configuration", v1alpha4). */
import { stringify } from 'yaml';

export const kindIpFamilies = ['ipv4', 'ipv6', 'dual'] as const;
/** `none`: kind starts no kube-proxy, so that another one can be the node's. */
export const kindProxyModes = ['none', 'iptables', 'nftables', 'ipvs'] as const;

export interface KindPort {
  /** The node port: kind's node is a container, and this is a port of it. */
  readonly containerPort: number;
  /** Of this computer, on 127.0.0.1. */
  readonly hostPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

export interface KindOptions {
  readonly name: string;
  readonly ipFamily: (typeof kindIpFamilies)[number];
  readonly kubeProxyMode: (typeof kindProxyModes)[number];
  readonly ports: readonly KindPort[];
}

/**
 * A cluster's name: what kind takes (`[a-z0-9.-]+`), and what is a host name too, as its nodes are called after it. Names
 * of containers may have 63 letters, and kind adds `-control-plane`.
 */
export const kindNamePattern = /^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/;

/** The two ports that cannot both be led anywhere; undefined where all can. */
export function portTwice(ports: readonly KindPort[]): KindPort | undefined {
  const seen = new Set<string>();
  return ports.find(({ hostPort, protocol }) => {
    const key = `${hostPort}/${protocol}`;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

/** The YAML for `kind create cluster --config`. */
export function kindConfig({ ipFamily, kubeProxyMode, ports }: KindOptions): string {
  // On loopback: what is led to a cluster of one's own is nobody else's to use.
  const listenAddress = ipFamily === 'ipv6' ? '::1' : '127.0.0.1';
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { ipFamily, kubeProxyMode },
    nodes: [
      {
        role: 'control-plane',
        ...(ports.length > 0
          ? {
              extraPortMappings: ports.map(({ containerPort, hostPort, protocol }) => ({
                containerPort,
                hostPort,
                listenAddress,
                protocol,
              })),
            }
          : {}),
      },
    ],
  });
}
