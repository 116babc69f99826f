/** What every step of building the table looks at and writes to. */
import type { IPFamily } from '../../kubernetes/objects.ts';
import { FRAME, type Origin } from '../../ruleset/origin.ts';
import type { ProxierState } from '../build-ruleset.ts';
import { type LocalDetector, localDetector } from '../detect-local.ts';
import {
  effectiveNodePortAddresses,
  type NodePortAddresses,
  nodePortAddresses,
} from '../node-port-addresses.ts';
import { KUBE_PROXY_TABLE } from './chains.ts';
import { NftablesTableBuilder } from './ruleset-builder.ts';

export interface NftablesContext {
  readonly state: ProxierState;
  readonly family: IPFamily;
  readonly table: NftablesTableBuilder;
  /** How rules name the family's header: `ip daddr`, `ip6 daddr`. */
  readonly ip: 'ip' | 'ip6';
  readonly addressType: 'ipv4_addr' | 'ipv6_addr';
  readonly detector: LocalDetector | undefined;
  readonly nodePorts: NodePortAddresses;
  /** Why node ports answer where they do. */
  readonly nodePortsOrigin: Origin;
  /** The bit of the packet mark that stands for "masquerade", as nft prints it. */
  readonly masqueradeMark: string;
  /** Why rules about that mark are as they are. */
  readonly markOrigin: Origin;
}

const DEFAULT_MASQUERADE_BIT = 14;

export function newContext(state: ProxierState): NftablesContext {
  const { configuration, family, node } = state;
  const { masqueradeBit } = configuration.nftables;
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const isConfigured = configuration.nodePortAddresses.length > 0;
  const addresses = effectiveNodePortAddresses('nftables', configuration);
  return {
    state,
    family,
    table: new NftablesTableBuilder({ family: ip, name: KUBE_PROXY_TABLE, comment: 'rules for kube-proxy' }),
    ip,
    addressType: family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr',
    detector: localDetector(configuration, family, node),
    nodePorts: nodePortAddresses(addresses, family, node),
    nodePortsOrigin: isConfigured ? fromConfiguration('nodePortAddresses') : FRAME,
    masqueradeMark: `0x${(2 ** masqueradeBit).toString(16).padStart(8, '0')}`,
    markOrigin:
      masqueradeBit === DEFAULT_MASQUERADE_BIT ? FRAME : fromConfiguration('nftables.masqueradeBit'),
  };
}

export function fromConfiguration(field: string): Origin {
  return { kind: 'KubeProxyConfiguration', field };
}
