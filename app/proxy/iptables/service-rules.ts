/**
 * The rules of one Service port: how packets to its addresses are caught, and the chains they go through.
 *
 * Follows the per-Service part of kube-proxy's syncProxyRules (pkg/proxy/iptables/proxier.go).
 */
import type { IptablesMatch, IptablesRule, IptablesTarget } from '../../ruleset/model.ts';
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
  KUBE_EXTERNAL_SERVICES,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
  type ServiceChains,
  serviceChains,
} from './chains.ts';
import type { IptablesContext } from './context.ts';
import { writeEndpointChains, writePolicyChain } from './endpoint-rules.ts';
import { comment, fromBlock, jump, reject, toAddress, toPort, withLocalTraffic } from './matches.ts';

/** One Service port with what was decided about it. */
interface ServicePlan {
  readonly context: IptablesContext;
  readonly info: ServicePortInfo;
  readonly chains: ServiceChains;
  readonly endpoints: CategorizedEndpoints;
  /** Whether traffic to the cluster IP finds an endpoint, by the internal traffic policy. */
  readonly hasInternal: boolean;
  /** Whether traffic from outside does, by the external traffic policy. */
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
}

export function writeServicePort(context: IptablesContext, info: ServicePortInfo): void {
  const plan = planServicePort(context, info);
  writeClusterIP(plan);
  writeExternalIPs(plan);
  writeLoadBalancerIPs(plan);
  writeNodePort(plan);
  writeHealthCheckNodePort(plan);
  const { cluster, local, allReachable, hasAny } = plan.endpoints;
  if (plan.hasInternal) writeInternalMasquerading(plan);
  if (hasAny && isExternallyAccessible(info)) writeExternalChain(plan);
  if (plan.usesFirewall) writeFirewallChain(plan);
  if (cluster.length > 0 && usesClusterEndpoints(info)) {
    writePolicyChain(context, info, { chain: plan.chains.cluster, endpoints: cluster });
  }
  if (local.length > 0 && usesLocalEndpoints(info)) {
    writePolicyChain(context, info, { chain: plan.chains.local, endpoints: local });
  }
  writeEndpointChains(context, info, allReachable);
}

function planServicePort(context: IptablesContext, info: ServicePortInfo): ServicePlan {
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
    usesFirewall: hasAny && info.loadBalancerVIPs.length > 0 && info.loadBalancerSourceRanges.length > 0,
  };
}

// --- Catching packets ------------------------------------------------------------------------------------------

function writeClusterIP(plan: ServicePlan): void {
  const { context, info, chains } = plan;
  if (plan.hasInternal) {
    const chain = info.internalPolicyLocal ? chains.local : chains.cluster;
    context.nat.append(KUBE_SERVICES, clusterIPRule(plan, 'cluster IP', jump(chain)));
    return;
  }
  const { text, target, field } = refusal(plan, 'spec.internalTrafficPolicy');
  const rule = clusterIPRule(plan, text, target);
  context.filter.append(KUBE_SERVICES, field ? { ...rule, origin: serviceOrigin(info, field) } : rule);
}

function clusterIPRule({ info }: ServicePlan, text: string, target: IptablesTarget): IptablesRule {
  return toServicePort(info, info.clusterIP, { text, target });
}

/** A rule for packets to one of the port's addresses. */
function toServicePort(
  info: ServicePortInfo,
  address: FieldValue<string>,
  { text, target }: { text: string; target: IptablesTarget },
): IptablesRule {
  return {
    matches: toPort({
      address: address.value,
      protocol: info.protocol,
      port: info.port.value,
      text: `${info.nameString} ${text}`,
    }),
    target,
    origin: serviceOrigin(info, address.field),
    service: info.name,
  };
}

/**
 * What becomes of traffic that finds no endpoint: refused when there is none anywhere, dropped when only this
 * node has none (so that a client behind a load balancer tries again, and lands on another node).
 */
function refusal(
  { context, endpoints }: ServicePlan,
  policyField: string,
): { text: string; target: IptablesTarget; field?: string } {
  return endpoints.hasAny
    ? { text: 'has no local endpoints', target: { kind: 'drop' }, field: policyField }
    : { text: 'has no endpoints', target: reject(context.family) };
}

function writeExternalIPs(plan: ServicePlan): void {
  const { context, info, chains, endpoints } = plan;
  for (const address of info.externalIPs) {
    if (endpoints.hasAny) {
      const caught = { text: 'external IP', target: jump(chains.external) };
      context.nat.append(KUBE_SERVICES, toServicePort(info, address, caught));
    }
    writeExternalRefusal(plan, address);
  }
}

function writeLoadBalancerIPs(plan: ServicePlan): void {
  const { context, info, chains, endpoints, usesFirewall } = plan;
  for (const address of info.loadBalancerVIPs) {
    if (endpoints.hasAny) {
      const target = jump(usesFirewall ? chains.firewall : chains.external);
      context.nat.append(KUBE_SERVICES, toServicePort(info, address, { text: 'loadbalancer IP', target }));
    }
    if (usesFirewall) {
      // What the firewall chain let in was translated and does not have this destination any more.
      const text = `traffic not accepted by ${chains.firewall}`;
      const rule = toServicePort(info, address, { text, target: { kind: 'drop' } });
      const origin = serviceOrigin(info, 'spec.loadBalancerSourceRanges');
      context.filter.append(KUBE_PROXY_FIREWALL, { ...rule, origin });
    }
  }
  for (const address of info.loadBalancerVIPs) writeExternalRefusal(plan, address);
}

function writeExternalRefusal(plan: ServicePlan, address: FieldValue<string>): void {
  if (plan.hasExternal) return;
  const { text, target, field } = refusal(plan, 'spec.externalTrafficPolicy');
  const rule = toServicePort(plan.info, address, { text, target });
  plan.context.filter.append(
    KUBE_EXTERNAL_SERVICES,
    field ? { ...rule, origin: serviceOrigin(plan.info, field) } : rule,
  );
}

function writeNodePort(plan: ServicePlan): void {
  const { context, info, chains, endpoints } = plan;
  const { value: port, field } = info.nodePort;
  if (port === 0) return;
  const origin = serviceOrigin(info, field);
  const shared = { origin, service: info.name };
  if (endpoints.hasAny) {
    const matches = toPort({ protocol: info.protocol, port, text: info.nameString });
    if (context.localhostNodePorts && context.state.capabilities.nfacct) {
      const counted: IptablesMatch = { kind: 'nfacct', counter: 'localhost_nps_accepted_pkts' };
      const loopback: IptablesMatch = { kind: 'destination', cidr: '127.0.0.0/8' };
      context.nat.append(KUBE_NODEPORTS, {
        matches: [loopback, ...matches, counted],
        target: jump(chains.external),
        ...shared,
      });
    }
    context.nat.append(KUBE_NODEPORTS, { matches, target: jump(chains.external), ...shared });
  }
  if (plan.hasExternal) return;
  const { text, target, field: policyField } = refusal(plan, 'spec.externalTrafficPolicy');
  const [protocol, note, transport] = toPort({
    protocol: info.protocol,
    port,
    text: `${info.nameString} ${text}`,
  }) as [IptablesMatch, IptablesMatch, IptablesMatch];
  context.filter.append(KUBE_EXTERNAL_SERVICES, {
    matches: [protocol, note, { kind: 'addrtype', side: 'destination', type: 'LOCAL' }, transport],
    target,
    ...shared,
    origin: policyField ? serviceOrigin(info, policyField) : origin,
  });
}

function writeHealthCheckNodePort({ context, info }: ServicePlan): void {
  if (info.healthCheckNodePort === 0) return;
  const text = `${info.nameString} health check node port`;
  context.filter.append(KUBE_NODEPORTS, {
    matches: toPort({ protocol: 'TCP', port: info.healthCheckNodePort, text }),
    target: { kind: 'accept' },
    origin: serviceOrigin(info, 'spec.healthCheckNodePort'),
    service: info.name,
  });
}

// --- The port's chains -----------------------------------------------------------------------------------------

/** Traffic to the cluster IP from outside the cluster may leave the node again, and its answer must come back here. */
function writeInternalMasquerading(plan: ServicePlan): void {
  const { context, info, chains } = plan;
  const chain = info.internalPolicyLocal ? chains.local : chains.cluster;
  const rule = clusterIPRule(plan, 'cluster IP', jump(KUBE_MARK_MASQ));
  if (context.state.configuration.iptables.masqueradeAll) {
    const origin = { kind: 'KubeProxyConfiguration', field: 'iptables.masqueradeAll' } as const;
    context.nat.append(chain, { ...rule, origin });
  } else if (context.detector) {
    const matches = withLocalTraffic(rule.matches, context.detector, true);
    context.nat.append(chain, { ...rule, matches, origin: context.detector.origin });
  }
}

function writeExternalChain(plan: ServicePlan): void {
  const { context, info, chains } = plan;
  const service = info.name;
  const about = (text: string): IptablesMatch =>
    comment(`${text} for ${info.nameString} external destinations`);
  if (info.externalPolicyLocal) {
    const origin = serviceOrigin(info, 'spec.externalTrafficPolicy');
    const fromNode: IptablesMatch = { kind: 'addrtype', side: 'source', type: 'LOCAL' };
    if (context.detector) {
      // No policy applies to pods' own traffic: as if it had gone out to a load balancer and come back.
      const matches = withLocalTraffic([about('pod traffic')], context.detector, false);
      context.nat.append(chains.external, { matches, target: jump(chains.cluster), origin, service });
    }
    context.nat.append(
      chains.external,
      {
        matches: [about('masquerade LOCAL traffic'), fromNode],
        target: jump(KUBE_MARK_MASQ),
        origin,
        service,
      },
      { matches: [about('route LOCAL traffic'), fromNode], target: jump(chains.cluster), origin, service },
    );
  } else {
    // The endpoint may be on another node, whose answer must come back through this one.
    const matches = [about('masquerade traffic')];
    context.nat.append(chains.external, {
      matches,
      target: jump(KUBE_MARK_MASQ),
      origin: exposureOrigin(info),
      service,
    });
  }
  if (plan.hasExternal) {
    const policyChain = info.externalPolicyLocal ? chains.local : chains.cluster;
    context.nat.append(chains.external, {
      matches: [],
      target: jump(policyChain),
      origin: exposureOrigin(info),
      service,
    });
  }
}

/** Lets the source ranges through; the rest falls out untranslated, to be dropped by KUBE-PROXY-FIREWALL. */
function writeFirewallChain({ context, info, chains }: ServicePlan): void {
  const service = info.name;
  const note = comment(`${info.nameString} loadbalancer IP`);
  const target = jump(chains.external);
  for (const { value, field } of info.loadBalancerSourceRanges) {
    const origin = serviceOrigin(info, field);
    context.nat.append(chains.firewall, {
      matches: [...fromBlock(value.cidr), note],
      target,
      origin,
      service,
    });
  }
  const nodeIP = context.state.node.ips[context.family];
  if (info.loadBalancerSourceRanges.some(({ value }) => blockContains(value, nodeIP))) {
    // Where the node has the load balancer's address itself, its own packets come from that address.
    for (const { value, field } of info.loadBalancerVIPs) {
      const origin = serviceOrigin(info, field);
      const { cidr } = toAddress(value) as { cidr: string };
      context.nat.append(chains.firewall, { matches: [...fromBlock(cidr), note], target, origin, service });
    }
  }
  context.nat.append(chains.firewall, {
    matches: [comment(`other traffic to ${info.nameString} will be dropped by KUBE-PROXY-FIREWALL`)],
    origin: serviceOrigin(info, 'spec.loadBalancerSourceRanges'),
    service,
  });
}
