/**
 * The Service of rules that say nothing of it themselves: `-A KUBE-EXT-… -j KUBE-SVL-…`, and in large clusters most
 * of what another kube-proxy wrote. Their chain's other rules tell, those of its sisters, or those that lead to it.
 */
import type { ShownChain } from '../../../app/contract/rule-model.ts';

/** `KUBE-SVC-…`, `KUBE-SEP-…`: a chain of one Service port. */
const DERIVED_CHAIN = /^KUBE-(SVC|SVL|SEP|FW|EXT|XLB)-([A-Z2-7]{16})$/;

/** Chains whose names end alike are one Service port's; an endpoint's chain has an end of its own. */
function portOf(chain: string): string | undefined {
  const [, kind, hash] = DERIVED_CHAIN.exec(chain) ?? [];
  return kind === 'SEP' ? chain : hash;
}

const toldOf = new WeakMap<ShownChain, { service: string; told: ShownChain }>();

/** The chains, those told of a Service in place of those that did not; a chain that stays the same is the same object. */
export function withToldServices(chains: readonly ShownChain[]): readonly ShownChain[] {
  const untold = new Set(chains.filter(isUntold));
  if (untold.size === 0) return chains;
  const services = servicesByPort(chains);
  return chains.map((chain) => {
    if (!untold.has(chain)) return chain;
    const service = services.get(portOf(chain.chain) ?? '');
    return service === undefined ? chain : toldChain(chain, service);
  });
}

/** A rule with an origin is the engine's; one without, beside it, is a foreign one in its chain. */
function isUntold({ chain, rules }: ShownChain): boolean {
  return (
    DERIVED_CHAIN.test(chain) &&
    rules.length > 0 &&
    rules.every(({ origin }) => !origin) &&
    rules.some(({ service }) => !service)
  );
}

function servicesByPort(chains: readonly ShownChain[]): Map<string, string> {
  const services = new Map<string, string>();
  for (const { chain, rules } of chains) {
    const own = portOf(chain);
    for (const { service, jump } of rules) {
      if (service === undefined) continue;
      if (own !== undefined) services.set(own, service);
      const next = jump === undefined ? undefined : portOf(jump);
      if (next !== undefined) services.set(next, service);
    }
  }
  // What leads to endpoints may be silent itself.
  for (const { chain, rules } of chains) {
    const service = services.get(portOf(chain) ?? '');
    if (service === undefined) continue;
    for (const { jump } of rules) {
      const next = jump === undefined ? undefined : portOf(jump);
      if (next !== undefined && !services.has(next)) services.set(next, service);
    }
  }
  return services;
}

function toldChain(chain: ShownChain, service: string): ShownChain {
  const known = toldOf.get(chain);
  if (known?.service === service) return known.told;
  const told = { ...chain, rules: chain.rules.map((rule) => (rule.service ? rule : { ...rule, service })) };
  toldOf.set(chain, { service, told });
  return told;
}
