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
      const cidr = configuration.clusterCIDRs.map(parseCidr).find((block) => block?.family === family)?.cidr;
      return cidr === undefined
        ? undefined
        : { kind: 'cidr', cidr, origin: fromConfiguration('clusterCIDR') };
    }
    case 'NodeCIDR': {
      const found = node.podCIDRs.find(({ value }) => parseCidr(value)?.family === family);
      const cidr = parseCidr(found?.value ?? '')?.cidr;
      if (found === undefined || cidr === undefined) return undefined;
      return { kind: 'cidr', cidr, origin: { kind: 'Node', name: node.name, field: found.field } };
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
