/** The node that rules are made for: what kube-proxy learns from its Node object and its own interfaces. */
import type { IPFamily, Node } from '../kubernetes/objects.ts';
import { isLoopback, isUnspecified, parseCidr, parseIp } from './ip-address.ts';
import type { FieldValue } from './service-port.ts';

export interface ProxyNode {
  readonly name: string;
  /** The node's own address in each family; the loopback address where it has none, as in kube-proxy. */
  readonly ips: Readonly<Record<IPFamily, string>>;
  readonly primaryFamily: IPFamily;
  /** Every address on the node's interfaces that is known, in canonical form, loopback included. */
  readonly addresses: readonly string[];
  /** The zone label's value; empty when there is none. */
  readonly zone: string;
  /** Valid ones, as written. */
  readonly podCIDRs: readonly FieldValue<string>[];
}

export interface NodeSource {
  readonly name: string;
  /** The Node object of that name, where there is one. */
  readonly node?: Node;
  /** Addresses from elsewhere: `--node-address`, or the node's interfaces. They add to the Node object's. */
  readonly addresses?: readonly string[];
  /** `bindAddress` of the configuration, which overrides the node's address of its family. */
  readonly bindAddresses?: readonly string[];
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';
const LOOPBACK: Readonly<Record<IPFamily, string>> = { IPv4: '127.0.0.1', IPv6: '::1' };

/** Follows kube-proxy's detectNodeIPs and component-helpers' GetNodeHostIPs. */
export function resolveNode({ name, node, addresses = [], bindAddresses = [] }: NodeSource): ProxyNode {
  const given = canonical(addresses);
  const hostIPs = [...addressesOfType(node, 'InternalIP'), ...addressesOfType(node, 'ExternalIP')];
  const ranked = hostIPs.length > 0 ? hostIPs : given.filter((address) => !isLoopback(address));
  const bound = canonical(bindAddresses).filter((address) => !isUnspecified(address));
  const ips = { ...LOOPBACK };
  for (const address of [...bound, ...ranked].reverse()) ips[familyOf(address)] = address;
  const [primary] = [...bound, ...ranked];
  return {
    name,
    ips,
    primaryFamily: primary === undefined ? 'IPv4' : familyOf(primary),
    addresses: [...new Set([LOOPBACK.IPv4, LOOPBACK.IPv6, ...hostIPs, ...given])],
    zone: node?.metadata?.labels?.[ZONE_LABEL] ?? '',
    podCIDRs: podCIDRsOf(node),
  };
}

function podCIDRsOf(node: Node | undefined): FieldValue<string>[] {
  const { podCIDR, podCIDRs = [] } = node?.spec ?? {};
  const listed = podCIDRs.map((value, index) => ({ value, field: `spec.podCIDRs[${index}]` }));
  const all = listed.length === 0 && podCIDR ? [{ value: podCIDR, field: 'spec.podCIDR' }] : listed;
  return all.filter(({ value }) => parseCidr(value) !== undefined);
}

function addressesOfType(node: Node | undefined, type: string): string[] {
  return canonical(
    (node?.status?.addresses ?? []).filter((entry) => entry.type === type).map(({ address }) => address),
  );
}

function canonical(addresses: readonly string[]): string[] {
  return addresses.flatMap((text) => parseIp(text)?.address ?? []);
}

function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
