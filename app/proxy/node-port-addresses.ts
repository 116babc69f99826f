/**
 * Where node ports answer: `nodePortAddresses` of the configuration, for one IP family.
 *
 * Follows kube-proxy's pkg/proxy/util/nodeport_addresses.go.
 */
import type { IPFamily } from '../kubernetes/objects.ts';
import type { ProxyConfiguration, ProxyMode } from './configuration.ts';
import { blockContains, hostBlock, type IpBlock, isLoopback, parseCidr } from './ip-address.ts';
import type { ProxyNode } from './node.ts';

export interface NodePortAddresses {
  /** Any address of the node, the usual case; `addresses` is empty then. */
  readonly matchesAll: boolean;
  /** The node's addresses in the configured blocks, in the node's order. */
  readonly addresses: readonly string[];
  /** Whether the blocks cover 127.0.0.0/8 (true in the usual case of IPv4). */
  readonly containsIPv4Loopback: boolean;
}

const ZERO_CIDR: Readonly<Record<IPFamily, string>> = { IPv4: '0.0.0.0/0', IPv6: '::/0' };

/** The value that stands for the node's own address in each family. */
export const NODE_PORT_ADDRESSES_PRIMARY = 'primary';

/** What counts as configured in a mode: nftables mode does not answer on all addresses unless it is told to. */
export function effectiveNodePortAddresses(
  mode: ProxyMode,
  { nodePortAddresses: configured }: Pick<ProxyConfiguration, 'nodePortAddresses'>,
): readonly string[] {
  return mode === 'nftables' && configured.length === 0 ? [NODE_PORT_ADDRESSES_PRIMARY] : configured;
}

/** @param configured CIDRs of either family, or the one word `primary`. */
export function nodePortAddresses(
  configured: readonly string[],
  family: IPFamily,
  node: Pick<ProxyNode, 'ips' | 'addresses'>,
): NodePortAddresses {
  const listed = blocks(configured, family, node);
  // With no block of this family, all of its addresses count, whatever the other family's blocks are.
  const effective = listed.length > 0 ? listed : blocks([ZERO_CIDR[family]], family, node);
  const matchesAll = effective.some((block) => block.prefixLength === 0);
  return {
    matchesAll,
    addresses: matchesAll
      ? []
      : node.addresses.filter((address) => effective.some((block) => blockContains(block, address))),
    containsIPv4Loopback: family === 'IPv4' && effective.some(coversLoopback),
  };
}

function coversLoopback(block: IpBlock): boolean {
  return block.cidr.startsWith('127.') || blockContains(block, '127.0.0.0');
}

function blocks(configured: readonly string[], family: IPFamily, node: Pick<ProxyNode, 'ips'>): IpBlock[] {
  const [first] = configured;
  if (configured.length === 1 && first === NODE_PORT_ADDRESSES_PRIMARY) {
    const address = node.ips[family];
    return isLoopback(address) ? [] : blocks([hostBlock(address)], family, node);
  }
  return configured.flatMap((text) => {
    const block = parseCidr(text);
    return block?.family === family ? [block] : [];
  });
}
