import type { IPFamily, Node, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Capabilities, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { type ProxyNode, resolveNode } from '../../app/proxy/node.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { FamilyState } from './family-state.ts';

export interface RulesetRequest {
  mode: ProxyMode;
  dialect: Dialect;
  states: readonly FamilyState[];
  node: ProxyNode;
  configuration: ProxyConfiguration;
  capabilities: Capabilities;
  serviceCIDRs: readonly ServiceCIDR[];
  /** userspace mode: where the proxy listens; without it ports are chosen by name. */
  proxyPorts?: Record<IPFamily, ReadonlyMap<string, number>>;
}

/** What should be on a node, one ruleset a family. */
export function buildRulesets(request: RulesetRequest): Ruleset[] {
  const { mode, dialect, states, proxyPorts, ...rest } = request;
  return states.map((state) =>
    buildRuleset(mode, dialect, {
      ...rest,
      family: state.family,
      services: state.servicePorts,
      endpoints: state.endpointsByPort,
      ...(proxyPorts ? { proxyPorts: proxyPorts[state.family] } : {}),
    }),
  );
}

/** @param node the Node object; without it the configuration's addresses are the node's */
export function nodeOf(options: {
  node: Node | undefined;
  nodeName: string;
  configuration: ProxyConfiguration;
}): ProxyNode {
  const { node, nodeName, configuration } = options;
  const { bindAddresses } = configuration;
  return resolveNode({ name: nodeName, ...(node ? { node } : {}), bindAddresses });
}
