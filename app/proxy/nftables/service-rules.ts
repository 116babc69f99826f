/**
 * The rules of one Service port: the map elements that catch packets to its addresses, and the chains they
 * are sent to.
 *
 * Follows the per-Service part of kube-proxy's syncProxyRules (pkg/proxy/nftables/proxier.go).
 */
import type { NftablesElement, NftablesRule } from '../../ruleset/model.ts';
import { blockContains } from '../ip-address.ts';
import {
  exposureOrigin,
  type FieldValue,
  isExternallyAccessible,
  type ServicePortInfo,
  serviceOrigin,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../service-port.ts';
import { type CategorizedEndpoints, categorizeEndpoints } from '../topology.ts';
import {
  CLUSTER_IPS,
  FIREWALL_IPS,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  REJECT_CHAIN,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
  type ServiceChains,
  serviceChains,
} from './chains.ts';
import type { NftablesContext } from './context.ts';
import { writeAffinityChains, writeHairpinConnections, writePolicyChain } from './endpoint-rules.ts';
import { fromPods, markForMasquerade, shortened } from './expressions.ts';

/** One Service port with what was decided about it. */
interface ServicePlan {
  readonly context: NftablesContext;
  readonly info: ServicePortInfo;
  readonly chains: ServiceChains;
  readonly endpoints: CategorizedEndpoints;
  /** Whether traffic to the cluster IP finds an endpoint, by the internal traffic policy. */
  readonly hasInternal: boolean;
  /** Whether traffic from outside does, by the external traffic policy. */
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
}

export function writeServicePort(context: NftablesContext, info: ServicePortInfo): void {
  const plan = planServicePort(context, info);
  catchClusterIP(plan);
  for (const address of info.externalIPs) catchExternalAddress(plan, address);
  for (const address of info.loadBalancerVIPs) {
    catchExternalAddress(plan, address);
    if (plan.usesFirewall) catchFirewalled(plan, address);
  }
  if (info.nodePort.value !== 0) catchNodePort(plan);
  const { cluster, local, allReachable, hasAny } = plan.endpoints;
  writeHairpinConnections(context, info, allReachable);
  if (info.sessionAffinity === 'ClientIP') writeAffinityChains(context, info, allReachable);
  if (cluster.length > 0 && usesClusterEndpoints(info)) {
    writePolicyChain(context, info, { chain: plan.chains.cluster, endpoints: cluster });
  }
  if (local.length > 0 && usesLocalEndpoints(info)) {
    writePolicyChain(context, info, { chain: plan.chains.local, endpoints: local });
  }
  if (hasAny && isExternallyAccessible(info)) writeExternalChain(plan);
  if (plan.usesFirewall) writeFirewallChain(plan);
}

function planServicePort(context: NftablesContext, info: ServicePortInfo): ServicePlan {
  const { state } = context;
  const endpoints = categorizeEndpoints(state.endpoints.get(info.key) ?? [], info, state.node);
  const { hasAny, local } = endpoints;
  return {
    context,
    info,
    chains: serviceChains(info),
    endpoints,
    hasInternal: hasAny && (!info.internalPolicyLocal || local.length > 0),
    hasExternal: hasAny && (!info.externalPolicyLocal || local.length > 0),
    // Unlike in the iptables mode, whether there are endpoints or not.
    usesFirewall: info.loadBalancerVIPs.length > 0 && info.loadBalancerSourceRanges.length > 0,
  };
}

// --- Catching packets ------------------------------------------------------------------------------------------

function catchClusterIP(plan: ServicePlan): void {
  const { context, info, chains, hasInternal } = plan;
  const { value: address, field } = info.clusterIP;
  context.table.addElement(CLUSTER_IPS, {
    key: [address],
    origin: serviceOrigin(info, field),
    service: info.name,
  });
  if (hasInternal) {
    const chain = info.internalPolicyLocal ? chains.local : chains.cluster;
    addAddress(plan, SERVICE_IPS, { address: info.clusterIP, value: `goto ${chain}` });
    return;
  }
  refuseAddress(plan, info.clusterIP, 'spec.internalTrafficPolicy');
}

/** An external IP or a load balancer's address. */
function catchExternalAddress(plan: ServicePlan, address: FieldValue<string>): void {
  const { chains, endpoints, hasExternal } = plan;
  if (endpoints.hasAny) addAddress(plan, SERVICE_IPS, { address, value: `goto ${chains.external}` });
  if (!hasExternal) refuseAddress(plan, address, 'spec.externalTrafficPolicy');
}

function catchFirewalled(plan: ServicePlan, address: FieldValue<string>): void {
  addAddress(plan, FIREWALL_IPS, { address, value: `goto ${plan.chains.firewall}` });
}

function catchNodePort(plan: ServicePlan): void {
  const { context, info, chains, endpoints, hasExternal } = plan;
  const { value: port, field } = info.nodePort;
  const key = [info.protocol.toLowerCase(), String(port)];
  const service = info.name;
  if (endpoints.hasAny) {
    const value = `goto ${chains.external}`;
    context.table.addElement(SERVICE_NODEPORTS, { key, value, origin: serviceOrigin(info, field), service });
  }
  if (hasExternal) return;
  const { value, origin } = refusal(plan, field, 'spec.externalTrafficPolicy');
  const comment = shortened(info.nameString);
  context.table.addElement(NO_ENDPOINT_NODEPORTS, { key, value, comment, origin, service });
}

/** Maps one of the port's addresses, with protocol and port, to a verdict. */
function addAddress(
  { context, info }: ServicePlan,
  map: string,
  entry: { address: FieldValue<string> } & Pick<NftablesElement, 'value' | 'comment'> &
    Partial<Pick<NftablesElement, 'origin'>>,
): void {
  const { address, origin = serviceOrigin(info, address.field), ...rest } = entry;
  const key = [address.value, info.protocol.toLowerCase(), String(info.port.value)];
  context.table.addElement(map, { key, ...rest, origin, service: info.name });
}

function refuseAddress(plan: ServicePlan, address: FieldValue<string>, policyField: string): void {
  const refused = refusal(plan, address.field, policyField);
  const comment = shortened(plan.info.nameString);
  addAddress(plan, NO_ENDPOINT_SERVICES, { address, comment, ...refused });
}

/**
 * What becomes of traffic that finds no endpoint: refused when there is none anywhere, dropped when only this
 * node has none (so that a client behind a load balancer tries again, and lands on another node).
 */
function refusal(
  { endpoints, info }: ServicePlan,
  field: string,
  policyField: string,
): Pick<NftablesElement, 'origin'> & { value: string } {
  return endpoints.hasAny
    ? { value: 'drop', origin: serviceOrigin(info, policyField) }
    : { value: `goto ${REJECT_CHAIN}`, origin: serviceOrigin(info, field) };
}

// --- The port's chains -----------------------------------------------------------------------------------------

function writeExternalChain(plan: ServicePlan): void {
  const { context, info, chains } = plan;
  const service = info.name;
  const append = (rule: Omit<NftablesRule, 'service'>): void =>
    context.table.append(chains.external, { ...rule, service });
  const mark = markForMasquerade(context);
  if (info.externalPolicyLocal) {
    const origin = serviceOrigin(info, 'spec.externalTrafficPolicy');
    const toAll = `goto ${chains.cluster}`;
    if (context.detector) {
      // No policy applies to pods' own traffic: as if it had gone out to a load balancer and come back.
      const expression = `${fromPods(context, context.detector, false)} ${toAll}`;
      append({ expression, comment: 'short-circuit pod traffic', origin });
    }
    const fromNode = 'fib saddr type local';
    append({ expression: `${fromNode} ${mark}`, comment: 'masquerade local traffic', origin });
    append({ expression: `${fromNode} ${toAll}`, comment: 'short-circuit local traffic', origin });
  } else {
    // The endpoint may be on another node, whose answer must come back through this one.
    append({ expression: mark, comment: 'masquerade', origin: exposureOrigin(info) });
  }
  if (plan.hasExternal) {
    const chain = info.externalPolicyLocal ? chains.local : chains.cluster;
    append({ expression: `goto ${chain}`, origin: exposureOrigin(info) });
  }
}

/** Drops what is not from a source range; it runs before the destination is translated. */
function writeFirewallChain({ context, info, chains }: ServicePlan): void {
  const sources = info.loadBalancerSourceRanges.map(({ value }) => value.cidr);
  const nodeIP = context.state.node.ips[context.family];
  if (info.loadBalancerSourceRanges.some(({ value }) => blockContains(value, nodeIP))) {
    // Where the node has the load balancer's address itself, its own packets come from that address.
    sources.push(...info.loadBalancerVIPs.map(({ value }) => value));
  }
  context.table.append(chains.firewall, {
    expression: `${context.ip} saddr != { ${sources.join(', ')} } drop`,
    origin: serviceOrigin(info, 'spec.loadBalancerSourceRanges'),
    service: info.name,
  });
}
