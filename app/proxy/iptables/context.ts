/** What every step of building a ruleset looks at and writes to. */
import type { IPFamily } from '../../kubernetes/objects.ts';
import type { Origin } from '../../ruleset/origin.ts';
import { FRAME } from '../../ruleset/origin.ts';
import type { ProxierState } from '../build-ruleset.ts';
import { type LocalDetector, localDetector } from '../detect-local.ts';
import { type NodePortAddresses, nodePortAddresses } from '../node-port-addresses.ts';
import { IptablesTableBuilder } from './ruleset-builder.ts';

export interface IptablesContext {
  readonly state: ProxierState;
  readonly family: IPFamily;
  readonly filter: IptablesTableBuilder;
  readonly nat: IptablesTableBuilder;
  readonly detector: LocalDetector | undefined;
  readonly nodePorts: NodePortAddresses;
  /** Node ports answer on 127.0.0.1, too. */
  readonly localhostNodePorts: boolean;
  /** Comments of endpoints are left out: with many endpoints they make up two fifths of the text. */
  readonly largeCluster: boolean;
  /** The bit of the packet mark that stands for "masquerade". */
  readonly masqueradeMark: number;
  /** Why rules about that mark are as they are. */
  readonly markOrigin: Origin;
}

/** The number of endpoints above which a cluster counts as large. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

const DEFAULT_MASQUERADE_BIT = 14;

/** @param builtIn the kernel's chains that get rules of ours, by table. */
export function newContext(
  state: ProxierState,
  builtIn: { filter: readonly string[]; nat: readonly string[] },
): IptablesContext {
  const { configuration, family, node } = state;
  const { masqueradeBit, localhostNodePorts } = configuration.iptables;
  const nodePorts = nodePortAddresses(configuration.nodePortAddresses, family, node);
  return {
    state,
    family,
    filter: new IptablesTableBuilder('filter', builtIn.filter),
    nat: new IptablesTableBuilder('nat', builtIn.nat),
    detector: localDetector(configuration, family, node),
    nodePorts,
    localhostNodePorts: localhostNodePorts && nodePorts.containsIPv4Loopback,
    largeCluster: totalEndpoints(state) > LARGE_CLUSTER_ENDPOINTS,
    masqueradeMark: 2 ** masqueradeBit,
    markOrigin:
      masqueradeBit === DEFAULT_MASQUERADE_BIT
        ? FRAME
        : { kind: 'KubeProxyConfiguration', field: 'iptables.masqueradeBit' },
  };
}

/** Endpoints of the Services that are served, each counted once per Service port. */
function totalEndpoints({ services, endpoints }: ProxierState): number {
  let total = 0;
  for (const key of services.keys()) total += endpoints.get(key)?.length ?? 0;
  return total;
}
