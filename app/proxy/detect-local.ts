/**
 * How the proxy tells traffic of this node's pods from other traffic (`detectLocalMode`).
 *
 * Follows kube-proxy's getLocalDetectors; each mode puts the answer into its own rules.
 */
import type { IPFamily } from '../kubernetes/objects.ts';
import type { Origin } from '../ruleset/origin.ts';
import type { ProxyConfiguration } from './configuration.ts';
import { parseCidr } from './ip-address.ts';
import type { ProxyNode } from './node.ts';

export type LocalDetector = (
  | { readonly kind: 'cidr'; readonly cidr: string }
  | { readonly kind: 'interface'; readonly name: string }
  /** Every interface whose name begins so. */
  | { readonly kind: 'interface-prefix'; readonly prefix: string }
) & { readonly origin: Origin };

/** The detector of a family, or undefined when local traffic cannot be told apart. */
export function localDetector(
  configuration: ProxyConfiguration,
  family: IPFamily,
  node: Pick<ProxyNode, 'name' | 'podCIDRs'>,
): LocalDetector | undefined {
  switch (configuration.detectLocalMode) {
    case 'ClusterCIDR': {
      const found = firstOfFamily(configuration.clusterCIDRs, family);
      return found && { kind: 'cidr', cidr: found.cidr, origin: fromConfiguration('clusterCIDR') };
    }
    case 'NodeCIDR': {
      const found = firstOfFamily(node.podCIDRs, family);
      const field = `spec.podCIDRs[${found?.index}]`;
      return found && { kind: 'cidr', cidr: found.cidr, origin: { kind: 'Node', name: node.name, field } };
    }
    case 'BridgeInterface':
      return {
        kind: 'interface',
        name: configuration.detectLocal.bridgeInterface,
        origin: fromConfiguration('detectLocal.bridgeInterface'),
      };
    case 'InterfaceNamePrefix':
      return {
        kind: 'interface-prefix',
        prefix: configuration.detectLocal.interfaceNamePrefix,
        origin: fromConfiguration('detectLocal.interfaceNamePrefix'),
      };
  }
}

function fromConfiguration(field: string): Origin {
  return { kind: 'KubeProxyConfiguration', field };
}

function firstOfFamily(
  cidrs: readonly string[],
  family: IPFamily,
): { cidr: string; index: number } | undefined {
  for (const [index, text] of cidrs.entries()) {
    const block = parseCidr(text);
    if (block?.family === family) return { cidr: block.cidr, index };
  }
  return undefined;
}
