import type { ProxierState } from './build-ruleset.ts';
import type { ServicePortInfo } from './service-port.ts';

/** By name, where kube-proxy walks a hash map: a change of one Service shall change nothing else in shared chains. */
export function inStableOrder({ services }: ProxierState): ServicePortInfo[] {
  return [...services.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
