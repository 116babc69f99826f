/** The networks that Services' cluster IPs come from, as ServiceCIDR objects tell. */
import type { IPFamily, ServiceCIDR } from '../kubernetes/objects.ts';
import { FRAME, type Origin } from '../ruleset/origin.ts';
import { parseCidr } from './ip-address.ts';

export interface ServiceNetwork {
  /** Canonical: `10.254.0.0/16`. */
  readonly cidr: string;
  readonly origin: Origin;
}

/** Those of a family in the order of their text, each once; what is no block is passed over. */
export function serviceNetworks(
  given: readonly (ServiceCIDR | string)[],
  family: IPFamily,
): ServiceNetwork[] {
  const networks = new Map<string, ServiceNetwork>();
  for (const { text, origin } of given.flatMap(listed)) {
    const block = parseCidr(text);
    if (block?.family === family && !networks.has(block.cidr))
      networks.set(block.cidr, { cidr: block.cidr, origin });
  }
  return [...networks.values()].sort((a, b) => (a.cidr < b.cidr ? -1 : 1));
}

function listed(given: ServiceCIDR | string): { text: string; origin: Origin }[] {
  if (typeof given === 'string') return [{ text: given, origin: FRAME }];
  const name = given.metadata?.name ?? '';
  return (given.spec?.cidrs ?? []).map((text, index) => ({
    text,
    origin: { kind: 'ServiceCIDR', name, field: `spec.cidrs[${index}]` },
  }));
}
