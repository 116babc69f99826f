/** The networks that Services' cluster IPs come from, as ServiceCIDR objects tell. */
import type { IPFamily, ServiceCIDR } from '../kubernetes/objects.ts';
import type { Origin } from '../ruleset/origin.ts';
import { parseCidr } from './ip-address.ts';

export interface ServiceNetwork {
  /** Canonical: `10.254.0.0/16`. */
  readonly cidr: string;
  readonly origin: Origin;
}

/** Those of a family in the order of their text, each once; what is no block is passed over. */
export function serviceNetworks(objects: readonly ServiceCIDR[], family: IPFamily): ServiceNetwork[] {
  const networks = new Map<string, ServiceNetwork>();
  for (const { text, origin } of objects.flatMap(listed)) {
    const block = parseCidr(text);
    if (block?.family === family && !networks.has(block.cidr))
      networks.set(block.cidr, { cidr: block.cidr, origin });
  }
  return [...networks.values()].sort((a, b) => (a.cidr < b.cidr ? -1 : 1));
}

function listed({ metadata, spec }: ServiceCIDR): { text: string; origin: Origin }[] {
  const name = metadata?.name ?? '';
  return (spec?.cidrs ?? []).map((text, index) => ({
    text,
    origin: { kind: 'ServiceCIDR', name, field: `spec.cidrs[${index}]` },
  }));
}
