/**
 * The userspace mode's ruleset: rules lead every address of a Service to the port where the proxy listens,
 * and the proxy does the rest. The current dialect is kube-proxy 1.25's, the mode's last; the classic one 1.2's.
 *
 * Endpoints make no difference: without any, the proxy accepts and closes.
 */
import { printRuleBody } from '../../ruleset/iptables-print.ts';
import type {
  IptablesMatch,
  IptablesRule,
  IptablesRuleset,
  IptablesTarget,
  Omission,
} from '../../ruleset/model.ts';
import { FRAME, type Origin } from '../../ruleset/origin.ts';
import type { Dialect, ProxierState } from '../build-ruleset.ts';
import { classicServicePortNameString } from '../chain-names.ts';
import { classicOmissions, isKnownToClassic } from '../classic-omissions.ts';
import { isUnspecified, joinHostPort } from '../ip-address.ts';
import { comment, toPort } from '../iptables/matches.ts';
import { IptablesTableBuilder } from '../iptables/ruleset-builder.ts';
import { type FieldValue, type ServicePortInfo, serviceOrigin } from '../service-port.ts';
import { inStableOrder } from '../stable-order.ts';
import {
  KUBE_NODEPORT_CONTAINER,
  KUBE_NODEPORT_HOST,
  KUBE_NODEPORT_NON_LOCAL,
  KUBE_PORTALS_CONTAINER,
  KUBE_PORTALS_HOST,
} from './chains.ts';
import { chosenProxyPorts, PROXY_PORT_ANNOTATION } from './proxy-ports.ts';

interface Context {
  readonly dialect: Dialect;
  readonly filter: IptablesTableBuilder;
  readonly nat: IptablesTableBuilder;
  /** The node's address of the family: what its own traffic is sent to. */
  readonly hostIP: string;
  /** The address the proxy is bound to, where that is one and not all. */
  readonly boundIP: string | undefined;
  /** Chain and body of each Service's rule so far. */
  readonly written: Set<string>;
}

/** One Service port and where its proxy listens. */
interface ServedPort {
  readonly info: ServicePortInfo;
  readonly text: string;
  readonly proxyPort: number;
}

const ANNOTATION_FIELD = `metadata.annotations["${PROXY_PORT_ANNOTATION}"]`;

const DESTINATION_LOCAL: IptablesMatch = { kind: 'addrtype', side: 'destination', type: 'LOCAL' };
/** Not from a port of a bridge: not from a pod beside us, whose node this is not. */
const NOT_BRIDGED: IptablesMatch = { kind: 'physdev-is-in', negated: true };

export function buildUserspaceRuleset(dialect: Dialect, state: ProxierState): IptablesRuleset {
  const omissions = [
    ...(dialect === 'classic' ? classicOmissions(state) : currentOmissions(state)),
    ...annotationProblems(state),
  ];
  const { family, configuration, node } = state;
  if (dialect === 'classic' && family === 'IPv6') return { kind: 'iptables', family, tables: [], omissions };
  const bound = configuration.bindAddresses.find(
    (address) => address.includes(':') === (family === 'IPv6') && !isUnspecified(address),
  );
  const context: Context = {
    dialect,
    filter: new IptablesTableBuilder('filter', ['INPUT']),
    nat: new IptablesTableBuilder('nat', ['PREROUTING', 'OUTPUT']),
    hostIP: node.ips[family],
    boundIP: bound,
    written: new Set(),
  };
  writeFrame(context);
  const proxyPorts = state.proxyPorts ?? chosenProxyPorts(state.services.values(), configuration);
  for (const info of inStableOrder(state)) {
    if (!isServed(dialect, info)) continue;
    const proxyPort = proxyPorts.get(info.key);
    // A port that nobody listens on gets no rules: they would lead into nothing.
    if (proxyPort === undefined) {
      omissions.push(notListenedFor(info));
      continue;
    }
    const text = dialect === 'classic' ? classicServicePortNameString(info.name) : info.nameString;
    writeServicePort(context, { info, text, proxyPort });
  }
  const tables =
    dialect === 'classic' ? [context.nat.build()] : [context.filter.build(), context.nat.build()];
  return { kind: 'iptables', family, tables, omissions };
}

function isServed(dialect: Dialect, info: ServicePortInfo): boolean {
  return dialect === 'classic' ? isKnownToClassic(info) : info.protocol !== 'SCTP';
}

/** What the mode never knew, to its end. */
function currentOmissions(state: ProxierState): Omission[] {
  return inStableOrder(state).flatMap((info): Omission[] => {
    const omit = (field: string, reason: string): Omission => ({
      origin: serviceOrigin(info, field),
      reason,
    });
    if (info.protocol === 'SCTP') {
      return [omit(info.port.field.replace(/port$/, 'protocol'), 'the userspace mode does not relay SCTP')];
    }
    const omissions: Omission[] = [];
    if (info.externalPolicyLocal) {
      omissions.push(omit('spec.externalTrafficPolicy', 'the userspace mode relays to any endpoint'));
    }
    if (info.internalPolicyLocal) {
      omissions.push(omit('spec.internalTrafficPolicy', 'the userspace mode relays to any endpoint'));
    }
    for (const { field } of info.loadBalancerSourceRanges) {
      omissions.push(omit(field, 'the userspace mode lets every source in'));
    }
    return omissions;
  });
}

/** Each Service's once, whose ports all tell of it. */
function annotationProblems(state: ProxierState): Omission[] {
  const problems = new Map<string, Omission>();
  for (const info of inStableOrder(state)) {
    const { name, proxyPortProblem: reason } = info;
    if (reason === undefined) continue;
    problems.set(`${name.namespace}/${name.name}`, { origin: serviceOrigin(info, ANNOTATION_FIELD), reason });
  }
  return [...problems.values()];
}

function notListenedFor(info: ServicePortInfo): Omission {
  return info.pinnedProxyPort === 0
    ? { origin: serviceOrigin(info, info.port.field), reason: 'no port is left for the proxy to listen on' }
    : {
        origin: serviceOrigin(info, ANNOTATION_FIELD),
        reason: `port ${info.pinnedProxyPort} is not free for the proxy to listen on`,
      };
}

function writeFrame({ dialect, filter, nat }: Context): void {
  nat.declare(KUBE_PORTALS_CONTAINER, KUBE_PORTALS_HOST, KUBE_NODEPORT_CONTAINER, KUBE_NODEPORT_HOST);
  const hooks = [
    { hook: 'PREROUTING', portals: KUBE_PORTALS_CONTAINER, nodePorts: KUBE_NODEPORT_CONTAINER },
    { hook: 'OUTPUT', portals: KUBE_PORTALS_HOST, nodePorts: KUBE_NODEPORT_HOST },
  ];
  for (const { hook, portals, nodePorts } of hooks) {
    nat.append(hook, {
      matches: [comment('handle ClusterIPs; NOTE: this must be before the NodePort rules')],
      target: { kind: 'jump', chain: portals },
      origin: FRAME,
    });
    nat.append(hook, {
      matches: [
        DESTINATION_LOCAL,
        comment('handle service NodePorts; NOTE: this must be the last rule in the chain'),
      ],
      target: { kind: 'jump', chain: nodePorts },
      origin: FRAME,
    });
  }
  if (dialect === 'classic') return;
  filter.declare(KUBE_NODEPORT_NON_LOCAL);
  filter.append('INPUT', {
    matches: [comment('Ensure that non-local NodePort traffic can flow')],
    target: { kind: 'jump', chain: KUBE_NODEPORT_NON_LOCAL },
    origin: FRAME,
  });
}

function writeServicePort(context: Context, served: ServedPort): void {
  const { info } = served;
  writePortal(context, served, info.clusterIP);
  for (const address of info.externalIPs) writeExternalPortal(context, served, address);
  for (const address of info.loadBalancerIPs) writePortal(context, served, address);
  if (info.nodePort.value !== 0) writeNodePort(context, served);
}

/** A cluster IP or a load balancer's address: for everybody. */
function writePortal(context: Context, served: ServedPort, address: FieldValue<string>): void {
  const matches = toPortal(served, address.value);
  const origin = serviceOrigin(served.info, address.field);
  ensure(context, KUBE_PORTALS_CONTAINER, [
    rule(served, { matches, target: fromInterface(context, served), origin }),
  ]);
  ensure(context, KUBE_PORTALS_HOST, [rule(served, { matches, target: fromHost(context, served), origin })]);
}

/** An external IP: for who comes from outside, and for everybody where the address is the node's own. */
function writeExternalPortal(context: Context, served: ServedPort, address: FieldValue<string>): void {
  const matches = toPortal(served, address.value);
  const origin = serviceOrigin(served.info, address.field);
  const target = fromInterface(context, served);
  ensure(context, KUBE_PORTALS_CONTAINER, [
    rule(served, { matches: [...matches, NOT_BRIDGED], target, origin }),
    rule(served, { matches: [...matches, DESTINATION_LOCAL], target, origin }),
  ]);
  ensure(context, KUBE_PORTALS_HOST, [
    rule(served, { matches: [...matches, DESTINATION_LOCAL], target: fromHost(context, served), origin }),
  ]);
}

function writeNodePort(context: Context, served: ServedPort): void {
  const { info, text, proxyPort } = served;
  const { protocol } = info;
  const matches = toPort({ protocol, port: info.nodePort.value, text });
  const origin = serviceOrigin(info, info.nodePort.field);
  context.nat.append(
    KUBE_NODEPORT_CONTAINER,
    rule(served, { matches, target: fromInterface(context, served), origin }),
  );
  context.nat.append(
    KUBE_NODEPORT_HOST,
    rule(served, { matches, target: fromHost(context, served), origin }),
  );
  if (context.dialect === 'classic') return;
  context.filter.append(
    KUBE_NODEPORT_NON_LOCAL,
    rule(served, {
      matches: [...toPort({ protocol, port: proxyPort, text }), { kind: 'state', states: ['NEW'] }],
      target: { kind: 'accept' },
      origin,
    }),
  );
}

/**
 * kube-proxy asks whether a rule is there before it appends it (`iptables -C`): of equal ones, as an address that
 * is listed twice makes them, there is one.
 */
function ensure(context: Context, chain: string, rules: readonly IptablesRule[]): void {
  for (const candidate of rules) {
    const key = `${chain} ${printRuleBody(candidate)}`;
    if (context.written.has(key)) continue;
    context.written.add(key);
    context.nat.append(chain, candidate);
  }
}

function toPortal({ info, text }: ServedPort, address: string): IptablesMatch[] {
  return toPort({ address, protocol: info.protocol, port: info.port.value, text });
}

/**
 * REDIRECT sends to the address of the interface the packet came in on, which a proxy bound to all addresses
 * hears; one that is bound to a single address has to be named.
 */
function fromInterface({ boundIP }: Context, { proxyPort }: ServedPort): IptablesTarget {
  if (boundIP === undefined) return { kind: 'redirect', port: proxyPort };
  return { kind: 'dnat', destination: joinHostPort(boundIP, proxyPort) };
}

/** The node's own traffic: REDIRECT would send it to 127.0.0.1, which its source address cannot reach back from. */
function fromHost({ boundIP, hostIP }: Context, { proxyPort }: ServedPort): IptablesTarget {
  return { kind: 'dnat', destination: joinHostPort(boundIP ?? hostIP, proxyPort) };
}

function rule(
  { info }: ServedPort,
  parts: { matches: IptablesMatch[]; target: IptablesTarget; origin: Origin },
): IptablesRule {
  return { ...parts, service: info.name };
}
