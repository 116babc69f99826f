/** The lab's wires and addresses (app/lab/address-plan.ts), made with `ip -batch` inside each namespace. */
import { existsSync, writeFileSync } from 'node:fs';
import { addressPlan } from '../../../app/lab/address-plan.ts';
import { NetworkNamespace } from '../../namespaces/network-namespace.ts';
import { runCommand } from '../../run-command.ts';

export interface PodAddresses {
  ipv4: string;
  ipv6: string;
}

/** A host may have no IPv6 at all (`ipv6.disable=1`); the lab is then IPv4 alone. */
const hasIPv6 = existsSync('/proc/sys/net/ipv6');

async function ip(within: NetworkNamespace, lines: (string | false)[]): Promise<void> {
  await runCommand(['ip', '-batch', '-'], { within, input: lines.filter(Boolean).join('\n') });
}

/** Writes a sysctl of the namespace. `path` is below /proc/sys; one that this kernel lacks is passed over. */
export function writeSysctl(within: NetworkNamespace, path: string, value: string): void {
  within.run(() => {
    const file = `/proc/sys/${path}`;
    if (existsSync(file)) writeFileSync(file, value);
  });
}

function setForwarding(node: NetworkNamespace): void {
  writeSysctl(node, 'net/ipv4/ip_forward', '1');
  writeSysctl(node, 'net/ipv6/conf/all/forwarding', '1');
  // A packet from a pod to the node's own Service address may come back another way.
  writeSysctl(node, 'net/ipv4/conf/all/rp_filter', '0');
  writeSysctl(node, 'net/ipv4/conf/default/rp_filter', '0');
  // The kernel gives a host few ICMP messages a second. A client that is refused more often than that would wait
  // instead, as if the rules dropped: here every refusal is to be seen.
  writeSysctl(node, 'net/ipv4/icmp_ratelimit', '0');
  writeSysctl(node, 'net/ipv6/icmp/ratelimit', '0');
  // Redirects, for what nobody here has, would only confuse who watches the wire.
  writeSysctl(node, 'net/ipv4/conf/all/send_redirects', '0');
  writeSysctl(node, 'net/ipv4/conf/default/send_redirects', '0');
}

/** Makes node and client and the wire between them. */
export async function createNodeAndClient(): Promise<{ node: NetworkNamespace; client: NetworkNamespace }> {
  const { node: nodeAddress, client: clientAddress, pods, loadBalancers } = addressPlan;
  const node = NetworkNamespace.create('node');
  const client = NetworkNamespace.create('client');
  setForwarding(node);
  await ip(node, [
    'link set lo up',
    'link add eth0 type veth peer name eth0 netns client',
    `addr add ${nodeAddress.ipv4}/24 dev eth0`,
    hasIPv6 && `addr add ${nodeAddress.ipv6}/64 dev eth0 nodad`,
    'link set eth0 up',
  ]);
  await ip(client, [
    'link set lo up',
    `addr add ${clientAddress.ipv4}/24 dev eth0`,
    hasIPv6 && `addr add ${clientAddress.ipv6}/64 dev eth0 nodad`,
    'link set eth0 up',
    // As a router outside would: pods are reachable by their own addresses, Services only through the node.
    `route add ${pods.ipv4} via ${nodeAddress.ipv4}`,
    hasIPv6 && `route add ${pods.ipv6} via ${nodeAddress.ipv6}`,
    ...loadBalancers.prefixes.map((prefix) => `route add ${prefix} via ${nodeAddress.ipv4}`),
  ]);
  // Without a default route the node's own packets to a cluster IP would have no way to begin with, and no
  // rule would meet them. The client forwards nothing: what is for nobody ends there.
  await ip(node, [
    `route add default via ${clientAddress.ipv4}`,
    hasIPv6 && `route add default via ${clientAddress.ipv6}`,
  ]);
  return { node, client };
}

/** Hangs a pod on a wire of its own, as the CNI plugin `ptp` does: /32 and /128 addresses, routes both ways. */
export async function connectPod(wire: {
  node: NetworkNamespace;
  pod: NetworkNamespace;
  /** The node's end, at most 15 characters. */
  interfaceName: string;
  addresses: PodAddresses;
}): Promise<void> {
  const { node, pod, interfaceName, addresses } = wire;
  const gateway = addressPlan.podGateway;
  await ip(node, [
    `link add ${interfaceName} type veth peer name eth0 netns ${pod.name}`,
    `addr add ${gateway.ipv4}/32 dev ${interfaceName}`,
    hasIPv6 && `addr add ${gateway.ipv6}/128 dev ${interfaceName} nodad`,
    `link set ${interfaceName} up`,
    `route add ${addresses.ipv4}/32 dev ${interfaceName}`,
    hasIPv6 && `route add ${addresses.ipv6}/128 dev ${interfaceName}`,
  ]);
  await ip(pod, [
    'link set lo up',
    `addr add ${addresses.ipv4}/32 dev eth0`,
    hasIPv6 && `addr add ${addresses.ipv6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${gateway.ipv4}/32 dev eth0`,
    `route add default via ${gateway.ipv4} dev eth0`,
    hasIPv6 && `route add ${gateway.ipv6}/128 dev eth0`,
    hasIPv6 && `route add default via ${gateway.ipv6} dev eth0`,
  ]);
}

/** Cuts a pod's wire at once; its namespace may outlive it until its last socket is closed. */
export async function disconnectPod(node: NetworkNamespace, interfaceName: string): Promise<void> {
  await ip(node, [`link delete ${interfaceName}`]);
}
