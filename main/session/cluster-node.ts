/** The node that a cluster's rules are for: these are single-node clusters. */
import type { Node } from '../../app/kubernetes/objects.ts';
import type { ClusterObjects } from '../cluster/cluster-objects.ts';
import type { NodeAddresses } from './attached-node.ts';

const NO_NODE: NodeAddresses = { name: '', ipv4: '', ipv6: '' };

/** The node of that name; without a name the cluster's only one, or the first of several. */
export function clusterNode(objects: ClusterObjects, name?: string): NodeAddresses {
  const nodes = objects.list<Node>('nodes');
  const node = name === undefined ? nodes[0] : nodes.find(({ metadata }) => metadata.name === name);
  if (!node) return { ...NO_NODE, name: name ?? '' };
  const addresses = (node.status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP')
    .map(({ address }) => address);
  return {
    name: node.metadata.name,
    ipv4: addresses.find((address) => !address.includes(':')) ?? '',
    ipv6: addresses.find((address) => address.includes(':')) ?? '',
  };
}
