/**
 * The iptables mode as kube-proxy 1.2 wrote it: the rules of the design document, of books and tutorials.
 *
 * Only ready endpoints count; there are no policies, no hints, and one chain per Service port.
 */
import type { IptablesMatch, IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import { FRAME } from '../../ruleset/origin.ts';
import type { ProxierState } from '../build-ruleset.ts';
import { classicServicePortNameString, nameHash } from '../chain-names.ts';
import { CLASSIC_STICKY_SECONDS, classicOmissions, isKnownToClassic } from '../classic-omissions.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import { hostBlock } from '../ip-address.ts';
import { type FieldValue, type ServicePortInfo, serviceOrigin } from '../service-port.ts';
import { inStableOrder } from '../stable-order.ts';
import { KUBE_MARK_MASQ, KUBE_NODEPORTS, KUBE_POSTROUTING, KUBE_SERVICES } from './chains.ts';
import { type IptablesContext, newContext } from './context.ts';
import {
  anyPort,
  comment,
  jump,
  ofProtocol,
  reject,
  toPort,
  transport,
  wholeAddressMask,
} from './matches.ts';
import { probability } from './probability.ts';

/** kube-proxy 1.2 wrote a share with five decimals. */
const PROBABILITY_DECIMALS = 5;

export function buildClassicRuleset(state: ProxierState): IptablesRuleset {
  const omissions = classicOmissions(state);
  if (state.family === 'IPv6') return { kind: 'iptables', family: state.family, tables: [], omissions };
  const context = newContext(state, { filter: ['OUTPUT'], nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING'] });
  writeFrame(context);
  for (const info of inStableOrder(state)) {
    if (isKnownToClassic(info)) writeServicePort(context, info);
  }
  context.nat.append(KUBE_SERVICES, {
    matches: [
      comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain'),
      { kind: 'addrtype', side: 'destination', type: 'LOCAL' },
    ],
    target: jump(KUBE_NODEPORTS),
    origin: FRAME,
  });
  return {
    kind: 'iptables',
    family: state.family,
    tables: [context.filter.build(), context.nat.build()],
    omissions,
  };
}

function writeFrame({ filter, nat, masqueradeMark: mark, markOrigin }: IptablesContext): void {
  const toServices: IptablesRule = {
    matches: [comment('kubernetes service portals')],
    target: jump(KUBE_SERVICES),
    origin: FRAME,
  };
  filter.declare(KUBE_SERVICES);
  filter.append('OUTPUT', toServices);
  nat.declare(KUBE_SERVICES, KUBE_NODEPORTS, KUBE_POSTROUTING, KUBE_MARK_MASQ);
  nat.append('PREROUTING', toServices);
  nat.append('OUTPUT', toServices);
  nat.append('POSTROUTING', {
    matches: [comment('kubernetes postrouting rules')],
    target: jump(KUBE_POSTROUTING),
    origin: FRAME,
  });
  nat.append(KUBE_POSTROUTING, {
    matches: [
      comment('kubernetes service traffic requiring SNAT'),
      { kind: 'mark', value: mark, mask: mark },
    ],
    target: { kind: 'masquerade' },
    origin: markOrigin,
  });
  nat.append(KUBE_MARK_MASQ, {
    matches: [],
    target: { kind: 'mark', value: mark, mask: mark },
    origin: markOrigin,
  });
}

function writeServicePort(context: IptablesContext, info: ServicePortInfo): void {
  const name = classicServicePortNameString(info.name);
  const chain = `KUBE-SVC-${nameHash(name, transport(info.protocol))}`;
  const ready = (context.state.endpoints.get(info.key) ?? []).filter((endpoint) => endpoint.ready);
  context.nat.declare(chain);
  writeClusterIP(context, info, chain);
  for (const address of info.externalIPs) writeExternalIP(context, info, { address, chain });
  for (const address of info.loadBalancerVIPs) {
    const rule = toServicePort(info, address, 'loadbalancer IP');
    context.nat.append(
      KUBE_SERVICES,
      { ...rule, target: jump(KUBE_MARK_MASQ) },
      { ...rule, target: jump(chain) },
    );
  }
  writeNodePort(context, info, chain);
  if (ready.length === 0) {
    // Only traffic to the cluster IP is refused; node ports and external addresses lead into the empty chain.
    const rule = toServicePort(info, info.clusterIP, 'has no endpoints');
    context.filter.append(KUBE_SERVICES, { ...rule, target: reject(context.family) });
  }
  writeEndpoints(context, info, { chain, endpoints: ready });
}

/** A rule for packets to one of the port's addresses, without target. */
function toServicePort(info: ServicePortInfo, address: FieldValue<string>, text: string): IptablesRule {
  return {
    matches: toPort({
      address: address.value,
      protocol: info.protocol,
      port: info.port.value,
      text: `${classicServicePortNameString(info.name)} ${text}`,
    }),
    origin: serviceOrigin(info, address.field),
    service: info.name,
  };
}

function writeClusterIP(context: IptablesContext, info: ServicePortInfo, chain: string): void {
  const rule = toServicePort(info, info.clusterIP, 'cluster IP');
  if (context.state.configuration.iptables.masqueradeAll) {
    const origin = { kind: 'KubeProxyConfiguration', field: 'iptables.masqueradeAll' } as const;
    context.nat.append(KUBE_SERVICES, { ...rule, target: jump(KUBE_MARK_MASQ), origin });
  }
  context.nat.append(KUBE_SERVICES, { ...rule, target: jump(chain) });
}

/**
 * External addresses are for traffic from outside the machine (not over a bridge port, so not from a pod; not
 * from the node itself), and for an address that turns out to be the node's own.
 */
function writeExternalIP(
  context: IptablesContext,
  info: ServicePortInfo,
  { address, chain }: { address: FieldValue<string>; chain: string },
): void {
  const rule = toServicePort(info, address, 'external IP');
  const fromOutside: IptablesMatch[] = [
    { kind: 'physdev-is-in', negated: true },
    { kind: 'addrtype', side: 'source', type: 'LOCAL', negated: true },
  ];
  const toNode: IptablesMatch = { kind: 'addrtype', side: 'destination', type: 'LOCAL' };
  context.nat.append(
    KUBE_SERVICES,
    { ...rule, target: jump(KUBE_MARK_MASQ) },
    { ...rule, matches: [...rule.matches, ...fromOutside], target: jump(chain) },
    { ...rule, matches: [...rule.matches, toNode], target: jump(chain) },
  );
}

function writeNodePort(context: IptablesContext, info: ServicePortInfo, chain: string): void {
  const { value: port, field } = info.nodePort;
  if (port === 0) return;
  const matches = toPort({ protocol: info.protocol, port, text: classicServicePortNameString(info.name) });
  const shared = { matches, origin: serviceOrigin(info, field), service: info.name };
  context.nat.append(
    KUBE_NODEPORTS,
    { ...shared, target: jump(KUBE_MARK_MASQ) },
    { ...shared, target: jump(chain) },
  );
}

function writeEndpoints(
  context: IptablesContext,
  info: ServicePortInfo,
  { chain, endpoints }: { chain: string; endpoints: readonly EndpointInfo[] },
): void {
  const name = classicServicePortNameString(info.name);
  const protocol = transport(info.protocol);
  const note = comment(name);
  const mask = wholeAddressMask(context.family);
  const isSticky = info.sessionAffinity === 'ClientIP';
  const chains = endpoints.map(({ hostPort }) => `KUBE-SEP-${nameHash(name, protocol, hostPort)}`);
  const service = info.name;
  if (isSticky) {
    const origin = serviceOrigin(info, 'spec.sessionAffinity');
    for (const list of chains) {
      const recent: IptablesMatch = {
        kind: 'recent',
        action: 'rcheck',
        seconds: CLASSIC_STICKY_SECONDS,
        reap: true,
        list,
        mask,
      };
      context.nat.append(chain, { matches: [note, recent], target: jump(list), origin, service });
    }
  }
  endpoints.forEach(({ address, hostPort, origin }, index) => {
    const list = chains[index] ?? '';
    const left = endpoints.length - index;
    const share: IptablesMatch[] =
      left > 1 ? [{ kind: 'statistic', probability: probability(left, PROBABILITY_DECIMALS) }] : [];
    const affinity: IptablesMatch[] = isSticky ? [{ kind: 'recent', action: 'set', list, mask }] : [];
    context.nat.append(chain, { matches: [note, ...share], target: jump(list), origin, service });
    context.nat.append(
      list,
      {
        matches: [{ kind: 'source', cidr: hostBlock(address) }, note],
        target: jump(KUBE_MARK_MASQ),
        origin,
        service,
      },
      {
        matches: [ofProtocol(info.protocol), note, ...affinity, anyPort(info.protocol)],
        target: { kind: 'dnat', destination: hostPort },
        origin,
        service,
      },
    );
  });
}
