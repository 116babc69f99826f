/** The ways to a port of a Service by all the addresses that it has, the node port being one of several. */
import { blockContains, parseCidr } from '../proxy/ip-address.ts';
import {
  type ClusterSurroundings,
  commandWays,
  type NodePortAsked,
  type Way,
  waysTo,
  workingFirst,
} from './ways.ts';

export interface ServicePortAsked extends Omit<NodePortAsked, 'nodePort'> {
  readonly nodePort?: number;
  /** `None` and empty ones left out. */
  readonly clusterIPs: readonly string[];
  /** Its load balancer's addresses and its external IPs. */
  readonly outside: readonly string[];
}

/** Those that work before those that do not. */
export function waysToServicePort(asked: ServicePortAsked, cluster: ClusterSurroundings): Way[] {
  const { nodePort } = asked;
  return workingFirst([
    ...(nodePort === undefined ? commandWays(asked, cluster) : waysTo({ ...asked, nodePort }, cluster)),
    ...asked.outside.flatMap((address) => outsideWays(address, asked.port, cluster)),
    ...asked.clusterIPs.flatMap((address) => clusterIpWays(address, asked.port, cluster)),
  ]);
}

/**
 * An address that something outside the cluster has to lead to a node: a load balancer, or whoever set the external IP.
 * Where this computer is in its network (as it is in a bridge's that MetalLB gives addresses of), it asks there itself.
 */
function outsideWays(address: string, port: number, { node, networks = [] }: ClusterSurroundings): Way[] {
  const isNear = networks.some((network) => {
    const block = parseCidr(network);
    return block !== undefined && blockContains(block, address);
  });
  const here: Pick<Way, 'works' | 'reason'> =
    node === 'this computer'
      ? { works: 'yes', reason: 'own-rules' }
      : isNear
        ? { works: 'yes', reason: 'same-network' }
        : { works: 'perhaps', reason: 'unknown-route' };
  return [
    { from: 'this computer', ...here, address, port },
    { from: 'pod', works: 'yes', reason: 'passes-the-rules', address, port },
  ];
}

function clusterIpWays(address: string, port: number, { node }: ClusterSurroundings): Way[] {
  const isHere = node === 'this computer';
  return [
    {
      from: 'this computer',
      works: isHere ? 'yes' : 'no',
      reason: isHere ? 'own-rules' : 'rules-of-the-nodes',
      address,
      port,
    },
    { from: 'pod', works: 'yes', reason: 'passes-the-rules', address, port },
  ];
}
